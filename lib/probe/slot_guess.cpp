#include "probe/slot_guess.h"

#include <algorithm>
#include <map>

#include "base/checked.h"
#include "format/feature.h"
#include "format/region/bitmap.h"
#include "format/region_content.h"
#include "format/superblock.h"
#include "probe/block_clusters.h"
#include "probe/journal_place.h"
#include "probe/region_candidates.h"

namespace vde {
namespace {

// The maximum number of blocks that a region of this type may have after its last written one.
uint64_t max_unwritten(BlockType type, uint64_t total_blocks) {
  if (type == block_types::kInodes) return std::max<uint64_t>(1024, total_blocks / 256);
  if (is_journal(type) || type == make_block_type("STRE"))
    return std::max<uint64_t>(128, total_blocks / 64);
  return 64;
}

class Guess {
 public:
  Guess(const BlockIo& io, const BlockRuns& found, uint64_t total_blocks, const Activity& activity)
      : io_(io), found_(found), total_(total_blocks), activity_(activity) {}

  Result<std::vector<RegionSlot>> run() {
    VDE_TRY_ASSIGN(found, find_regions(io_, found_, total_, activity_));
    best_ = std::move(found);
    for (const auto& [type, candidate] : best_) regions_.push_back(candidate);
    sort_regions();
    separate_regions();
    place_missing();
    return slots_of(regions_);
  }

 private:
  // The first valid block of another kind after `from`, or the end of the volume.
  [[nodiscard]] uint64_t next_valid(uint64_t from) const {
    const auto next = first_run_from(found_, from);
    return next == found_.runs.end() ? total_ : std::min(total_, next->blocks.begin);
  }

  // What two regions share belongs to the one that has more blocks there; the second one if its
  // nodes prove where it begins, or if they have as many: its first block is worth more than the
  // last one of the other.
  void separate_regions() {
    for (size_t i = 1; i < regions_.size();) {
      RegionCandidate& before = regions_[i - 1];
      RegionCandidate& now = regions_[i];
      if (before.blocks.end <= now.blocks.begin) {
        ++i;
        continue;
      }
      const BlockRange shared{now.blocks.begin, std::min(before.blocks.end, now.blocks.end)};
      if (!now.firm && own_blocks(before, shared) > own_blocks(now, shared))
        now.blocks.begin = shared.end;
      else if (is_rather_after(before, shared))
        before.blocks.begin = shared.end;
      else
        before.blocks.end = shared.begin;
      std::erase_if(regions_, [](const RegionCandidate& region) { return region.blocks.empty(); });
      sort_regions();
      // Others may be neighbors now. Each round removes what two regions share, so there is an end.
      i = 1;
    }
    std::erase_if(best_, [&](const auto& kept) {
      return std::ranges::none_of(
          regions_, [&](const RegionCandidate& region) { return region.type == kept.second.type; });
    });
  }

  [[nodiscard]] uint64_t own_blocks(const RegionCandidate& region, BlockRange blocks) const {
    return count_valid(found_, blocks,
                       [&](BlockType type) { return may_carry(region.type, region.type, type); });
  }

  // Whether another region lies within this one, and most blocks of this one come after it.
  [[nodiscard]] bool is_rather_after(const RegionCandidate& region, BlockRange other) const {
    return own_blocks(region, {other.end, region.blocks.end}) >
           own_blocks(region, {region.blocks.begin, other.begin});
  }

  void sort_regions() {
    std::ranges::sort(regions_, {},
                      [](const RegionCandidate& region) { return region.blocks.begin; });
  }

  // Every image has these three, in this order. If no block of one is left, its place is what is
  // free between the regions around it.
  void place_missing() {
    const uint64_t bitmap = bitmap_blocks_for(total_, io_.block_size());
    if (!best_.contains(block_types::kBitmap.value))
      add_missing(block_types::kBitmap, before_region(block_types::kInodes, bitmap));
    if (!best_.contains(block_types::kInodes.value))
      add_missing(block_types::kInodes, after_region(block_types::kBitmap, 1));
    if (!best_.contains(block_types::kMetadataWal.value))
      add_missing(block_types::kMetadataWal, place_of_lost_journal());
  }

  void add_missing(BlockType type, BlockRange blocks) {
    if (blocks.empty()) return;
    const RegionCandidate candidate{type, blocks, true, false, 0, 0};
    best_.emplace(type.value, candidate);
    regions_.push_back(candidate);
    sort_regions();
  }

  [[nodiscard]] bool is_free(BlockRange blocks) const {
    return blocks.begin >= kFirstRegionBlock && blocks.end <= total_ &&
           std::ranges::none_of(regions_,
                                [&](const RegionCandidate& region) {
                                  return region.blocks.begin < blocks.end &&
                                         region.blocks.end > blocks.begin;
                                }) &&
           has_only_single_blocks(found_, blocks);
  }

  // `count` blocks before a region; else the first free ones.
  [[nodiscard]] BlockRange before_region(BlockType type, uint64_t count) const {
    const auto region = best_.find(type.value);
    if (region != best_.end() && region->second.blocks.begin >= count) {
      const uint64_t end = region->second.blocks.begin;
      if (is_free({end - count, end})) return {end - count, end};
    }
    return first_free(count);
  }

  [[nodiscard]] BlockRange after_region(BlockType type, uint64_t count) const {
    const auto region = best_.find(type.value);
    if (region != best_.end()) {
      const uint64_t begin =
          region->second.type == block_types::kBitmap
              ? region->second.blocks.begin + bitmap_blocks_for(total_, io_.block_size())
              : region->second.blocks.end;
      if (is_free({begin, begin + count})) return {begin, begin + count};
    }
    return first_free(count);
  }

  // The journal is the last region before the modules' own, and has 64 blocks at least.
  [[nodiscard]] BlockRange place_of_lost_journal() const {
    constexpr uint64_t kCount = kMinJournal;
    const auto inodes = best_.find(block_types::kInodes.value);
    if (inodes != best_.end()) {
      const uint64_t begin = inodes->second.blocks.end;
      const uint64_t next = next_valid(begin);
      const uint64_t max = max_unwritten(block_types::kInodes, total_) + 2 * kCount;
      if (next < total_ && next - begin <= max && next >= begin + kCount &&
          is_free({next - kCount, next}))
        return {next - kCount, next};
      if (is_free({begin, begin + kCount})) return {begin, begin + kCount};
    }
    return first_free(kCount);
  }

  [[nodiscard]] BlockRange first_free(uint64_t count) const {
    uint64_t at = kFirstRegionBlock;
    for (const BlockRun& run : found_.runs) {
      if (run.blocks.begin >= at + count && is_free({at, at + count})) return {at, at + count};
      at = std::max(at, run.blocks.end);
    }
    return is_free({at, at + count}) ? BlockRange{at, at + count} : BlockRange{};
  }

  // Includes what is unwritten up to the next region, which begins at `next`, or 0 if there is
  // none.
  [[nodiscard]] Result<BlockRange> whole(const RegionCandidate& region, uint64_t next) const {
    BlockRange blocks = region.blocks;
    if (region.type == block_types::kMetadataWal && region.starts) return blocks;
    if (region.type == block_types::kBitmap)
      blocks.end = blocks.begin + bitmap_blocks_for(total_, io_.block_size());
    const uint64_t room = max_unwritten(region.type, total_);
    // Nothing shows where the last region ends.
    const uint64_t limit = next >= blocks.end ? std::min(next, total_) : blocks.end;
    const bool reaches = next > blocks.begin && next >= blocks.end &&
                         count_valid(found_, {blocks.end, next}) <= kMaxStrays &&
                         next - blocks.end <= room;
    if (reaches) {
      blocks.end = next;
    } else if (has_tail(region.type)) {
      // The root follows the header, and may be damaged.
      const bool has_root = blocks.end < (next > 0 ? limit : total_);
      if (region.type == block_types::kTagIndex && blocks.count() == 1 && has_root) ++blocks.end;
      VDE_TRY_ASSIGN(end, unwritten_until(blocks.end, std::min(limit, blocks.begin + room)));
      blocks.end = end;
    }
    return blocks;
  }

  // Other programs write only the first blocks of these regions.
  static bool has_tail(BlockType type) {
    return type == block_types::kTagIndex || type == block_types::kSnapshots ||
           type == block_types::kCode;
  }

  // The first written block from `begin` on; `end` if there is none before.
  [[nodiscard]] Result<uint64_t> unwritten_until(uint64_t begin, uint64_t end) const {
    BlockBuffer buffer = io_.make_buffer();
    VDE_TRY_ASSIGN(in_file, io_.blocks_in_file());
    for (; begin < end && begin < in_file; ++begin) {
      VDE_TRY_ASSIGN(block, io_.read(begin, buffer));
      if (!block.is_unwritten()) break;
    }
    return begin;
  }

  static bool has_own_data(BlockType type) {
    return std::ranges::any_of(features(), [&](const Feature& feature) {
      return feature.data_slot_content != BlockType{} &&
             std::ranges::find(feature.regions, type) != feature.regions.end();
    });
  }

  [[nodiscard]] Result<std::vector<RegionSlot>> slots_of(
      const std::vector<RegionCandidate>& regions) const {
    std::vector<RegionSlot> slots;
    const auto add = [&](BlockType type, BlockRange blocks) {
      slots.push_back({type, kRegionActive, static_cast<int64_t>(blocks.begin),
                       static_cast<int64_t>(blocks.count()), 0});
    };
    add(block_types::kSuperblock, {kPrimaryGroup, kMirrorGroup});
    add(block_types::kSuperblock, {kMirrorGroup, kDirectoryStart});
    add(block_types::kRegionMap, {kDirectoryStart, kFirstRegionBlock});
    uint64_t end = kFirstRegionBlock;
    bool at_start = true;  // no region so far was moved into the data area
    for (size_t i = 0; i < regions.size(); ++i) {
      const uint64_t next = i + 1 < regions.size() ? regions[i + 1].blocks.begin : 0;
      VDE_TRY_ASSIGN(blocks, whole(regions[i], next));
      const bool is_stray = regions[i].type == block_types::kTagIndex && blocks.count() == 1;
      if (is_stray || blocks.end > total_ || slots.size() + 2 >= slots_per_block(io_.block_size()))
        continue;
      at_start = at_start && blocks.begin - std::min(end, blocks.begin) <= 64;
      if (at_start) end = std::max(end, blocks.end);
      // The data slot of a feature follows its region.
      const bool has_data = has_own_data(regions[i].type) && blocks.end > regions[i].blocks.end;
      add(regions[i].type, {blocks.begin, has_data ? regions[i].blocks.end : blocks.end});
      if (has_data) add(block_types::kData, {regions[i].blocks.end, blocks.end});
    }
    if (end < total_) add(block_types::kData, {end, total_});
    return slots;
  }

  const BlockIo& io_;
  const BlockRuns& found_;
  uint64_t total_;
  const Activity& activity_;
  std::map<uint32_t, RegionCandidate> best_;  // by type
  std::vector<RegionCandidate> regions_;      // the same by place
};

// The runs of one type.
class TypeRuns {
 public:
  void add(const BlockRun& run) {
    runs_.push_back({run.blocks, valid_});
    valid_ += run.valid;
  }

  // Runs that have blocks in a range, and the valid blocks of these runs.
  struct Count {
    uint64_t runs = 0;
    uint64_t valid = 0;
  };
  [[nodiscard]] Count count_in(BlockRange range) const {
    const auto first = std::ranges::partition_point(
        runs_, [&](const Run& run) { return run.blocks.end <= range.begin; });
    const auto last = std::partition_point(
        first, runs_.end(), [&](const Run& run) { return run.blocks.begin < range.end; });
    const auto valid_before = [&](auto run) {
      return run == runs_.end() ? valid_ : run->valid_before;
    };
    return {static_cast<uint64_t>(last - first), valid_before(last) - valid_before(first)};
  }

 private:
  struct Run {
    BlockRange blocks;
    uint64_t valid_before = 0;  // valid blocks in the runs before it
  };
  std::vector<Run> runs_;
  uint64_t valid_ = 0;
};

// Whether the region of a slot has only blocks of other regions, and its own blocks are elsewhere.
bool is_elsewhere(const RegionSlot& slot, BlockRange range,
                  const std::map<uint32_t, TypeRuns>& runs) {
  bool own_outside = false;
  uint64_t others_inside = 0;
  for (const auto& [type, of_type] : runs) {
    const TypeRuns::Count inside = of_type.count_in(range);
    if (may_carry(slot.type, slot.type, BlockType{type})) {
      if (inside.runs > 0) return false;
      own_outside = true;
    } else if (has_region(BlockType{type})) {
      others_inside += inside.valid;
    }
  }
  return own_outside && others_inside > kMaxStrays;
}

}  // namespace

Result<std::vector<RegionSlot>> guess_slots(const BlockIo& io, const BlockRuns& found,
                                            uint64_t total_blocks, const Activity& activity) {
  return Guess(io, found, total_blocks, activity).run();
}

uint32_t manifest_of_slots(const std::vector<RegionSlot>& slots) {
  const auto has = [&](BlockType type) {
    return std::ranges::any_of(slots, [&](const RegionSlot& slot) { return slot.type == type; });
  };
  uint32_t manifest = 0;
  for (const Feature& feature : features())
    if (!feature.regions.empty() && std::ranges::all_of(feature.regions, has))
      manifest |= uint32_t{1} << feature.id;
  return manifest;
}

std::vector<size_t> contradicted_slots(const std::vector<RegionSlot>& slots, const BlockRuns& found,
                                       uint64_t total_blocks) {
  std::map<uint32_t, TypeRuns> runs;
  for (const BlockRun& run : found.runs) runs[run.type.value].add(run);
  std::vector<size_t> wrong;
  for (size_t i = 0; i < slots.size(); ++i) {
    const RegionSlot& slot = slots[i];
    if (slot.is_free() || !has_region(slot.type)) continue;
    const auto range = block_range(slot.start, slot.count);
    if (!range || range->begin < kFirstRegionBlock || range->end > total_blocks ||
        is_elsewhere(slot, *range, runs))
      wrong.push_back(i);
  }
  return wrong;
}

}  // namespace vde
