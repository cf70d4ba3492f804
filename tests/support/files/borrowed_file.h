// A reference to a file for an Image, which takes ownership of its file.
#pragma once

#include "io/borrowed_file.h"

namespace vde::test {

using vde::BorrowedFile;

}  // namespace vde::test
