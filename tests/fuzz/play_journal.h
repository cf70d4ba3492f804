// Reads and recovers a journal. The input is a list of records with valid checksums, whatever they
// refer to, and then edits as for play_fuzz_input().
#pragma once

#include "vde/bytes.h"

namespace vde::test {

// Aborts if a guarantee is violated.
void play_journal_input(Bytes input);

}  // namespace vde::test
