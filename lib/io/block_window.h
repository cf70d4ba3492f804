// Reads blocks one by one, usually in ascending order: the longer the order continues, the more
// blocks are read at once.
#pragma once

#include "io/block_io.h"

namespace vde {

class BlockWindow {
 public:
  // Reads ahead within `within`. `io` is copied.
  BlockWindow(const BlockIo& io, BlockRange within) : io_(io), within_(within) {}

  // As BlockIo::read. The result is valid until the next call.
  [[nodiscard]] Result<UncheckedBlock> read(uint64_t number);

 private:
  BlockIo io_;
  BlockRange within_;
  BlockRange held_;  // blocks in `bytes_`
  uint64_t ahead_ = 1;
  BlockBuffer bytes_;
};

}  // namespace vde
