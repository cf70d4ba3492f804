// The description as a Kaitai Struct file (.ksy).
#pragma once

#include <string>

#include "structures.h"

namespace vde::descriptions {

[[nodiscard]] std::string write_kaitai(const Description& description);

}  // namespace vde::descriptions
