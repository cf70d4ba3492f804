// Files cut into the texts that people read: string literals, comments, paragraphs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vde::test {

struct TextUnit {
  size_t line = 0;   // of its beginning, from 1
  std::string text;  // on one line, with single blanks
};

// The string literals of a C++ source; adjacent ones are one text. #include lines are left out.
[[nodiscard]] std::vector<TextUnit> string_literals(std::string_view source);

// The comments of a C++ source; those on consecutive lines are one text.
[[nodiscard]] std::vector<TextUnit> comments(std::string_view source);

// The paragraphs of a Markdown file, and the lines of its tables and lists. Code, *mentioned words*
// and, in a table with the heading "say | not", the second column are left out.
[[nodiscard]] std::vector<TextUnit> markdown_paragraphs(std::string_view document);

// The paragraphs of a manual page in mdoc, without its macros.
[[nodiscard]] std::vector<TextUnit> mdoc_paragraphs(std::string_view page);

// Each line by itself.
[[nodiscard]] std::vector<TextUnit> lines(std::string_view text);

}  // namespace vde::test
