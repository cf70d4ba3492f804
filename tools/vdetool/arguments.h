// Arguments that CLI11 would misread.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "vde/error.h"

namespace vde::cli {

// The words that make CLI11 read `arguments` as they are meant. "--option=" becomes "--option" and
// an empty value: CLI11 would take the next argument as the value. A word in brackets is marked,
// because CLI11 would split it into a list. kUsage for a flag with '=', and for an option that
// names a file if the name is empty.
[[nodiscard]] Result<std::vector<std::string>> literal_words(
    CLI::App& app, const std::vector<std::string>& arguments);

// `word` without the mark of literal_words().
[[nodiscard]] std::string without_mark(std::string word);

// Prepares every option of `app` and of its commands for marked words, and refuses empty names of
// files.
void take_words_literally(CLI::App& app);

}  // namespace vde::cli
