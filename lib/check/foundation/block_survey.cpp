#include "check/foundation/block_survey.h"

#include <algorithm>

#include "probe/slot_guess.h"

namespace vde {

Result<BlockSurvey> BlockSurvey::make(const FoundationRepair& repair) {
  VDE_TRY_ASSIGN(runs,
                 find_block_runs(repair.io(), repair.probe().blocks_in_file(), repair.activity()));
  return BlockSurvey(repair, std::move(runs));
}

Result<std::optional<std::vector<RegionSlot>>> BlockSurvey::slots() const {
  std::optional<std::vector<RegionSlot>> none;
  const auto has = [&](BlockType type) {
    return std::ranges::any_of(runs_.runs, [&](const BlockRun& run) {
      return run.type == type && run.blocks.end > kFirstRegionBlock;
    });
  };
  if (!has(block_types::kBitmap) || !has(block_types::kMetadataWal)) return none;
  VDE_TRY_ASSIGN(slots, guess_slots(io_, runs_, total_, *activity_));
  slots.resize(slots_per_block(io_.block_size()));
  return std::optional(std::move(slots));
}

}  // namespace vde
