#include "check/foundation/block_survey.h"

#include <algorithm>

#include "base/checked.h"
#include "check/repair/slot_choice.h"
#include "check/written_blocks.h"
#include "format/feature.h"
#include "format/region/bitmap.h"
#include "format/region/wal_header.h"

namespace vde {
namespace {

// The maximum number of runs. Other programs leave old blocks, but not that many.
constexpr size_t kMaxRuns = 4096;
// Blocks.
constexpr uint64_t kPiece = 1024;

// The journal whose header is in this block, as far as it lies in the file.
std::optional<BlockRange> journal_at(const UncheckedBlock& block, uint64_t total) {
  const WalHeader header = kWalHeaderLayout.decode(block.unchecked_payload());
  const auto range = block_range(static_cast<int64_t>(block.number()), header.max_blocks);
  if (header.type != kWalMetadata || header.version != 1 || !range || range->empty() ||
      range->end > total)
    return std::nullopt;
  return range;
}

// Whether the format has a region whose slot has this type, except the data area.
bool is_region_type(BlockType type) {
  if (type == block_types::kBitmap || type == block_types::kInodes ||
      type == block_types::kMetadataWal)
    return true;
  return std::ranges::any_of(features(), [&](const Feature& feature) {
    return std::ranges::find(feature.regions, type) != feature.regions.end();
  });
}

RegionSlot slot_of(BlockType type, BlockRange blocks) {
  return {type, kRegionActive, static_cast<int64_t>(blocks.begin),
          static_cast<int64_t>(blocks.count()), 0};
}

}  // namespace

Result<BlockSurvey> BlockSurvey::make(const FoundationRepair& repair) {
  BlockSurvey survey(repair);
  const auto visit = [&](const UncheckedBlock& block) -> Result<void> {
    if (block.number() < survey.journal_end_) return {};
    if (const auto checked = block.check_any()) survey.add(block, checked->trailer());
    return {};
  };
  VDE_TRY(
      each_written_block(survey.io_, {kFirstRegionBlock, survey.total_}, repair.activity(), visit));
  return survey;
}

void BlockSurvey::add(const UncheckedBlock& block, const Trailer& trailer) {
  if (!counts_own_generations(trailer.type) && trailer.type != block_types::kRegionMap)
    highest_ = std::max(highest_, trailer.generation);
  if (trailer.type == block_types::kData && !runs_.empty()) runs_.back().has_data_after = true;
  if (!is_region_type(trailer.type)) return;
  BlockRange blocks{block.number(), block.number() + 1};
  bool has_head = has_plausible_head(block, trailer.type);
  if (trailer.type == block_types::kMetadataWal) {
    const auto journal = journal_at(block, total_);
    has_head = journal.has_value();
    if (journal) blocks = *journal;
    if (journal) journal_end_ = journal->end;
  }
  RegionRun* last = runs_.empty() ? nullptr : &runs_.back();
  // Data between two runs of one type divides them, and so does what may begin a region.
  const bool goes_on = last != nullptr && last->type == trailer.type &&
                       (last->blocks.end == blocks.begin || (!has_head && !last->has_data_after));
  if (goes_on)
    last->blocks.end = blocks.end;
  else if (runs_.size() < kMaxRuns)
    runs_.push_back({trailer.type, blocks, has_head});
}

Result<uint64_t> BlockSurvey::first_free(BlockRange blocks) const {
  const auto bitmap = std::ranges::find(runs_, block_types::kBitmap, &RegionRun::type);
  const uint64_t bits = bits_per_bitmap_block(io_.block_size());
  BlockBuffer buffer = io_.make_buffer();
  while (blocks.begin < blocks.end) {
    const uint64_t base = blocks.begin / bits * bits;
    const uint64_t end = std::min(blocks.end, base + bits);
    // What a missing or damaged block says is unknown: as if all were allocated.
    const uint64_t number = bitmap->blocks.begin + base / bits;
    if (number >= total_) return blocks.end;
    VDE_TRY_ASSIGN(block, io_.read(number, buffer));
    if (block.is_unwritten()) return blocks.begin;
    if (block.check(block_types::kBitmap)) {
      const uint64_t bit =
          find_bit(block.unchecked_payload(), blocks.begin - base, end - base, false);
      if (base + bit < end) return base + bit;
    }
    blocks.begin = end;
  }
  return blocks.end;
}

Result<std::vector<RegionRun>> BlockSurvey::regions() const {
  std::vector<RegionRun> chosen;
  for (const RegionRun& run : runs_) {
    VDE_TRY_ASSIGN(free, first_free({run.blocks.begin, run.blocks.begin + 1}));
    const bool is_allocated = free != run.blocks.begin;
    if (!is_allocated) continue;
    const auto same = std::ranges::find(chosen, run.type, &RegionRun::type);
    if (same == chosen.end())
      chosen.push_back(run);
    else if (run.has_head && !same->has_head)
      *same = run;
  }
  std::ranges::sort(chosen, {}, [](const RegionRun& run) { return run.blocks.begin; });
  return chosen;
}

// The end of a region that begins with this run, if the next one begins at `limit`. It has the
// allocated blocks after the run that are unwritten or damaged; those of modules have no trailers.
Result<uint64_t> BlockSurvey::end_of(const RegionRun& run, uint64_t limit) const {
  const uint64_t bitmap = run.blocks.begin + bitmap_blocks_for(total_, io_.block_size());
  if (run.type == block_types::kBitmap && bitmap <= limit) return bitmap;
  uint64_t end = std::min(run.blocks.end, limit);
  if (run.type == block_types::kMetadataWal && run.has_head) return end;
  VDE_TRY_ASSIGN(free, first_free({end, limit}));
  std::optional<uint64_t> foreign;
  const auto visit = [&](const UncheckedBlock& block) -> Result<void> {
    const bool own = block.is_unwritten() || block.unchecked_trailer().type == run.type;
    if (own || foreign) return {};
    foreign = block.number();
    return {};
  };
  while (end < free && !foreign) {
    // In pieces, because what follows the region may be long.
    const uint64_t piece = std::min(free, end + kPiece);
    VDE_TRY(each_written_block(io_, {end, piece}, *activity_, visit));
    end = piece;
  }
  return foreign.value_or(free);
}

Result<std::optional<std::vector<RegionSlot>>> BlockSurvey::slots() const {
  std::optional<std::vector<RegionSlot>> none;
  const auto has = [&](BlockType type) {
    return std::ranges::find(runs_, type, &RegionRun::type) != runs_.end();
  };
  if (!has(block_types::kBitmap) || !has(block_types::kMetadataWal)) return none;
  VDE_TRY_ASSIGN(runs, regions());
  std::vector<RegionSlot> slots;
  for (const FixedRegion& fixed : kFixedRegions)
    slots.push_back({fixed.type, kRegionActive, fixed.start, fixed.count, fixed.count});
  uint64_t data = kFirstRegionBlock;  // the end of the regions without a hole between them
  for (size_t i = 0; i < runs.size(); ++i) {
    const uint64_t limit = i + 1 < runs.size() ? runs[i + 1].blocks.begin : total_;
    VDE_TRY_ASSIGN(end, end_of(runs[i], limit));
    slots.push_back(slot_of(runs[i].type, {runs[i].blocks.begin, end}));
    VDE_TRY_ASSIGN(hole, first_free({data, std::max(data, runs[i].blocks.begin)}));
    if (hole == std::max(data, runs[i].blocks.begin)) data = std::max(data, end);
  }
  if (data < total_) slots.push_back(slot_of(block_types::kData, {data, total_}));
  const uint32_t count = slots_per_block(io_.block_size());
  if (slots.size() > count) return none;
  slots.resize(count);
  return std::optional(std::move(slots));
}

}  // namespace vde
