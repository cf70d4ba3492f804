// Shared by both phases of a repair: the image during the repair, and the steps so far.
//
// The first phase is a FoundationRepair: it repairs what the journal depends on, with direct
// writes. Then begin() turns it into a StructureRepair, which writes everything through the
// journal.
//
// A repair runs twice, on a view in memory and then on the image, and must do the same both times.
// So repairers depend only on the content of the file and on the options.
#pragma once

#include <set>

#include "check/context.h"
#include "check/repair/repair_facts.h"
#include "vde/repair.h"

namespace vde {

struct ExactRun;

[[nodiscard]] constexpr bool overlap(BlockRange a, BlockRange b) {
  return a.begin < b.end && b.begin < a.end;
}

// What a step has listed as lost.
struct ListedLosses {
  LostCounts counts = {};
  bool any = false;
};

// The steps of a repair, and the reasons why something is not repaired. Outlives the phases.
struct RepairLog {
  std::vector<RepairStep> steps;
  std::vector<std::string> notes;
  size_t exact_steps = 0;                    // steps that restore blocks byte for byte
  bool withheld = false;                     // a step was not taken because it loses something
  std::set<const FindingKind*> solved = {};  // by steps that were checked (RepairNeed::kFields)
  // Of regions that got blocks back which lay in fixed places.
  std::vector<BlockType> completed = {};
  LostVisitor lost = {};
  std::vector<ListedLosses> listed = {};  // by step
};

// What a step loses.
struct Loss {
  std::string what;  // empty: nothing
  LostCounts counts = {};
};

// What a repair works on. All references outlive the repair.
struct RepairTarget {
  BlockFile& file;
  const RepairOptions& options;
  Activity& activity;
  RepairLog& log;
  ExactRun* exact = nullptr;  // null: nothing is restored exactly (check/exact)
};

class RepairBase {
 public:
  [[nodiscard]] const Probe& probe() const { return probe_; }
  [[nodiscard]] const BlockIo& io() const { return io_; }
  [[nodiscard]] const RepairOptions& options() const { return target_.options; }
  [[nodiscard]] bool interrupted() const { return target_.activity.stop; }
  [[nodiscard]] Activity& activity() const { return target_.activity; }
  [[nodiscard]] ExactRun* exact() const { return target_.exact; }
  // The key that the seal fits as the last commit left it; null if there is none.
  [[nodiscard]] const SharedKey& seal_key() const { return seal_key_; }

  // Begins a step that loses nothing: the blocks that are written from now on belong to it. `what`
  // is an instruction.
  void step(std::string what, std::string source);
  // Begins a step that may lose something. Returns false without consent to that: then the
  // structure is left alone.
  [[nodiscard]] bool lossy_step(std::string what, std::string source, Loss loss);
  // Whether a step with this loss may be taken.
  [[nodiscard]] bool consents(const Loss& loss) const {
    return loss.what.empty() || options().allow_loss;
  }
  // The current step removes findings of this kind.
  void solves(const FindingKind& kind) { target_.log.solved.insert(&kind); }
  // The current step puts a block back into a region of this type.
  void completes(BlockType region) { target_.log.completed.push_back(region); }
  // Lists an entry that the current step loses. Call it before the step writes.
  [[nodiscard]] Result<void> lose(const LostEntry& entry);
  void touched(BlockRange blocks);
  // The reason why something is not repaired.
  void note(std::string text) { target_.log.notes.push_back(std::move(text)); }
  [[nodiscard]] size_t step_count() const { return target_.log.steps.size(); }
  // As step(), for blocks that become what they were, byte for byte.
  void exact_step(std::string what, std::string source);
  [[nodiscard]] size_t exact_step_count() const { return target_.log.exact_steps; }

 protected:
  explicit RepairBase(const RepairTarget& target)
      : target_(target), io_(target.file, kDefaultBlockSize) {}
  RepairBase(RepairBase&&) = default;
  ~RepairBase() = default;

  // Probes the image again, after a write.
  [[nodiscard]] Result<void> read_probe();
  [[nodiscard]] const RepairTarget& target() const { return target_; }
  // Of what read_probe() found.
  void keep_seal_key();

 private:
  RepairTarget target_;
  BlockIo io_;
  Probe probe_;
  SharedKey seal_key_;
};

// Whether every block of both groups and of the directory could be read.
[[nodiscard]] bool all_readable(const Probe& probe);

// The regions of `slots` that lie within `blocks` blocks, in slot order.
[[nodiscard]] std::vector<PlacedRegion> place_regions(const std::vector<RegionSlot>& slots,
                                                      uint32_t manifest, uint64_t blocks);
// The regions of the probe's own slots that lie within its usable blocks.
[[nodiscard]] std::vector<PlacedRegion> place_regions(const Probe& probe);

// The MWAL region, if it lies within the volume and shares no block with another region or the
// fixed blocks.
[[nodiscard]] std::optional<JournalArea> sole_journal_area(const Probe& probe);

// Runs all repairers, in their order. Afterwards the journal is empty. Returns a probe of the
// repaired image.
[[nodiscard]] Result<Probe> repair_all(const RepairTarget& target);

// Runs the repairers that do not need the image's data. Sets in `facts` which of them found
// something to do.
[[nodiscard]] Result<void> dry_run(const RepairTarget& target, RepairFacts& facts);

}  // namespace vde
