// Every block type that the format defines.
#pragma once

#include <string>
#include <vector>

namespace vde {

// Their four characters, e.g. "TAGI".
[[nodiscard]] std::vector<std::string> block_type_list();

}  // namespace vde
