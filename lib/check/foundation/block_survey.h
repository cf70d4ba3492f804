// What the blocks of a volume say about it where no region table and no superblock does: the places
// of regions, and the highest generation.
#pragma once

#include "check/repair/foundation_repair.h"

namespace vde {

// Blocks of one type, from the first to the last. No valid block of another type, except of data,
// lies between them.
struct RegionRun {
  BlockType type;
  BlockRange blocks;
  bool has_head = false;  // the first block can be the first one of a region
  bool has_data_after = false;
};

class BlockSurvey {
 public:
  // Reads the written blocks of the file from the first region on. Those of the journal are not
  // judged: it holds copies of all types.
  [[nodiscard]] static Result<BlockSurvey> make(const FoundationRepair& repair);

  // 0 if there are no valid blocks.
  [[nodiscard]] uint32_t highest_generation() const { return highest_; }

  // The slots that explain the runs: the fixed regions, one region for each type of which an
  // allocated block is left, and the data area. Nothing if there is no bitmap or no journal.
  [[nodiscard]] Result<std::optional<std::vector<RegionSlot>>> slots() const;

 private:
  explicit BlockSurvey(const FoundationRepair& repair)
      : io_(repair.io()), activity_(&repair.activity()), total_(repair.probe().blocks_in_file()) {}

  void add(const UncheckedBlock& block, const Trailer& trailer);
  // The runs where the regions are, in ascending order.
  [[nodiscard]] Result<std::vector<RegionRun>> regions() const;
  [[nodiscard]] Result<uint64_t> end_of(const RegionRun& run, uint64_t limit) const;
  // The first block of a range that the bitmap marks as free; the range's end if there is none.
  [[nodiscard]] Result<uint64_t> first_free(BlockRange blocks) const;

  BlockIo io_;
  const Activity* activity_;
  uint64_t total_;
  std::vector<RegionRun> runs_;  // ascending
  uint64_t journal_end_ = 0;
  uint32_t highest_ = 0;
};

}  // namespace vde
