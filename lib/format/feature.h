// The modules of the manifest: what a set bit brings to an image, and the profiles that set them.
#pragma once

#include <span>
#include <string_view>

#include "format/field.h"

namespace vde {

struct Feature {
  uint8_t id = 0;            // the bit of the manifest
  std::string_view name;     // lower case, "audit-log" for one
  uint16_t inode_bytes = 0;  // what the module adds to every inode
  // Tags of the regions that the module brings. The second region of compliance is not among them:
  // it has no tag of its own (DATA).
  std::span<const BlockType> regions;
};

// The modules that have a name, in the order of their bits: element i is bit i. Bits above exist in
// later revisions and are kept as they are.
[[nodiscard]] std::span<const Feature> features();

// Null where `bit` has no name.
[[nodiscard]] const Feature* find_feature(uint32_t bit);
[[nodiscard]] const Feature* find_feature(std::string_view name);

struct Profile {
  std::string_view name;
  uint32_t manifest = 0;
  uint32_t block_size = 0;  // bytes; 0 = the default
};

[[nodiscard]] std::span<const Profile> profiles();

}  // namespace vde
