// A tag as a JSON object on one line: inode, key, value, block. A key or value that is not UTF-8 is
// given in Base64, as key_base64 or value_base64.
#pragma once

#include <string>

#include "vde/error.h"
#include "vde/tag_types.h"

namespace vde::cli {

void append_tag_json(std::string& text, const TagView& entry);

// `key` and `value` hold the bytes that the result refers to. The members value and block are
// optional (default: empty and 0). kUsage for anything except an object of these members, each at
// most once.
[[nodiscard]] Result<TagView> parse_tag_json(std::string_view line, std::string& key,
                                             std::string& value);

}  // namespace vde::cli
