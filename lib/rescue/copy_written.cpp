#include "rescue/copy_written.h"

#include <algorithm>
#include <vector>

#include "base/endian.h"
#include "base/piece.h"

namespace vde {
namespace {

constexpr size_t kPage = 4096;

// Writes the pages of `piece` that are not zero, those that follow each other at once.
Result<void> write_pages(uint64_t offset, Bytes piece, BlockFile& to) {
  size_t begin = 0;
  for (size_t at = 0; at < piece.size(); at += kPage) {
    if (!all_zero(piece.subspan(at, std::min(kPage, piece.size() - at)))) continue;
    if (at > begin) VDE_TRY(to.write(offset + begin, piece.subspan(begin, at - begin)));
    begin = at + kPage;
  }
  if (begin < piece.size()) VDE_TRY(to.write(offset + begin, piece.subspan(begin)));
  return {};
}

}  // namespace

Result<void> copy_written(BlockFile& from, uint64_t size, BlockFile& to, Activity& activity) {
  std::vector<uint8_t> buffer(kPieceBytes);
  for (uint64_t at = 0; at < size;) {
    if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(data, from.next_data({at, size}));
    if (data.empty()) break;
    at = data.begin / kPage * kPage;
    const MutableBytes piece =
        MutableBytes(buffer).first(std::min<uint64_t>(buffer.size(), size - at));
    VDE_TRY(from.read(at, piece));
    VDE_TRY(write_pages(at, piece, to));
    at += piece.size();
    activity.done += piece.size();
  }
  return {};
}

}  // namespace vde
