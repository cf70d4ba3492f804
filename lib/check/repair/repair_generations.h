// Gives valid blocks outside the data area that are newer than the superblock its sequence as their
// generation. No checksum covers the generation. Their content stays as it is.
#pragma once

#include "check/repair/structure_repair.h"

namespace vde {

// Call it after the other repairers: they compare generations.
[[nodiscard]] Result<void> repair_generations(StructureRepair& repair);

}  // namespace vde
