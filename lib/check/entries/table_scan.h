// The entries of a packed table (SNAP, CODE) whose blocks are all valid, the impossible ones
// included.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "check/repair/packed_repair.h"

namespace vde {

enum class EntryState : uint8_t {
  kSound,
  kPadding,
  kNilKey,   // only zeros in the place of the id or hash
  kOutside,  // its inode table, or its module, is not within the volume
  kBroken,   // its text is longer than the format allows, or than the block: so the rest of the
             // block cannot be divided into entries
};

struct ScannedEntry {
  uint64_t index = 0;  // of the block in the region
  size_t offset = 0;   // bytes, in the payload
  size_t size = 0;     // bytes; of a broken entry, up to the end of the payload
  EntryState state = EntryState::kSound;
  std::string key = {};
  uint64_t content = 0;  // checksum of its bytes
};

struct TableScan {
  int64_t counted = 0;                // entries according to the header
  std::vector<ScannedEntry> entries;  // in their order
  uint64_t last = 0;                  // index of the last block with entries

  // The number of entries, except broken ones.
  [[nodiscard]] int64_t found() const;
  [[nodiscard]] const ScannedEntry* broken() const;  // null unless there is exactly one
  [[nodiscard]] bool has(EntryState state) const;
};

// Nothing if a block is damaged, the header is lost, or the header does not count what is there.
// Memory: some bytes per entry.
[[nodiscard]] Result<std::optional<TableScan>> scan_table(StructureRepair& repair,
                                                          const PackedTable& table,
                                                          BlockRange region);

// The bytes of an entry, in the state of the transaction. kDamaged if its block is.
[[nodiscard]] Result<BlockBuffer> entry_bytes(StructureRepair& repair, const PackedTable& table,
                                              BlockRange region, const ScannedEntry& entry);

}  // namespace vde
