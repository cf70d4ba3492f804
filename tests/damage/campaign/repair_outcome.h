// A repair of the campaign, and what it was of.
#pragma once

#include "damage/campaign/damage.h"
#include "support/lost_list.h"
#include "vde/repair.h"

namespace vde::test {

// A known image with its faults.
struct DamagedImage {
  const KnownImage& known;
  const CowFile& file;
  const std::vector<Damage>& damages;
  BlockSet touched;

  // Where no copy is left of one of the blocks that exist in both superblock groups.
  [[nodiscard]] bool is_excused() const { return known.lacks_foundation(touched); }
};

struct RepairOutcome {
  const DamagedImage& of;
  bool consent;
  std::unique_ptr<CowFile> file;  // after the repair
  RepairPlan plan = {};
  LostList list = {};
  std::vector<Finding> left = {};

  // The undamaged image does not have it.
  [[nodiscard]] bool is_new(const Finding& finding) const;
  // A step restores this block exactly.
  [[nodiscard]] bool is_restored(uint64_t block) const;
};

[[nodiscard]] bool is_exact(const RepairStep& step);

}  // namespace vde::test
