// Entries in damaged blocks of the code cache that are proved by the modules: the SHA-256 in the
// entry matches the bytes in the blocks that it names.
#pragma once

#include <vector>

#include "check/repair/structure_repair.h"

namespace vde {

// Whether the module of this entry has the SHA-256 that the entry names. Reads its blocks.
[[nodiscard]] Result<bool> is_proven_module(StructureRepair& repair, Bytes record);

struct ProvenModules {
  std::vector<Opaque<32>> hashes;  // one for each entry
  size_t end = 0;                  // of the entries in the payload, in bytes
  // No hash covers the id, the entry point and the time of a module. They are what they were if the
  // damage is elsewhere: after the entries, or in the trailer.
  bool whole = false;
  // The block's checksum confirms the entries: it has no others.
  bool complete = false;
  uint32_t generation = 0;  // according to the trailer
};

// Nothing unless the block has entries and each is proved. `first` for the block with the header.
// Reads the blocks of the modules.
[[nodiscard]] Result<std::optional<ProvenModules>> find_proven_modules(StructureRepair& repair,
                                                                       const UncheckedBlock& block,
                                                                       bool first);

// What keeping the entries of these blocks may lose.
[[nodiscard]] Loss loss_in(const std::vector<ProvenModules>& blocks);
// Names the entries of `block` that are kept without a proof of every field.
[[nodiscard]] Result<void> report_unproven(StructureRepair& repair, const ProvenModules& modules,
                                           uint64_t block);

}  // namespace vde
