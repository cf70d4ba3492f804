#include <algorithm>

#include "base/checked.h"
#include "inspect/shown_probe.h"
#include "journal/committed_view.h"
#include "map/map_state.h"

namespace vde {
namespace {

uint64_t volume_blocks(const Probe& probe) {
  const int64_t total = probe.superblock.total_blocks;
  const bool counts =
      probe.superblock_verified() && total > 0 && static_cast<uint64_t>(total) <= kMaxBlocks;
  return counts ? static_cast<uint64_t>(total) : probe.blocks_in_file();
}

MapRegion fixed_region(BlockType type, std::string name, uint64_t first, uint64_t count) {
  MapRegion region;
  region.type = to_string(type);
  region.name = std::move(name);
  region.is_fixed = true;
  region.blocks = {first, first + count};
  region.used = static_cast<int64_t>(count);
  return region;
}

// The fixed blocks do not depend on the slots, which may be damaged. The data area comes last, so
// that its blocks are those that no other region claims.
std::vector<MapRegion> regions_of(const Probe& probe, uint64_t end) {
  std::vector<MapRegion> regions = {
      fixed_region(block_types::kSuperblock, "superblock, primary group", 0, kGroupBlocks),
      fixed_region(block_types::kSuperblock, "superblock, mirror group", kMirrorGroup,
                   kGroupBlocks),
      fixed_region(block_types::kRegionMap, "region directory", kDirectoryStart, kDirectoryBlocks)};
  std::optional<MapRegion> data_area;
  for (size_t i = 0; i < probe.slots.size(); ++i) {
    const RegionSlot& slot = probe.slots[i];
    const auto range = block_range(slot.start, slot.count);
    if (slot.is_free() || is_fixed(slot.type) || !range) continue;
    MapRegion region;
    region.type = to_string(slot.type);
    region.name = describe(probe.content_of(i));
    region.slot = i;
    region.is_data_area = probe.data_area() == i;
    if (region.is_data_area) region.name = "data area";
    region.blocks = *range;
    region.used = slot.used;
    if (region.is_data_area)
      data_area = std::move(region);
    else
      regions.push_back(std::move(region));
  }
  if (data_area) regions.push_back(std::move(*data_area));
  for (MapRegion& region : regions)
    region.blocks = {std::min(region.blocks.begin, end), std::min(region.blocks.end, end)};
  return regions;
}

// The bitmap's blocks, if they are all in the file.
BlockRange bitmap_of(const Probe& probe) {
  for (const RegionSlot& slot : probe.slots) {
    const auto range = block_range(slot.start, slot.count);
    if (slot.is_free() || slot.type != block_types::kBitmap || !range) continue;
    return range->end <= probe.usable_blocks() ? *range : BlockRange{};
  }
  return {};
}

// The findings as pieces, the worst first.
void place_findings(const MapFindings& found, BlockMap::State& state) {
  std::vector<BlockRange> ranges;
  for (const Severity severity : {Severity::kError, Severity::kWarning})
    for (const MapFindings::Place& place : found.places()) {
      if (place.kind->severity != severity) continue;
      ranges.push_back(place.blocks);
      state.kinds.push_back(place.kind);
    }
  state.finding_pieces = flatten(ranges);
}

// The regions as pieces, in the order of their first blocks.
void place_regions(std::vector<MapRegion> regions, BlockMap::State& state) {
  std::vector<BlockRange> ranges;
  std::vector<size_t> order;
  for (const MapRegion& region : regions) {
    order.push_back(ranges.size());
    ranges.push_back(region.blocks);
  }
  std::sort(order.begin(), order.end(), [&](size_t one, size_t other) {
    return std::pair(ranges[one].begin, one) < std::pair(ranges[other].begin, other);
  });
  std::vector<size_t> places(order.size());
  for (size_t i = 0; i < order.size(); ++i) places[order[i]] = i;
  state.region_pieces = flatten(ranges);
  for (FlatPiece& piece : state.region_pieces) piece.winner = places[piece.winner];
  for (const size_t index : order) state.regions.push_back(std::move(regions[index]));
}

Result<void> count_regions(const MapFindings& found, BlockMap::State& state) {
  MapCounter counter(state);
  for (const FlatPiece& piece : state.region_pieces) {
    MapRegion& region = state.regions[piece.winner];
    VDE_TRY_ASSIGN(cell, counter.count(piece.blocks, &region));
    region.count += piece.blocks.count();
    region.allocated += cell.allocated;
    region.free += cell.free;
    region.missing += cell.missing;
    region.damaged += cell.damaged;
    region.suspect += cell.suspect;
  }
  for (MapRegion& region : state.regions) region.findings = found.of_region(region.type);
  return {};
}

}  // namespace

std::string_view block_use_name(BlockUse use) {
  constexpr std::array<std::string_view, 4> kNames = {"allocated", "free", "unknown", "missing"};
  return kNames[static_cast<size_t>(use)];
}

std::string_view owner_kind_name(OwnerKind kind) {
  constexpr std::array<std::string_view, kOwnerKinds> kNames = {"module", "dictionary", "snapshot"};
  return kNames[static_cast<size_t>(kind)];
}

Result<BlockMap> BlockMap::read(BlockFile& file, const MapFindings& found,
                                const Activity& activity) {
  auto state = std::make_unique<State>(activity);
  VDE_TRY_ASSIGN(shown, probe_shown(file));
  state->from_blocks = shown.from_blocks;
  // The image with the commits in its journal applied, if possible.
  auto view = view_committed(file, shown.probe);
  if (view) {
    VDE_TRY_ASSIGN(replayed, probe_replayed(*view));
    if (replayed) shown.probe = std::move(*replayed);
    state->view = std::move(*view);
  }
  state->probe = std::move(shown.probe);
  state->io.emplace(state->view ? *state->view->file : file, state->probe.block_size);
  state->blocks = volume_blocks(state->probe);
  state->bitmap = bitmap_of(state->probe);
  state->owners = find_map_owners(state->probe, *state->io, state->blocks);
  place_findings(found, *state);
  place_regions(regions_of(state->probe, state->blocks), *state);
  VDE_TRY(count_regions(found, *state));
  return BlockMap(std::move(state));
}

BlockMap::BlockMap(std::unique_ptr<State> state) : state_(std::move(state)) {}
BlockMap::BlockMap(BlockMap&&) noexcept = default;
BlockMap::~BlockMap() = default;

uint32_t BlockMap::block_size() const {
  return state_->probe.block_size;
}

BlockRange BlockMap::all() const {
  return {0, state_->blocks};
}

std::string BlockMap::label() const {
  return state_->probe.superblock_source == SuperblockSource::kNone
             ? std::string{}
             : std::string(state_->probe.superblock.label.view());
}

bool BlockMap::is_verified() const {
  return state_->probe.superblock_verified() &&
         (state_->probe.slot_source == SlotSource::kPointerTable ||
          state_->probe.slot_source == SlotSource::kDirectory);
}

bool BlockMap::is_from_blocks() const {
  return state_->from_blocks;
}

const std::vector<MapRegion>& BlockMap::regions() const {
  return state_->regions;
}

Result<void> BlockMap::each_run(BlockRange within,
                                const std::function<Result<void>(const MapRun&)>& visit) const {
  within.end = std::min(within.end, state_->blocks);
  MapWalk walk(*state_);
  MapRun run;
  while (!within.empty()) {
    if (state_->activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(next, walk.run_at(within));
    within.begin = next.blocks.end;
    if (!run.blocks.empty() && run.is_like(next)) {
      run.blocks.end = next.blocks.end;
      continue;
    }
    if (!run.blocks.empty()) VDE_TRY(visit(run));
    run = next;
  }
  return run.blocks.empty() ? Result<void>{} : visit(run);
}

}  // namespace vde
