// A tag as a JSON object on one line: inode, key, value, block; key and value in Base64 under
// key_base64 and value_base64 where they are not UTF-8.
#pragma once

#include <string>

#include "vde/error.h"
#include "vde/tag_types.h"

namespace vde::cli {

void append_tag_json(std::string& text, const TagView& entry);

// Key and value are kept in the strings that are given. `value` and `block` may be missing: empty
// and 0. kUsage for anything but an object of these members, each at most once.
[[nodiscard]] Result<TagView> parse_tag_json(std::string_view line, std::string& key,
                                             std::string& value);

}  // namespace vde::cli
