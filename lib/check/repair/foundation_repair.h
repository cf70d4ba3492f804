// The first phase of a repair: superblock groups, journal, region tables and the file's length,
// with direct writes.
//
// To add a repairer: write a function `Result<void>(FoundationRepair&)` that calls step(), then
// write_direct(), sync() and check_again(); add it to kFoundations in repair_order.cpp. If a group
// is intact, one must be intact after every single write. Run again, the repairer must find nothing
// to do.
#pragma once

#include "check/repair/repair_base.h"

namespace vde {

class StructureRepair;

class FoundationRepair : public RepairBase {
 public:
  [[nodiscard]] static Result<FoundationRepair> start(const RepairTarget& target);

  // Writes one block directly to the image.
  [[nodiscard]] Result<void> write_direct(uint64_t number, Bytes block);
  [[nodiscard]] Result<void> resize(uint64_t bytes) { return target().file.resize(bytes); }
  [[nodiscard]] Result<void> sync() { return target().file.sync(); }
  // Probes the image again, after a write.
  [[nodiscard]] Result<void> check_again() { return read_probe(); }

  // Fixed block `number` holds a valid block of another structure, and no other block of the image
  // holds the same: overwriting it loses something.
  void set_sole(uint64_t number) { sole_.insert(number); }
  void forget_sole() { sole_.clear(); }
  // Begins a step that writes these fixed blocks. False if that loses something and there is no
  // consent.
  [[nodiscard]] Result<bool> fixed_step(std::string what, std::string source,
                                        const std::vector<BlockRange>& blocks);
  // The same in two parts, for a step that may lose other things too: what is lost with these
  // blocks, and the names of it.
  [[nodiscard]] Loss loss_in(const std::vector<BlockRange>& blocks) const;
  [[nodiscard]] Result<void> lose_in(const std::vector<BlockRange>& blocks);

  // The journal's blocks, if it shares them with no other region.
  [[nodiscard]] std::optional<JournalArea> journal_area() const {
    return sole_journal_area(probe());
  }
  // Whether changes can be committed: the groups and tables are valid, and so is the journal's
  // place.
  [[nodiscard]] bool can_commit() const;

  // Opens the journal. From then on nothing is written directly.
  [[nodiscard]] Result<StructureRepair> begin() &&;

 private:
  friend class StructureRepair;  // finish() and leave() create one
  explicit FoundationRepair(const RepairTarget& target) : RepairBase(target) {}
  explicit FoundationRepair(RepairBase&& base) : RepairBase(std::move(base)) {}

  [[nodiscard]] std::vector<uint64_t> sole_in(const std::vector<BlockRange>& blocks) const;

  std::set<uint64_t> sole_;
};

// Chooses slots one by one, where no region table is right as a whole.
[[nodiscard]] Result<void> repair_slot_choice(FoundationRepair& repair);
[[nodiscard]] Result<void> repair_groups(FoundationRepair& repair);
[[nodiscard]] Result<void> repair_journal(FoundationRepair& repair);
[[nodiscard]] Result<void> repair_tables(FoundationRepair& repair);
// The number of contradictions between these slots and the image.
[[nodiscard]] Result<int> contradictions(const FoundationRepair& repair,
                                         const std::vector<RegionSlot>& slots);
// Whether the file ends before the volume of a valid group does, and a region confirms its size.
[[nodiscard]] bool is_cut_short(const Probe& probe);
[[nodiscard]] Result<void> repair_length(FoundationRepair& repair);
// After the last commit: truncates the file at the end of the volume.
[[nodiscard]] Result<void> truncate_file(FoundationRepair& repair);

}  // namespace vde
