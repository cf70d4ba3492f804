#include "io/block_window.h"

#include <algorithm>

#include "base/piece.h"

namespace vde {

Result<UncheckedBlock> BlockWindow::read(uint64_t number) {
  const size_t block_size = io_.block_size();
  if (!held_.contains(number)) {
    const uint64_t most = std::max<uint64_t>(1, kPieceBytes / block_size);
    ahead_ = number == held_.end ? std::min(ahead_ * 2, most) : 1;
    BlockRange wanted{number, number + 1};
    if (within_.contains(number)) wanted.end = std::min(number + ahead_, within_.end);
    bytes_.resize(std::max<size_t>(bytes_.size(), wanted.count() * block_size));
    held_ = {};
    const MutableBytes room = MutableBytes(bytes_).first(wanted.count() * block_size);
    if (wanted.count() > 1 && io_.file().read(number * block_size, room)) {
      held_ = wanted;
    } else {
      // A block that cannot be read is reported when it is asked for.
      ahead_ = 1;
      VDE_TRY(io_.read(number, room));
      held_ = {number, number + 1};
    }
  }
  return UncheckedBlock(number,
                        Bytes(bytes_).subspan((number - held_.begin) * block_size, block_size));
}

}  // namespace vde
