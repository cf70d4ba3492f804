// What the blocks of a volume say about it where no region table and no superblock does: the places
// of regions, and the highest generation.
#pragma once

#include "check/repair/foundation_repair.h"
#include "probe/block_runs.h"

namespace vde {

class BlockSurvey {
 public:
  // Reads the written blocks of the file.
  [[nodiscard]] static Result<BlockSurvey> make(const FoundationRepair& repair);

  // 0 if there are no valid blocks.
  [[nodiscard]] uint32_t highest_generation() const { return newest_generation(runs_); }

  // Guesses the slots from the blocks (probe/slot_guess.h). Nothing without a valid block of a
  // bitmap and one of a journal.
  [[nodiscard]] Result<std::optional<std::vector<RegionSlot>>> slots() const;

 private:
  BlockSurvey(const FoundationRepair& repair, BlockRuns runs)
      : io_(repair.io()),
        total_(repair.probe().blocks_in_file()),
        runs_(std::move(runs)),
        activity_(&repair.activity()) {}

  BlockIo io_;
  uint64_t total_;
  BlockRuns runs_;
  const Activity* activity_;
};

}  // namespace vde
