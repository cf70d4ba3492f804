// An image with 64 written blocks and content in every region, for exhaustive damage.
#pragma once

#include "damage/hostile/hostile_fields.h"

namespace vde::test {

inline constexpr size_t kFullBlocks = 64;

// Verify finds only notes. The rest of the 256 blocks is unwritten.
class FullImage : public ImageBuilder {
 public:
  explicit FullImage(uint32_t block_size) : ImageBuilder({block_size, 256, kAllModules}) {
    fill_regions(*this);
    for (uint64_t block = 210; written_blocks().size() < kFullBlocks; ++block)
      data_block(block, static_cast<uint8_t>(block));
  }
};

}  // namespace vde::test
