#include "io/held_file.h"

namespace vde {

void HeldFile::hold(uint32_t page_size) {
  view_ = std::make_unique<OverlayFile>(file_, page_size);
}

void HeldFile::release_with(std::function<Result<void>(OverlayFile&)> release) {
  release_ = std::move(release);
}

Result<void> HeldFile::release() {
  if (failed_)
    return fail(ErrorCode::kIo, "refusing to change the image after a failed recovery",
                "open the image again");
  if (!holds() || !release_) return {};
  Result<void> done = release_(*view_);
  failed_ = !done;
  if (done) view_.reset();
  return done;
}

BlockFile& HeldFile::shown() {
  return view_ ? static_cast<BlockFile&>(*view_) : file_;
}

Result<BlockFile*> HeldFile::changed() {
  VDE_TRY(release());
  return &shown();
}

Result<void> HeldFile::read(uint64_t offset, MutableBytes out) {
  return shown().read(offset, out);
}

Result<void> HeldFile::write(uint64_t offset, Bytes bytes) {
  VDE_TRY_ASSIGN(file, changed());
  return file->write(offset, bytes);
}

Result<void> HeldFile::write_through(uint64_t offset, Bytes bytes) {
  VDE_TRY_ASSIGN(file, changed());
  return file->write_through(offset, bytes);
}

Result<void> HeldFile::resize(uint64_t bytes) {
  VDE_TRY_ASSIGN(file, changed());
  return file->resize(bytes);
}

Result<void> HeldFile::allocate(ByteRange range) {
  VDE_TRY_ASSIGN(file, changed());
  return file->allocate(range);
}

Result<void> HeldFile::zero(ByteRange range) {
  VDE_TRY_ASSIGN(file, changed());
  return file->zero(range);
}

}  // namespace vde
