// Runs all readers on a fuzzed image, then changes. Checks the promises that hold for any image,
// and if verify finds nothing wrong, those for valid images.
#pragma once

#include "vde/bytes.h"

namespace vde::test {

// Ends the process with a message if a promise is broken.
void play_fuzz_input(Bytes input);

}  // namespace vde::test
