// Rules for records that are replayed. Writers keep them (journal.h), but a record is untrusted
// data. If a record broke them, readers, who read after-images in place, and recovery, which
// overwrites blocks one by one, would see different images.
#pragma once

#include <set>

#include "journal/journal_area.h"

namespace vde {

// Checks the records of one journal in order:
//  - the volume keeps its identity, its block size and the location of its journal;
//  - targets lie within the file and within the volume after the record, and neither in a
//    superblock group nor in MWAL;
//  - only blocks smaller than a sector become holes, and none of the directory;
//  - after-images outside of MWAL lie within the same bounds, not in fixed blocks and in no region
//    except the data area, according to the slots before and after the record and those of later
//    records;
//  - the block of an after-image is never a target.
// Two entries cannot use the same block for different after-images: their trailers would differ.
class ReplayRules {
 public:
  // `probe` must describe the file.
  ReplayRules(const BlockIo& io, const JournalArea& area, const Probe& probe);

  // Checks the record that starts in block `at`, whose after-images are intact and lie at `places`,
  // one per entry. kDamaged, at that block, if it breaks a rule; do not call admit() again then.
  [[nodiscard]] Result<void> admit(uint64_t at, const JournalRecord& record,
                                   const std::vector<uint64_t>& places);

 private:
  [[nodiscard]] bool is_same_volume(const Superblock& superblock) const;
  // Why a target or a spilled after-image must not lie in `block`; empty if it may.
  [[nodiscard]] std::string_view target_fault(uint64_t block) const;
  [[nodiscard]] std::string_view hole_fault(const RecordEntry& entry) const;
  [[nodiscard]] std::string_view place_fault(uint64_t block) const;
  [[nodiscard]] bool is_in_region(uint64_t block) const;
  [[nodiscard]] Result<std::string_view> follow_slots(const JournalRecord& record,
                                                      const std::vector<uint64_t>& places);

  BlockIo io_;
  JournalArea area_;
  Guid uuid_;
  uint64_t blocks_in_file_;
  uint32_t manifest_;                 // of the superblock before the records
  uint64_t bound_ = 0;                // blocks in both volume and file, after the record
  std::vector<BlockRange> metadata_;  // current regions, except the data area
  std::set<uint64_t> targets_;
  std::set<uint64_t> places_;  // of after-images outside of MWAL
};

}  // namespace vde
