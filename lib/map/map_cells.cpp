// Counts blocks by what they are: for the cells of a picture, and for whole regions.
#include <algorithm>

#include "base/checked.h"
#include "map/map_state.h"

namespace vde {
namespace {

// Calls `visit` with the pieces that overlap `blocks`, and the number of blocks that they share.
template <class Visit>
void each_overlap(PieceCursor& pieces, BlockRange blocks, Visit visit) {
  while (!blocks.empty()) {
    uint64_t end = blocks.end;
    const FlatPiece* piece = pieces.at(blocks.begin, end);
    if (piece != nullptr) visit(*piece, end - blocks.begin);
    blocks.begin = end;
  }
}

// The blocks of `within`, each part with its region.
struct Part {
  BlockRange blocks;
  const MapRegion* region;
};

std::vector<Part> parts_of(const BlockMap::State& state, BlockRange within) {
  std::vector<Part> parts;
  PieceCursor regions(state.region_pieces);
  while (!within.empty()) {
    uint64_t end = within.end;
    const FlatPiece* piece = regions.at(within.begin, end);
    parts.push_back(
        {{within.begin, end}, piece == nullptr ? nullptr : &state.regions[piece->winner]});
    within.begin = end;
  }
  return parts;
}

// The smallest power of two that needs at most `max` cells, or that gives each part one.
uint64_t blocks_per_cell(const std::vector<Part>& parts, size_t max) {
  for (uint64_t size = 1;; size *= 2) {
    uint64_t cells = 0;
    for (const Part& part : parts) cells += divide_up(part.blocks.count(), size);
    if (cells <= max || cells == parts.size()) return size;
  }
}

}  // namespace

MapCounter::MapCounter(const BlockMap::State& state)
    : state_(state),
      bitmap_(*state.io, state.bitmap),
      owners_(state.owners.pieces),
      findings_(state.finding_pieces) {}

Result<MapCell> MapCounter::count(BlockRange blocks, const MapRegion* region) {
  if (state_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
  MapCell cell;
  cell.blocks = blocks;
  cell.region = region;
  VDE_TRY(count_uses(cell));
  count_findings(cell);
  if (BlockMap::State::asks_bitmap(region)) count_owners(cell);
  return cell;
}

Result<void> MapCounter::count_uses(MapCell& cell) {
  BlockRange there = cell.blocks;
  there.end = std::clamp(state_.blocks_in_file(), there.begin, there.end);
  cell.missing = cell.blocks.count() - there.count();
  if (!BlockMap::State::asks_bitmap(cell.region)) {
    cell.allocated = there.count();
    return {};
  }
  VDE_TRY_ASSIGN(uses, bitmap_.count(there));
  cell.allocated = uses.allocated;
  cell.free = uses.free;
  cell.unknown = uses.unknown;
  return {};
}

void MapCounter::count_findings(MapCell& cell) {
  each_overlap(findings_, cell.blocks, [&](const FlatPiece& piece, uint64_t count) {
    const FindingKind* kind = state_.kinds[piece.winner];
    (kind->severity == Severity::kError ? cell.damaged : cell.suspect) += count;
    if (cell.finding == nullptr || kind->severity < cell.finding->severity) cell.finding = kind;
  });
}

void MapCounter::count_owners(MapCell& cell) {
  each_overlap(owners_, cell.blocks, [&](const FlatPiece& piece, uint64_t count) {
    cell.owned[static_cast<size_t>(state_.owners.owners[piece.winner].kind)] += count;
  });
}

Result<MapCells> BlockMap::cells(BlockRange within, size_t max) const {
  within.end = std::min(within.end, state_->blocks);
  const std::vector<Part> parts = parts_of(*state_, within);
  MapCells result;
  result.blocks_per_cell = blocks_per_cell(parts, max);
  MapCounter counter(*state_);
  for (const Part& part : parts) {
    for (BlockRange left = part.blocks; !left.empty();) {
      const uint64_t end = left.begin + std::min(left.count(), result.blocks_per_cell);
      VDE_TRY_ASSIGN(cell, counter.count({left.begin, end}, part.region));
      result.cells.push_back(cell);
      left.begin = end;
    }
  }
  return result;
}

}  // namespace vde
