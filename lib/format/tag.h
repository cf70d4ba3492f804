// The type tags: what a block's trailer and a region's slot say it holds.
#pragma once

#include <string>

#include "format/field.h"

namespace vde {

// The tag that four characters spell.
constexpr Tag make_tag(std::string_view text) {
  uint32_t value = 0;
  for (const char c : text.substr(0, 4)) value = value << 8 | static_cast<uint8_t>(c);
  return Tag{value};
}

// The four characters, escaped where they are not printable.
[[nodiscard]] std::string to_string(Tag tag);

// One of the tags that the format names.
[[nodiscard]] bool is_known(Tag tag);

// What a tag stands for, "tag index" for one; empty for an unknown one.
[[nodiscard]] std::string_view describe(Tag tag);

namespace tags {
inline constexpr Tag kSuperblock = make_tag("SUPB");
inline constexpr Tag kRegionMap = make_tag("RMAP");
inline constexpr Tag kPolicyVault = make_tag("POLV");
inline constexpr Tag kEncryption = make_tag("ENCR");
inline constexpr Tag kBitmap = make_tag("BMAP");
inline constexpr Tag kInodes = make_tag("INOD");
inline constexpr Tag kTagIndex = make_tag("TAGI");
inline constexpr Tag kMetadataWal = make_tag("MWAL");
inline constexpr Tag kIntegrityTree = make_tag("MTRK");
inline constexpr Tag kSnapshots = make_tag("SNAP");
inline constexpr Tag kCode = make_tag("CODE");
inline constexpr Tag kDictionaries = make_tag("DICT");
inline constexpr Tag kDataWal = make_tag("DWAL");
inline constexpr Tag kData = make_tag("DATA");
inline constexpr Tag kExtendedMetadata = make_tag("EXMD");
inline constexpr Tag kIntegrityAnchor = make_tag("IANT");
}  // namespace tags

}  // namespace vde
