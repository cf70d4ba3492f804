// Entries in damaged blocks of the code cache that are proved by the modules: the SHA-256 in the
// entry matches the bytes in the blocks that it names.
#pragma once

#include "check/repair/structure_repair.h"

namespace vde {

// Whether the module of this entry has the SHA-256 that the entry names. Reads its blocks.
[[nodiscard]] Result<bool> is_proven_module(StructureRepair& repair, Bytes record);

struct ProvenModules {
  uint64_t entries = 0;
  size_t end = 0;  // of the entries in the payload, in bytes
};

// Nothing unless the block has entries and each is proved. `first` for the block with the header.
// Reads the blocks of the modules.
[[nodiscard]] Result<std::optional<ProvenModules>> find_proven_modules(StructureRepair& repair,
                                                                       const UncheckedBlock& block,
                                                                       bool first);

}  // namespace vde
