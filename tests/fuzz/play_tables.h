// Checks and dumps a described table, an encryption header, a policy vault, an integrity tree or
// the checkpoint of an inode migration. The input gives the payloads of a region of four blocks.
// There is no image around them, so a run checks only the table.
#pragma once

#include "vde/bytes.h"

namespace vde::test {

// The first byte selects the kind of region and the block size. If the input's size is a multiple
// of 8, the blocks are dumped, too. Aborts if a guarantee is violated.
void play_table_input(Bytes input);

}  // namespace vde::test
