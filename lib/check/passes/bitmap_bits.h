// The bits of the allocation bitmap, for passes that hold the blocks of an entry against them.
#pragma once

#include "check/context.h"

namespace vde {

// Holds one block of the bitmap at a time. Blocks whose bits cannot be read are not free.
class BitmapBits {
 public:
  explicit BitmapBits(VerifyContext& context);

  // How many of `blocks` are marked free.
  [[nodiscard]] uint64_t count_free(BlockRange blocks);
  [[nodiscard]] bool is_free(uint64_t block) { return count_free({block, block + 1}) > 0; }

 private:
  bool load(uint64_t index);

  BlockIo io_;
  const PlacedRegion* region_;
  uint64_t bits_;
  BlockBuffer buffer_;
  std::optional<uint64_t> held_;
  Bytes payload_;  // empty where it cannot be believed
};

}  // namespace vde
