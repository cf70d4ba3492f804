// Repairers that put blocks back exactly as they were, with the checksum as the proof. They come
// before all others of their kind, lose nothing, and write straight to the place of the damage: of
// a write that is cut short every sector is damaged as before or as it was once, so that the same
// repair goes on with it. Nothing else changes, no sequence and no time: a file that was damaged
// becomes equal to what it was.
#pragma once

#include "check/repair/foundation_repair.h"

namespace vde {

// The superblock groups and the directory.
[[nodiscard]] Result<void> restore_fixed_blocks(FoundationRepair& repair);
// The journal's header, and records that wait in it.
[[nodiscard]] Result<void> restore_journal(FoundationRepair& repair);
// Everything else, data blocks too. After what waited in the journal was written back.
[[nodiscard]] Result<void> restore_contents(FoundationRepair& repair);
// Once more what the rest of its structure contradicted: other blocks of it are repaired by now.
[[nodiscard]] Result<void> restore_dropped(FoundationRepair& repair);
// Says of what is still not restored why not.
void note_dropped(RepairBase& repair);

}  // namespace vde
