// The bits of the allocation bitmap, for passes that compare the blocks of an entry with them.
#pragma once

#include "check/context.h"

namespace vde {

// Keeps one block of the bitmap in memory. Blocks whose bits cannot be read count as not free.
class BitmapBits {
 public:
  explicit BitmapBits(VerifyContext& context);

  // How many of `blocks` are marked free.
  [[nodiscard]] uint64_t count_free(BlockRange blocks);
  [[nodiscard]] bool is_free(uint64_t block) { return count_free({block, block + 1}) > 0; }
  // Whether `block` is marked allocated. False if its bit cannot be read.
  [[nodiscard]] bool is_allocated(uint64_t block);

 private:
  bool load(uint64_t index);

  BlockIo io_;
  const PlacedRegion* region_;
  uint64_t bits_;
  BlockBuffer buffer_;
  std::optional<uint64_t> held_;
  Bytes payload_;  // empty if it cannot be trusted
};

}  // namespace vde
