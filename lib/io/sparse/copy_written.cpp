#include "io/sparse/copy_written.h"

#include <algorithm>
#include <vector>

#include "base/endian.h"
#include "base/piece.h"

namespace vde {

// Pages that follow each other are written at once.
Result<uint64_t> write_nonzero(uint64_t offset, Bytes piece, BlockFile& to) {
  uint64_t written = 0;
  size_t begin = 0;
  const auto write_to = [&](size_t end) -> Result<void> {
    if (end > begin) VDE_TRY(to.write(offset + begin, piece.subspan(begin, end - begin)));
    written += end - begin;
    return {};
  };
  for (size_t at = 0; at < piece.size(); at += kPageBytes) {
    const size_t end = std::min(at + kPageBytes, piece.size());
    if (!all_zero(piece.subspan(at, end - at))) continue;
    VDE_TRY(write_to(at));
    begin = end;
  }
  VDE_TRY(write_to(piece.size()));
  return written;
}

Result<void> copy_written(BlockFile& from, uint64_t size, BlockFile& to, Activity& activity) {
  std::vector<uint8_t> buffer(kPieceBytes);
  for (uint64_t at = 0; at < size;) {
    if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(data, from.next_data({at, size}));
    if (data.empty()) break;
    at = data.begin / kPageBytes * kPageBytes;
    const MutableBytes piece =
        MutableBytes(buffer).first(std::min<uint64_t>(buffer.size(), size - at));
    VDE_TRY(from.read(at, piece));
    VDE_TRY(write_nonzero(at, piece, to));
    at += piece.size();
    activity.done += piece.size();
  }
  return {};
}

}  // namespace vde
