// An image with something in every structure, and the list of all fields in it that hostile bytes
// can be put into.
#pragma once

#include <string>
#include <vector>

#include "support/image_builder.h"

namespace vde::test {

// One field of one structure, in every block that holds a copy of it.
struct Target {
  std::string structure;
  std::vector<uint64_t> blocks;
  size_t offset = 0;  // of the structure in its block, in bytes
  Field field;
};

// Fills the regions of a sound image: a tag, two snapshots, a module, a tree of three leaves.
void fill_regions(ImageBuilder& image);

// The fields of an image that fill_regions filled.
[[nodiscard]] std::vector<Target> all_targets(ImageBuilder& image);

}  // namespace vde::test
