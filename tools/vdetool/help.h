// The text that --help prints, in at most 80 columns.
#pragma once

#include <CLI/CLI.hpp>
#include <array>
#include <string>

namespace vde::cli {

inline constexpr size_t kHelpWidth = 80;  // columns

// `app` is a command, a group of commands or the program. `path` is how it is called, "vdetool tag
// find". The footer of `app` is printed last.
[[nodiscard]] std::string help_text(const CLI::App& app, const std::string& path);

// The section that shows how a command is used.
[[nodiscard]] std::string examples_text(const std::array<const char*, 2>& examples);

// `text` in lines of at most `width` columns, broken at blanks; each line but the first begins with
// `indent` blanks, and the first has `indent` columns less.
[[nodiscard]] std::string wrap(std::string_view text, size_t width, size_t indent);

}  // namespace vde::cli
