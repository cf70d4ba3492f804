// The description as a pattern for the hex editor ImHex (.hexpat).
#pragma once

#include <string>

#include "structures.h"

namespace vde::descriptions {

[[nodiscard]] std::string write_imhex(const Description& description);

}  // namespace vde::descriptions
