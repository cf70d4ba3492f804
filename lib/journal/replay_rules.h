// What records may name that are to be replayed. Writers keep these rules (journal.h), but a record
// is bytes of a file like all others: one that breaks them would be one thing to readers, who find
// images where they lie, and another one on the disk, where home blocks are written one by one.
#pragma once

#include <set>

#include "journal/journal_area.h"

namespace vde {

// Takes the records of one journal in their order:
//  - the volume keeps its identity, its block size and the place of its journal;
//  - targets lie within the volume as their record leaves it, and within the file, and neither in a
//    superblock group nor in MWAL;
//  - images outside of MWAL lie within the same bounds, at no fixed place and in no region but the
//    data area, by the slots that their record found, by its own and by those of later ones;
//  - the block of an image is no record's target.
// That a block keeps one image, however many entries name it, follows from the trailers.
class ReplayRules {
 public:
  // `probe` is that of the file.
  ReplayRules(const BlockIo& io, const JournalArea& area, const Probe& probe);

  // Takes the record that starts in block `at`, whose images are intact and lie at `places`, one an
  // entry. kDamaged, at that block, where it breaks a rule; nothing may be admitted after that.
  [[nodiscard]] Result<void> admit(uint64_t at, const JournalRecord& record,
                                   const std::vector<uint64_t>& places);

 private:
  [[nodiscard]] bool is_same_volume(const Superblock& superblock) const;
  // Why a target or a spilled image must not lie in `block`; empty texts where it may.
  [[nodiscard]] std::string_view target_fault(uint64_t block) const;
  [[nodiscard]] std::string_view place_fault(uint64_t block) const;
  [[nodiscard]] bool is_in_region(uint64_t block) const;
  [[nodiscard]] Result<std::string_view> follow_slots(const JournalRecord& record,
                                                      const std::vector<uint64_t>& places);

  BlockIo io_;
  JournalArea area_;
  Guid uuid_;
  uint64_t blocks_in_file_;
  uint64_t bound_ = 0;                // blocks of the volume that the file has, after the record
  std::vector<BlockRange> metadata_;  // by the slots now; not the data area
  std::set<uint64_t> targets_;
  std::set<uint64_t> places_;  // of images outside of MWAL
};

}  // namespace vde
