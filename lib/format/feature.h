// Features: the bits of the superblock's module manifest, and the profiles that set them.
#pragma once

#include <span>
#include <string_view>

#include "format/field.h"

namespace vde {

struct Feature {
  uint8_t id = 0;            // bit number in the manifest
  std::string_view name;     // lower case, e.g. "audit-log"
  uint16_t inode_bytes = 0;  // bytes that the feature adds to every inode
  // Block types of the regions that the feature adds. A region whose slot has the type DATA is not
  // included.
  std::span<const BlockType> regions;
  // The type of the content of that region (region_content.h); zero if there is none.
  BlockType data_slot_content;
};

// The features in bit order: element i is bit i.
[[nodiscard]] std::span<const Feature> features();

// Null if the bit or name is unknown.
[[nodiscard]] const Feature* find_feature(uint32_t bit);
[[nodiscard]] const Feature* find_feature(std::string_view name);

struct Profile {
  std::string_view name;
  uint32_t manifest = 0;
  uint32_t block_size = 0;  // bytes; 0 = the default
};

[[nodiscard]] std::span<const Profile> profiles();

}  // namespace vde
