// Repairs of fields that follow from the rest of their region: the counts of described tables, the
// states of keys, the hashes of the integrity tree.
//
// A repairer proposes new payloads for some blocks. The pass that checks the region decides: a
// proposal is taken only if it removes errors or warnings and adds none.
#pragma once

#include <map>

#include "check/passes.h"
#include "check/repair/structure_repair.h"

namespace vde {

// By index in the region.
using Payloads = std::map<uint64_t, BlockBuffer>;

struct Proposal {
  std::string what;  // an instruction
  std::string source;
  std::string loses;  // empty: nothing
  Payloads payloads;  // whole payloads of the changed blocks
};

// One region with the proposals that were taken so far.
class RegionDraft {
 public:
  RegionDraft(StructureRepair& repair, const PlacedRegion& region, Pass pass)
      : repair_(repair), region_(region), pass_(pass) {}

  [[nodiscard]] const PlacedRegion& region() const { return region_; }
  [[nodiscard]] StructureRepair& repair() { return repair_; }

  // The pass reports an error or a warning.
  [[nodiscard]] Result<bool> has_findings();
  // Zeros if the block was never written, nothing if it is damaged.
  [[nodiscard]] Result<std::optional<BlockBuffer>> payload(uint64_t index);
  // Takes the proposal as a step of the repair if it helps, and if there is consent for its loss.
  [[nodiscard]] Result<void> propose(const Proposal& proposal);

 private:
  using Found = std::multiset<std::pair<const FindingKind*, std::optional<uint64_t>>>;

  [[nodiscard]] Result<Found> judge(const Payloads& changed);
  [[nodiscard]] Result<BlockType> type_of(uint64_t index);

  StructureRepair& repair_;
  PlacedRegion region_;
  Pass pass_;
  Payloads taken_;
  std::optional<Found> found_;  // with the proposals taken
};

// Regions that share no block with another one, and whose flags allow reading and writing.
[[nodiscard]] std::vector<PlacedRegion> sole_regions(StructureRepair& repair);

[[nodiscard]] Result<void> repair_table_fields(RegionDraft& draft);
[[nodiscard]] Result<void> repair_key_fields(RegionDraft& draft);
[[nodiscard]] Result<void> repair_policy_fields(RegionDraft& draft);
[[nodiscard]] Result<void> repair_tree_fields(RegionDraft& draft);

}  // namespace vde
