// What the repairs of a packed table (SNAP, CODE) share.
#pragma once

#include "check/repair/structure_repair.h"
#include "table/packed_walk.h"

namespace vde {

struct RepairedTable {
  const PackedTable& table;
  std::string_view noun;  // what its entries are, "snapshots"
  // Whether the blocks that an entry names lie within the volume.
  bool (*has_place)(StructureRepair& repair, Bytes record);
};
[[nodiscard]] const RepairedTable& repaired_snapshots();
[[nodiscard]] const RepairedTable& repaired_modules();

// A plain region of this tag, if it is the only one.
[[nodiscard]] std::optional<PlacedRegion> plain_region(StructureRepair& repair, BlockType tag);

// Whether entries are what they seem though nothing counts them: no two with one key, and their
// blocks within the volume.
class EntryProof {
 public:
  EntryProof(StructureRepair& repair, const RepairedTable& repaired)
      : repair_(repair), repaired_(repaired) {}

  void add(Bytes record);
  [[nodiscard]] bool holds();

 private:
  StructureRepair& repair_;
  const RepairedTable& repaired_;
  std::vector<std::string> keys_;
  bool placed_ = true;
};

}  // namespace vde
