// The image that whole families of damage are tried on: 64 written blocks, something in each
// region.
#pragma once

#include "hostile_fields.h"

namespace vde::test {

inline constexpr size_t kFullBlocks = 64;

// Sound: verify finds nothing but notes. The rest of the 256 blocks is unwritten.
[[nodiscard]] inline ImageBuilder full_image(uint32_t block_size) {
  ImageBuilder image({block_size, 256, kAllModules});
  fill_regions(image);
  for (uint64_t block = 210; image.written_blocks().size() < kFullBlocks; ++block)
    image.data_block(block, static_cast<uint8_t>(block));
  return image;
}

}  // namespace vde::test
