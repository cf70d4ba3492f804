// The modules of the manifest: what a set bit brings to an image, and the profiles that set them.
#pragma once

#include <span>
#include <string_view>

#include "format/field.h"

namespace vde {

struct ModuleInfo {
  uint8_t id = 0;            // the bit of the manifest
  std::string_view name;     // lower case, "audit-log" for one
  uint16_t inode_bytes = 0;  // what the module adds to every inode
  // Tags of the regions that the module brings. The second region of compliance is not among them:
  // it has no tag of its own (DATA).
  std::span<const Tag> regions;
};

// The modules that have a name, in the order of their bits: element i is bit i. Bits above exist in
// later revisions and are kept as they are.
[[nodiscard]] std::span<const ModuleInfo> modules();

// Null where `bit` has no name.
[[nodiscard]] const ModuleInfo* find_module(uint32_t bit);
[[nodiscard]] const ModuleInfo* find_module(std::string_view name);

struct Profile {
  std::string_view name;
  uint32_t manifest = 0;
  uint32_t block_size = 0;  // bytes; 0 = the default
};

[[nodiscard]] std::span<const Profile> profiles();

}  // namespace vde
