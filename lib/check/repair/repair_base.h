// What both phases of a repair share: the image as it is being repaired, and the steps so far.
//
// First comes a FoundationRepair: what the journal stands on, written directly. Then begin() makes
// a StructureRepair of it, in which everything goes through the journal.
//
// A repair runs twice, over a view in memory and then over the image, and must do the same both
// times: repairers go by what is in the file and by the options alone.
#pragma once

#include "check/context.h"
#include "check/repair/repair_facts.h"
#include "vde/repair.h"

namespace vde {

[[nodiscard]] constexpr bool overlap(BlockRange a, BlockRange b) {
  return a.begin < b.end && b.begin < a.end;
}

// What a repair did, and why it left something. It outlives the phases.
struct RepairLog {
  std::vector<RepairStep> steps;
  std::vector<std::string> notes;
};

// What a repair works on; all of it outlives the repair.
struct RepairTarget {
  BlockFile& file;
  const RepairOptions& options;
  const Activity& activity;
  RepairLog& log;
};

class RepairBase {
 public:
  [[nodiscard]] const Probe& probe() const { return probe_; }
  [[nodiscard]] const BlockIo& io() const { return io_; }
  [[nodiscard]] const RepairOptions& options() const { return target_.options; }
  [[nodiscard]] bool interrupted() const { return target_.activity.stop; }

  // Begins a step; blocks that are written belong to it from here on.
  void step(std::string what, std::string source, std::string loses = {});
  void touched(BlockRange blocks);
  // Why something was left.
  void note(std::string text) { target_.log.notes.push_back(std::move(text)); }
  [[nodiscard]] size_t step_count() const { return target_.log.steps.size(); }

 protected:
  explicit RepairBase(const RepairTarget& target)
      : target_(target), io_(target.file, kDefaultBlockSize) {}
  RepairBase(RepairBase&&) = default;
  ~RepairBase() = default;

  // Probes the image, after it was written to.
  [[nodiscard]] Result<void> read_probe();
  [[nodiscard]] const RepairTarget& target() const { return target_; }

 private:
  RepairTarget target_;
  BlockIo io_;
  Probe probe_;
};

// Whether every block of both groups and of the directory could be read.
[[nodiscard]] bool all_readable(const Probe& probe);

// The places of `slots` that lie within `blocks` blocks, in slot order.
[[nodiscard]] std::vector<PlacedRegion> place_regions(const std::vector<RegionSlot>& slots,
                                                      uint64_t blocks);

// MWAL, if it lies within the volume and no other region or fixed block claims a block of it.
[[nodiscard]] std::optional<JournalArea> sole_journal_area(const Probe& probe);

// All repairers, in their order. Afterwards nothing waits in the journal. Returns the probe of what
// is there then.
[[nodiscard]] Result<Probe> repair_all(const RepairTarget& target);

// Those that need nothing of the image's data, for what can be known before a repair: `facts` says
// which of them found something to do.
[[nodiscard]] Result<void> try_out(const RepairTarget& target, RepairFacts& facts);

}  // namespace vde
