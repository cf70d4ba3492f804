// Arguments that CLI11 would misread.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "vde/error.h"

namespace vde::cli {

// Splits "--option=" into "--option" and an empty value: CLI11 would take the next argument as the
// value. kUsage for a flag with '=', and for an option that names a file if the name is empty.
[[nodiscard]] Result<std::vector<std::string>> split_empty_values(
    CLI::App& app, const std::vector<std::string>& arguments);

}  // namespace vde::cli
