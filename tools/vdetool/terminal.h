// Text for people: the width of the terminal, times in columns, and the lines of trees.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "vde/ticks.h"

namespace vde::cli {

// The columns of the terminal on standard output; those of help if it has none or does not say.
[[nodiscard]] size_t terminal_width();

// The locale's encoding is UTF-8.
[[nodiscard]] bool is_utf8_locale();

// `line` in lines of at most `width` columns, broken at blanks where possible; those after the
// first are indented by four columns more. Color sequences have no columns.
[[nodiscard]] std::string fit_line(std::string_view line, size_t width);

// A time without fractions of seconds: "2024-12-16T12:00:00Z".
[[nodiscard]] std::string short_time(Ticks time);

// What is drawn before a row of a tree: box characters, or ASCII in other locales than UTF-8.
struct TreeGlyphs {
  std::string_view branch;  // of a child that is not the last
  std::string_view last;    // of the last child
  std::string_view below_branch;
  std::string_view below_last;
};
[[nodiscard]] const TreeGlyphs& tree_glyphs();

// The lines before the rows of a tree that come parents first.
class TreeLines {
 public:
  // For the next row; the root has depth 0. `is_last`: of its parent's children.
  [[nodiscard]] std::string next(size_t depth, bool is_last);

 private:
  std::vector<bool> is_last_;  // of the row's ancestors and itself, from depth 1
};

}  // namespace vde::cli
