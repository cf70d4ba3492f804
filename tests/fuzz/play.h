// What is done with a fuzzed image: everything that reads it, then changes. The promises that hold
// for any image are checked, and where verify finds nothing wrong, those for sound ones.
#pragma once

#include "vde/bytes.h"

namespace vde::test {

// Ends the process with a message where a promise is broken.
void play_fuzz_input(Bytes input);

}  // namespace vde::test
