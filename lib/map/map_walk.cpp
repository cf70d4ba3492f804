#include <algorithm>

#include "map/map_state.h"

namespace vde {

MapWalk::MapWalk(const BlockMap::State& state)
    : state_(state),
      bitmap_(*state.io, state.bitmap),
      regions_(state.region_pieces),
      owners_(state.owners.pieces),
      findings_(state.finding_pieces) {}

Result<MapRun> MapWalk::run_at(BlockRange within) {
  const uint64_t block = within.begin;
  MapRun run;
  uint64_t end = within.end;
  if (const FlatPiece* piece = regions_.at(block, end)) run.region = &state_.regions[piece->winner];
  if (const FlatPiece* piece = findings_.at(block, end)) run.finding = state_.kinds[piece->winner];
  if (block >= state_.blocks_in_file()) {
    run.use = BlockUse::kMissing;
  } else {
    end = std::min(end, state_.blocks_in_file());
    run.use = BlockUse::kAllocated;
    if (BlockMap::State::asks_bitmap(run.region)) {
      VDE_TRY_ASSIGN(use, bitmap_.use_of(block, end));
      run.use = use;
    }
  }
  const FlatPiece* owned =
      BlockMap::State::asks_bitmap(run.region) ? owners_.at(block, end) : nullptr;
  if (owned != nullptr) {
    run.owner = &state_.owners.owners[owned->winner];
    run.owners = owned->layers;
  }
  run.blocks = {block, end};
  return run;
}

}  // namespace vde
