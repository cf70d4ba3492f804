// The first phase of a repair: superblock groups, journal, tables and the file's length, written
// directly.
//
// To add a repairer: write a function `Result<void>(FoundationRepair&)` that calls step(), then
// write_direct() and sync() in an order that leaves a whole group wherever there was one, and
// check_again(); put it into kFoundations in repair_order.cpp. It must find nothing to do in what
// it made.
#pragma once

#include "check/repair/repair_base.h"

namespace vde {

class StructureRepair;

class FoundationRepair : public RepairBase {
 public:
  [[nodiscard]] static Result<FoundationRepair> start(const RepairTarget& target);

  // Straight to the disk. One whole block.
  [[nodiscard]] Result<void> write_direct(uint64_t number, Bytes block);
  [[nodiscard]] Result<void> resize(uint64_t bytes) { return target().file.resize(bytes); }
  [[nodiscard]] Result<void> sync() { return target().file.sync(); }
  // Probes the image again, after something was written.
  [[nodiscard]] Result<void> check_again() { return read_probe(); }

  // Where the journal is, if that is nobody else's.
  [[nodiscard]] std::optional<JournalArea> journal_area() const {
    return sole_journal_area(probe());
  }
  // Whether changes can go through the journal: groups and tables are in order, and MWAL is.
  [[nodiscard]] bool can_commit() const;

  // Opens the journal; from here on nothing is written directly.
  [[nodiscard]] Result<StructureRepair> begin() &&;

 private:
  friend class StructureRepair;  // which becomes one again
  explicit FoundationRepair(const RepairTarget& target) : RepairBase(target) {}
  explicit FoundationRepair(RepairBase&& base) : RepairBase(std::move(base)) {}
};

[[nodiscard]] Result<void> repair_groups(FoundationRepair& repair);
[[nodiscard]] Result<void> repair_journal(FoundationRepair& repair);
[[nodiscard]] Result<void> repair_tables(FoundationRepair& repair);
[[nodiscard]] Result<void> repair_length(FoundationRepair& repair);
// After the last commit: the file ends where the volume does.
[[nodiscard]] Result<void> cut_tail(FoundationRepair& repair);

}  // namespace vde
