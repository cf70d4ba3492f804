#include "probe/region_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "base/ranges.h"
#include "format/superblock.h"

namespace vde {
namespace {

tl::unexpected<Error> contradiction(std::string what) {
  return fail(ErrorCode::kDamaged, std::move(what), kRunRepair);
}

}  // namespace

std::optional<Region> RegionTable::placed(size_t slot) const {
  const RegionSlot& raw = slots_[slot];
  const auto range = block_range(raw.start, raw.count);
  if (raw.is_free() || !range || range->empty() || range->end > blocks_) return std::nullopt;
  return Region{slot, raw.type, *range, raw.used};
}

Region RegionTable::at(size_t slot) const {
  const RegionSlot& raw = slots_[slot];
  const auto start = static_cast<uint64_t>(raw.start);
  return {slot, raw.type, {start, start + static_cast<uint64_t>(raw.count)}, raw.used};
}

std::optional<Region> RegionTable::find(BlockType type) const {
  for (size_t i = 0; i < slots_.size(); ++i)
    if (!slots_[i].is_free() && slots_[i].type == type) return placed(i);
  return std::nullopt;
}

Result<Region> RegionTable::open_region(const RegionWords& words) const {
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].is_free() || slots_[i].type != words.type) continue;
    if (!slots_[i].is_plain())
      return fail(ErrorCode::kUnsupported, fmt::format("{} is encrypted or compressed", words.name),
                  "use the program that created the image");
    const auto region = placed(i);
    if (region && region->blocks.begin >= kFirstRegionBlock) return *region;
    return fail(ErrorCode::kDamaged, fmt::format("{} lies outside the volume", words.name),
                kRunVerify);
  }
  return fail(ErrorCode::kUnsupported, std::string(words.missing), std::string(words.remedy));
}

Result<void> RegionTable::check_places() const {
  std::vector<std::pair<BlockRange, BlockType>> places;
  const auto data_area = data_area_slot(slots_, manifest_);
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].is_free()) continue;
    const BlockType type = slots_[i].type;
    const auto range = block_range(slots_[i].start, slots_[i].count);
    if (!range || range->end > blocks_)
      return contradiction(fmt::format("region {} lies outside the volume", to_string(type)));
    if (range->empty()) continue;
    if (range->begin < kFirstRegionBlock && !is_fixed(type))
      return contradiction(fmt::format("region {} overlaps the superblocks", to_string(type)));
    if (data_area != i) places.emplace_back(*range, type);
  }
  std::sort(places.begin(), places.end(),
            [](const auto& a, const auto& b) { return a.first.begin < b.first.begin; });
  for (size_t i = 1; i < places.size(); ++i)
    if (places[i].first.begin < places[i - 1].first.end)
      return contradiction(fmt::format("regions {} and {} overlap", to_string(places[i - 1].second),
                                       to_string(places[i].second)));
  return {};
}

std::optional<Region> RegionTable::data_area() const {
  const auto slot = data_area_slot(slots_, manifest_);
  return slot ? placed(*slot) : std::nullopt;
}

// Includes the part within the volume of a region that extends past its end.
std::vector<BlockRange> RegionTable::metadata() const {
  std::vector<BlockRange> ranges = {{0, kFirstRegionBlock}};
  const auto data_area = data_area_slot(slots_, manifest_);
  for (size_t i = 0; i < slots_.size(); ++i) {
    const auto range = block_range(slots_[i].start, slots_[i].count);
    if (!slots_[i].is_free() && data_area != i && range) ranges.push_back(*range);
  }
  return merge_ranges(std::move(ranges), blocks_);
}

std::optional<Region> RegionTable::first_reaching(uint64_t block) const {
  const auto data_area = data_area_slot(slots_, manifest_);
  for (size_t i = 0; i < slots_.size(); ++i) {
    const auto region = placed(i);
    if (region && data_area != i && region->blocks.end > block) return region;
  }
  return std::nullopt;
}

// Regions at an edge of the data area are cut off it. One in its middle stays inside, which the
// format allows.
void RegionTable::fit_data_area() {
  const auto slot = data_area_slot(slots_, manifest_);
  if (!slot) return;
  const BlockRange rest = without_edges(at(*slot).blocks, metadata());
  if (rest.empty()) return;
  slots_[*slot].start = static_cast<int64_t>(rest.begin);
  slots_[*slot].count = static_cast<int64_t>(rest.count());
}

void RegionTable::give_to_data_area(BlockRange run) {
  const auto slot = data_area_slot(slots_, manifest_);
  if (!slot) return;
  const BlockRange area = at(*slot).blocks;
  if (run.end != area.begin && run.begin != area.end) return;
  slots_[*slot].start = static_cast<int64_t>(std::min(run.begin, area.begin));
  slots_[*slot].count += static_cast<int64_t>(run.count());
}

void RegionTable::grow(size_t slot, uint64_t count) {
  slots_[slot].count = static_cast<int64_t>(count);
  fit_data_area();
}

void RegionTable::move(size_t slot, BlockRange run) {
  const BlockRange old_run = at(slot).blocks;
  slots_[slot].start = static_cast<int64_t>(run.begin);
  slots_[slot].count = static_cast<int64_t>(run.count());
  // In this order: the new place may lie between the data area and the old one.
  fit_data_area();
  give_to_data_area(old_run);
}

void RegionTable::set_used(size_t slot, uint64_t used) {
  slots_[slot].used = static_cast<int64_t>(used);
}

Result<void> RegionTable::resize_volume(uint64_t blocks) {
  const auto new_blocks = static_cast<int64_t>(blocks);
  if (const auto slot = data_area_slot(slots_, manifest_)) {
    RegionSlot& data = slots_[*slot];
    if (blocks < blocks_ && data.start >= new_blocks)
      return fail(ErrorCode::kNoSpace, "no data area would be left");
    const BlockRange after{at(*slot).blocks.end, blocks_};
    if (blocks < blocks_)
      data.count = std::min(data.count, new_blocks - data.start);
    else if (subtract({after}, metadata()).empty())
      data.count = new_blocks - data.start;
  }
  blocks_ = blocks;
  // A region in the middle of the data area may be at its end now.
  fit_data_area();
  return {};
}

}  // namespace vde
