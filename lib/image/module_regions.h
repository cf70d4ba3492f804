// The regions that modules add to a new image.
#pragma once

#include <vector>

#include "format/block_type.h"
#include "vde/error.h"

namespace vde {

struct ModuleRegion {
  BlockType type;  // of the slot
  uint64_t count = 0;
  uint64_t used = 0;
};

// Where the SDK's creator puts them, in this order around the regions that every image has.
struct ModuleRegions {
  std::vector<ModuleRegion> before_bitmap;
  std::vector<ModuleRegion> after_journal;
};

// The regions of the modules in `manifest`, in a volume of `total` blocks.
[[nodiscard]] ModuleRegions module_regions(uint32_t manifest, uint64_t total);

// kUsage if these modules are impossible with blocks of this size: the content of a region does
// not fit, or there are more regions than slots.
[[nodiscard]] Result<void> check_module_regions(uint32_t manifest, uint32_t block_size);

}  // namespace vde
