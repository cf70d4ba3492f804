// Text in HTML and SVG.
#pragma once

#include <string>
#include <string_view>

namespace vde::cli {

// Text for people, e.g. the message of a finding, as content of an element or an attribute.
[[nodiscard]] std::string markup(std::string_view text);
// Bytes from an image or the command line, e.g. a label or a file name: escape(), then markup().
[[nodiscard]] std::string markup_bytes(std::string_view bytes);
// The first `max` characters of UTF-8, and "..." if there are more.
[[nodiscard]] std::string shortened(const std::string& text, size_t max);

}  // namespace vde::cli
