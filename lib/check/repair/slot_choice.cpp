#include "check/repair/slot_choice.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/ranges.h"
#include "check/salvage/tag_blocks.h"
#include "check/written_blocks.h"
#include "format/feature.h"
#include "format/region/packed_table.h"

namespace vde {
namespace {

// Faults that something impossible counts for.
constexpr int kImpossible = 10;
// The maximum number that the blocks in one run count for.
constexpr int kMaxForeign = 50;
// The maximum number that tables with another slot count for: they may be copies of one table.
constexpr int kMaxVotes = 2;
// The maximum number of runs of one type to try.
constexpr size_t kMaxRuns = 64;
// How many times the blocks of the volume may be read to judge places.
constexpr uint64_t kMaxReads = 16;

// The number of regions with a fixed place that no slot names.
int missing_fixed(const Slots& slots) {
  return static_cast<int>(std::ranges::count_if(kFixedRegions, [&](const FixedRegion& fixed) {
    return std::ranges::none_of(slots, [&](const RegionSlot& slot) { return names(slot, fixed); });
  }));
}

class SlotChooser {
 public:
  SlotChooser(const FoundationRepair& repair, const std::vector<Slots>& tables)
      : repair_(repair),
        tables_(tables),
        manifest_(repair.probe().manifest()),
        total_(repair.probe().usable_blocks()) {}

  Result<Slots> choose() {
    for (const Slots& table : tables_) VDE_TRY(try_slots(table));
    VDE_TRY(improve([&] { return try_tables(); }));
    VDE_TRY(improve([&] { return try_exchanges(); }));
    VDE_TRY(improve([&] { return try_places(); }));
    return best_;
  }

 private:
  // Takes these slots if they are better.
  Result<void> try_slots(const Slots& slots) {
    if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(cost, cost_of(slots));
    if (best_cost_ && cost >= *best_cost_) return {};
    best_ = slots;
    best_cost_ = cost;
    return {};
  }

  // Each attempt changes one thing in the slots as they are: the best change is taken.
  template <class Try>
  Result<void> improve(Try attempt) {
    for (std::optional<int> before; before != best_cost_;) {
      before = best_cost_;
      base_ = best_;
      VDE_TRY(attempt());
    }
    return {};
  }

  Result<void> try_slot(size_t i, const RegionSlot& slot) {
    if (base_[i] == slot) return {};
    Slots changed = base_;
    changed[i] = slot;
    return try_slots(changed);
  }

  Result<void> try_tables() {
    for (size_t i = 0; i < base_.size(); ++i)
      for (const Slots& table : tables_) VDE_TRY(try_slot(i, table[i]));
    return {};
  }

  // Two regions whose places were exchanged.
  Result<void> try_exchanges() {
    VDE_TRY_ASSIGN(bad, bad_slots());
    for (const size_t i : bad) {
      for (const size_t j : bad) {
        if (i >= j) continue;
        Slots changed = base_;
        std::swap(changed[i].start, changed[j].start);
        std::swap(changed[i].count, changed[j].count);
        // Unknown to which of the places they belonged.
        changed[i].used = changed[j].used = 0;
        VDE_TRY(try_slots(changed));
      }
    }
    return {};
  }

  // The places of other slots, the holes between regions, and runs of blocks of the slot's type.
  Result<void> try_places() {
    VDE_TRY_ASSIGN(bad, bad_slots());
    for (const size_t i : bad) {
      RegionSlot slot = base_[i];
      const auto try_place = [&](uint64_t start, uint64_t count) -> Result<void> {
        if (read_ / kMaxReads > total_) return {};
        slot.start = static_cast<int64_t>(start);
        slot.count = static_cast<int64_t>(count);
        return try_slot(i, slot);
      };
      const int64_t count = base_[i].count;
      VDE_TRY_ASSIGN(starts, runs_of(slot.type));
      for (const BlockRange& hole : holes_without(i)) {
        VDE_TRY(try_place(hole.begin, hole.count()));
        for (const uint64_t start : starts) {
          if (!hole.contains(start)) continue;
          if (count > 0) VDE_TRY(try_place(start, static_cast<uint64_t>(count)));
          VDE_TRY(try_place(start, hole.end - start));
        }
      }
    }
    return {};
  }

  // Slots whose region lies outside the volume or over another one, or whose first block belongs to
  // another region.
  Result<std::vector<size_t>> bad_slots() {
    std::vector<size_t> bad;
    const auto placed = place_regions(base_, manifest_, total_);
    for (size_t i = 0; i < base_.size(); ++i) {
      if (base_[i].is_free()) continue;
      const auto place = std::ranges::find(placed, i, &PlacedRegion::slot);
      bool is_bad = place == placed.end();
      for (const PlacedRegion& other : placed)
        is_bad |= !is_bad && other.slot != i && !other.is_data_area && !place->is_data_area &&
                  overlap(other.blocks, place->blocks);
      if (!is_bad && !place->is_data_area && place->blocks.begin >= kFirstRegionBlock) {
        BlockBuffer buffer = repair_.io().make_buffer();
        VDE_TRY_ASSIGN(head, repair_.io().read(place->blocks.begin, buffer));
        is_bad = head.check_any().has_value() &&
                 !may_carry(place->type, place->content, head.unchecked_trailer().type);
      }
      if (is_bad) bad.push_back(i);
    }
    return bad;
  }

  // What no slot except slot `i` covers.
  [[nodiscard]] std::vector<BlockRange> holes_without(size_t i) const {
    std::vector<BlockRange> taken = {{0, kFirstRegionBlock}};
    for (const PlacedRegion& region : place_regions(base_, manifest_, total_))
      if (region.slot != i) taken.push_back(region.blocks);
    std::vector<BlockRange> holes;
    uint64_t end = 0;
    for (const BlockRange& range : merge_ranges(std::move(taken), total_)) {
      if (range.begin > end) holes.push_back({end, range.begin});
      end = range.end;
    }
    if (end < total_) holes.push_back({end, total_});
    return holes;
  }

  // Where runs of blocks of this type begin, the newest first: other programs leave old ones.
  Result<std::vector<uint64_t>> runs_of(BlockType type) {
    if (!scanned_) VDE_TRY(scan());
    std::vector<uint64_t> starts;
    for (const auto& [generation, start] : runs_[type.value]) starts.push_back(start);
    return starts;
  }

  Result<void> scan() {
    scanned_ = true;
    std::optional<std::pair<BlockType, uint64_t>> last;
    const auto visit = [&](const UncheckedBlock& block) -> Result<void> {
      const auto checked = block.check_any();
      if (!checked || checked->trailer().type == block_types::kData) return {};
      const Trailer trailer = checked->trailer();
      const bool goes_on = last == std::pair(trailer.type, block.number() - 1);
      last = {trailer.type, block.number()};
      auto& runs = runs_[trailer.type.value];
      if (!goes_on && runs.size() < kMaxRuns) runs.emplace_back(trailer.generation, block.number());
      return {};
    };
    VDE_TRY(
        each_written_block(repair_.io(), {kFirstRegionBlock, total_}, repair_.activity(), visit));
    for (auto& [type, runs] : runs_)
      std::ranges::sort(runs, [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
      });
    return {};
  }

  Result<int> cost_of(const Slots& slots) {
    const auto placed = place_regions(slots, manifest_, total_);
    int cost = votes_against(slots) + kImpossible * wrong_places(slots, placed) +
               kImpossible * missing_regions(repair_.probe(), slots) + holes_between(placed);
    for (const PlacedRegion& region : placed) {
      if (region.is_data_area || region.blocks.begin < kFirstRegionBlock) continue;
      VDE_TRY_ASSIGN(run, judge_run(region));
      cost += run.cost;
      // A place that no table names needs a proof.
      if (!run.has_own_block && !is_in_table(region.slot, slots[region.slot])) cost += kImpossible;
    }
    return cost;
  }

  [[nodiscard]] int votes_against(const Slots& slots) const {
    int cost = 0;
    for (size_t i = 0; i < slots.size(); ++i) {
      const auto others =
          std::ranges::count_if(tables_, [&](const Slots& table) { return table[i] != slots[i]; });
      cost += std::min(static_cast<int>(others), kMaxVotes);
    }
    return cost;
  }

  static int wrong_places(const Slots& slots, const std::vector<PlacedRegion>& placed) {
    const auto used =
        std::ranges::count_if(slots, [](const RegionSlot& slot) { return !slot.is_free(); });
    int wrong = static_cast<int>(used) - static_cast<int>(placed.size()) + missing_fixed(slots);
    for (size_t i = 0; i < placed.size(); ++i) {
      const bool fixed = names_any_fixed(slots[placed[i].slot]);
      if (placed[i].blocks.begin < kFirstRegionBlock && !fixed) ++wrong;
      for (size_t j = i + 1; j < placed.size(); ++j)
        if (!placed[i].is_data_area && !placed[j].is_data_area &&
            overlap(placed[i].blocks, placed[j].blocks))
          ++wrong;
    }
    return wrong;
  }

  // The number of ends of regions where no other region begins, and the other way around. One in
  // the middle of another region, which can only be the data area, has neighbours.
  [[nodiscard]] int holes_between(const std::vector<PlacedRegion>& placed) const {
    const auto touches = [&](const PlacedRegion& region, uint64_t edge, uint64_t BlockRange::*to) {
      return std::ranges::any_of(placed, [&](const PlacedRegion& other) {
        if (other.slot == region.slot) return false;
        const bool inside = other.is_data_area && other.blocks.begin < region.blocks.begin &&
                            region.blocks.end < other.blocks.end;
        return inside || other.blocks.*to == edge;
      });
    };
    int holes = 0;
    for (const PlacedRegion& region : placed) {
      const bool begins =
          region.blocks.begin == 0 || touches(region, region.blocks.begin, &BlockRange::end);
      const bool ends =
          region.blocks.end == total_ || touches(region, region.blocks.end, &BlockRange::begin);
      holes += (begins ? 0 : 1) + (ends ? 0 : 1);
    }
    return holes;
  }

  [[nodiscard]] bool is_in_table(size_t i, const RegionSlot& slot) const {
    return std::ranges::any_of(tables_, [&](const Slots& table) {
      return table[i].start == slot.start && table[i].count == slot.count;
    });
  }

  struct Run {
    int cost;
    bool has_own_block;
  };
  // What was read of a region.
  struct Content {
    int foreign = 0;    // blocks of another type, up to kMaxForeign
    bool any = false;   // blocks of its type
    bool head = false;  // a first block that can be one
  };

  Result<Run> judge_run(const PlacedRegion& region) {
    const auto key =
        std::tuple(region.type.value, region.content.value, region.blocks.begin, region.blocks.end);
    if (const auto known = runs_judged_.find(key); known != runs_judged_.end())
      return known->second;
    VDE_TRY_ASSIGN(content, read_content(region));
    VDE_TRY_ASSIGN(before, is_own_block(region, region.blocks.begin - 1));
    VDE_TRY_ASSIGN(after, is_own_block(region, region.blocks.end));
    const bool wants_blocks = region.type != block_types::kData;
    const int cost = content.foreign + (wants_blocks && (!content.any || !content.head) ? 1 : 0) +
                     (before ? 1 : 0) + (after && !is_journal(region.type) ? 1 : 0);
    const Run run{cost, content.any || !wants_blocks};
    runs_judged_.emplace(key, run);
    return run;
  }

  // Of a log, only the first block is read. A place in the data area is wrong after a few blocks:
  // so the pieces begin small.
  Result<Content> read_content(const PlacedRegion& region) {
    Content content;
    const auto visit = [&](const UncheckedBlock& block) -> Result<void> {
      ++read_;
      const auto checked = block.check_any();
      if (!checked) return {};
      const bool own = may_carry(region.type, region.content, checked->trailer().type);
      if (!own && content.foreign < kMaxForeign) ++content.foreign;
      content.any |= own;
      if (block.number() == region.blocks.begin)
        content.head = own && has_plausible_head(block, region.type);
      return {};
    };
    BlockRange left = region.blocks;
    if (is_journal(region.type)) left.end = left.begin + 1;
    for (uint64_t piece = kMaxForeign; !left.empty() && content.foreign < kMaxForeign; piece *= 2) {
      const uint64_t end = left.begin + std::min(piece, left.count());
      VDE_TRY(each_written_block(repair_.io(), {left.begin, end}, repair_.activity(), visit));
      left.begin = end;
    }
    return content;
  }

  // Whether a block next to a region is of its type.
  [[nodiscard]] Result<bool> is_own_block(const PlacedRegion& region, uint64_t number) const {
    if (region.type == block_types::kData || number < kFirstRegionBlock || number >= total_)
      return false;
    BlockBuffer buffer = repair_.io().make_buffer();
    VDE_TRY_ASSIGN(block, repair_.io().read(number, buffer));
    return block.check(region.type).has_value();
  }

  const FoundationRepair& repair_;
  const std::vector<Slots>& tables_;
  uint32_t manifest_;
  uint64_t total_;
  Slots base_;  // to be improved
  Slots best_;
  std::optional<int> best_cost_;
  std::map<std::tuple<uint32_t, uint32_t, uint64_t, uint64_t>, Run> runs_judged_;
  uint64_t read_ = 0;  // blocks, to judge places
  bool scanned_ = false;
  // By type: generation and first block.
  std::map<uint32_t, std::vector<std::pair<uint32_t, uint64_t>>> runs_;
};

}  // namespace

bool has_plausible_head(const UncheckedBlock& block, BlockType type) {
  if (type == block_types::kTagIndex) return is_tag_header(block);
  if (type != block_types::kSnapshots && type != block_types::kCode) return true;
  const PackedTableHeader header = kPackedTableHeaderLayout.decode(block.unchecked_payload());
  return header.count >= 0 && all_zero(header.reserved);
}

bool names(const RegionSlot& slot, const FixedRegion& fixed) {
  return !slot.is_free() && slot.type == fixed.type && slot.start == fixed.start &&
         slot.count == fixed.count;
}

bool names_any_fixed(const RegionSlot& slot) {
  return std::ranges::any_of(kFixedRegions,
                             [&](const FixedRegion& fixed) { return names(slot, fixed); });
}

int missing_regions(const Probe& probe, const Slots& slots) {
  const auto there = [&](BlockType type) {
    return std::any_of(slots.begin(), slots.end(), [&](const RegionSlot& slot) {
      return !slot.is_free() && slot.type == type;
    });
  };
  int missing = 0;
  for (const BlockType type :
       {block_types::kBitmap, block_types::kInodes, block_types::kMetadataWal})
    if (!there(type)) ++missing;
  for (const Feature& feature : features())
    if ((probe.superblock.module_manifest >> feature.id & 1) != 0)
      for (const BlockType type : feature.regions)
        if (!there(type)) ++missing;
  return missing;
}

std::vector<Slots> slot_tables(const Probe& probe) {
  std::vector<Slots> tables;
  const auto sequence = static_cast<uint32_t>(probe.superblock.checkpoint_sequence);
  for (const GroupProbe* group : {&probe.primary, &probe.mirror}) {
    const FixedBlock& table = group->blocks[1];
    const bool older = group->whole ? group->superblock->checkpoint_sequence !=
                                          probe.superblock.checkpoint_sequence
                                    : table.trailer.generation != sequence;
    if (table.is(group_block_type(1)) && !older) tables.push_back(decode_slots(table.payload()));
  }
  if (probe.directory.whole) tables.push_back(decode_slots(probe.directory.blocks[0].payload()));
  return tables;
}

Result<Slots> choose_slots(const FoundationRepair& repair, const std::vector<Slots>& tables) {
  return SlotChooser(repair, tables).choose();
}

}  // namespace vde
