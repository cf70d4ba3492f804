#include "io/zeros.h"

#include <algorithm>
#include <vector>

namespace vde {
namespace {

constexpr uint64_t kPiece = uint64_t{256} << 10;

}  // namespace

Result<std::optional<uint64_t>> first_not_zero(BlockFile& file, ByteRange range) {
  std::vector<uint8_t> buffer(std::min(range.length(), kPiece));
  while (!range.empty()) {
    VDE_TRY_ASSIGN(data, file.next_data(range));
    if (data.empty()) break;
    for (; !data.empty(); data.begin += std::min(data.length(), kPiece)) {
      const MutableBytes piece = MutableBytes(buffer).first(std::min(data.length(), kPiece));
      VDE_TRY(file.read(data.begin, piece));
      const auto found = std::ranges::find_if(piece, [](uint8_t byte) { return byte != 0; });
      if (found != piece.end())
        return std::optional(data.begin + static_cast<uint64_t>(found - piece.begin()));
    }
    range.begin = data.end;
  }
  return std::optional<uint64_t>{};
}

}  // namespace vde
