// All findings of `verify` as a document.
#pragma once

#include <string>

namespace vde::descriptions {

[[nodiscard]] std::string write_findings();

}  // namespace vde::descriptions
