// Modules as JSON and as text.
#pragma once

#include <string>

#include "output.h"
#include "vde/inspect.h"
#include "vde/modules.h"

namespace vde::cli {

[[nodiscard]] Json module_json(const Module& module);
[[nodiscard]] Json facts_json(const ModuleFacts& facts);

// A heading and a row for a terminal; the hash is cut to a prefix that names the module.
[[nodiscard]] std::string module_heading();
[[nodiscard]] std::string module_row(const Module& module);
// One line, or several with a name each.
[[nodiscard]] std::string module_line(const Module& module);
[[nodiscard]] std::string module_text(const Module& module);
[[nodiscard]] std::string facts_text(const Module& module, const ModuleFacts& facts);

}  // namespace vde::cli
