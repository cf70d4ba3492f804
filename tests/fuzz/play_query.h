// Parses the text of a query. There is no image.
#pragma once

#include "vde/bytes.h"

namespace vde::test {

// The first byte selects the separator, the others are the text. Aborts if a guarantee is violated.
void play_query_input(Bytes input);

}  // namespace vde::test
