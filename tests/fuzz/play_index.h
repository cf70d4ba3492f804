// Checks and reads a tag index. The input is a list of edits, as for play_fuzz_input(), of a small
// image. The rest of the image is not verified, and no repair is tried, so a run is short.
#pragma once

#include "vde/bytes.h"

namespace vde::test {

// The first byte selects the base: an index of vdetool or of the SDK. Aborts if a guarantee is
// violated.
void play_index_input(Bytes input);

}  // namespace vde::test
