// What the repairs of a packed table (SNAP, CODE) share.
#pragma once

#include "check/mending.h"
#include "region/packed_store.h"

namespace vde {

struct MendedTable {
  const PackedTable& table;
  std::string_view noun;  // what its entries are, "snapshots"
  // Whether the blocks that an entry names lie within the volume.
  bool (*has_place)(Mending& mending, Bytes record);
};
[[nodiscard]] const MendedTable& mended_snapshots();
[[nodiscard]] const MendedTable& mended_modules();

// A plain region of this tag, if it is the only one.
[[nodiscard]] std::optional<PlacedRegion> plain_region(Mending& mending, Tag tag);

// Whether entries are what they seem though nothing counts them: no two with one key, and their
// blocks within the volume.
class EntryProof {
 public:
  EntryProof(Mending& mending, const MendedTable& mended) : mending_(mending), mended_(mended) {}

  void add(Bytes record);
  [[nodiscard]] bool holds();

 private:
  Mending& mending_;
  const MendedTable& mended_;
  std::vector<std::string> keys_;
  bool placed_ = true;
};

}  // namespace vde
