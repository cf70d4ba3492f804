#include "io/shifted_file.h"

#include "vde/part_of_file.h"

namespace vde {

Result<void> ShiftedFile::read(uint64_t offset, MutableBytes out) {
  VDE_TRY_ASSIGN(bytes, size());
  if (offset > bytes || out.size() > bytes - offset)
    return fail(ErrorCode::kIo, "read past the end of the file");
  return file_->read(start_ + offset, out);
}

Result<uint64_t> ShiftedFile::size() {
  VDE_TRY_ASSIGN(bytes, file_->size());
  return bytes < start_ ? 0 : bytes - start_;
}

Result<ByteRange> ShiftedFile::next_data(ByteRange within) {
  VDE_TRY_ASSIGN(data, file_->next_data({within.begin + start_, within.end + start_}));
  return ByteRange{data.begin - start_, data.end - start_};
}

Result<void> ShiftedFile::read_only() {
  return fail(ErrorCode::kUnsupported, "a volume within a file is only read");
}

std::unique_ptr<BlockFile> part_of_file(std::unique_ptr<BlockFile> file, uint64_t start) {
  if (start == 0) return file;
  return std::make_unique<ShiftedFile>(std::move(file), start);
}

}  // namespace vde
