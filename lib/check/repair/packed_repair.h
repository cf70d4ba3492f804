// Shared by the repairs of packed tables (SNAP, CODE).
#pragma once

#include "check/repair/structure_repair.h"
#include "table/packed_walk.h"

namespace vde {

struct RepairedTable {
  const PackedTable& table;
  std::string_view name;  // "snapshot table"
  std::string_view noun;  // of its entries, "snapshots"
  LostKind kind;
  // Whether the blocks of an entry lie within the volume.
  bool (*has_place)(StructureRepair& repair, Bytes record);
};
[[nodiscard]] const RepairedTable& repaired_snapshots();
[[nodiscard]] const RepairedTable& repaired_modules();

// The region of this type, if there is only one and it is neither encrypted nor compressed.
[[nodiscard]] std::optional<PlacedRegion> plain_region(StructureRepair& repair, BlockType type);

// Sets the count in the header of the table in `region`. kDamaged if its first block is.
[[nodiscard]] Result<void> set_table_count(StructureRepair& repair, const PlacedRegion& region,
                                           int64_t count);

// Checks whether entries that the header does not count are genuine: no duplicate keys, and all
// blocks within the volume.
class EntryProof {
 public:
  EntryProof(StructureRepair& repair, const RepairedTable& repaired)
      : repair_(repair), repaired_(repaired) {}

  void add(Bytes record);
  // Adds an entry whose blocks are known to be within the volume.
  void add_placed(Bytes key) { keys_.emplace_back(key.begin(), key.end()); }
  [[nodiscard]] bool holds();

 private:
  StructureRepair& repair_;
  const RepairedTable& repaired_;
  std::vector<std::string> keys_;
  bool placed_ = true;
};

}  // namespace vde
