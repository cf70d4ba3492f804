#include "probe/region_candidates.h"

#include <algorithm>
#include <array>

#include "format/region/bitmap.h"
#include "format/superblock.h"
#include "probe/block_clusters.h"
#include "probe/journal_place.h"
#include "probe/region_head.h"
#include "probe/tag_start.h"

namespace vde {
namespace {

// Block types that occur outside of regions, or in regions of other types only.
constexpr auto kNoRegions = std::to_array<BlockType>(
    {block_types::kSuperblock, block_types::kRegionMap, block_types::kExtendedMetadata,
     block_types::kIntegrityAnchor, block_types::kData, block_types::kComplianceAuditLog,
     block_types::kMigration, make_block_type("FREE"), make_block_type("EXTN"),
     make_block_type("TRLR"), make_block_type("ERCV"), make_block_type("RCVR"),
     make_block_type("COLR"), make_block_type("ZMAP"), make_block_type("COMP")});

// The journal is placed first.
bool is_placed_later(BlockType type) {
  return has_region(type) && type != block_types::kMetadataWal;
}

bool is_packed(BlockType type) {
  return type == block_types::kSnapshots || type == block_types::kCode;
}

class RegionFinder {
 public:
  RegionFinder(const BlockIo& io, const BlockRuns& found, uint64_t total_blocks,
               const Activity& activity)
      : io_(io), found_(found), total_(total_blocks), activity_(activity) {}

  Result<std::map<uint32_t, RegionCandidate>> run() {
    VDE_TRY(place_journal());
    for (const BlockRun& cluster : join_runs(found_, journal_, is_placed_later))
      VDE_TRY(consider(cluster));
    return std::move(best_);
  }

 private:
  // The journal comes first: it holds copies of blocks of other regions.
  Result<void> place_journal() {
    VDE_TRY_ASSIGN(journal, find_journal_place(io_, found_, total_, activity_));
    if (!journal) return {};
    journal_ = journal->blocks;
    keep(*journal);
    return {};
  }

  Result<void> consider(const BlockRun& run) {
    if (activity_.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(starts, starts_like_region(run.type, run.blocks.begin));
    // The payload of a valid block is what was written: the only block of a bitmap has its own
    // bits.
    const bool is_whole_bitmap = bitmap_blocks_for(total_, io_.block_size()) == 1;
    if (run.type == block_types::kBitmap && !starts && is_whole_bitmap) return {};
    RegionCandidate candidate{run.type, run.blocks, starts, false, run.newest, run.valid};
    if (run.type == block_types::kTagIndex)
      VDE_TRY(judge_nodes(candidate));
    else if (!starts && is_packed(run.type))
      VDE_TRY(find_later_head(candidate));
    else if (!starts)
      VDE_TRY(include_head(candidate));
    keep(candidate);
    return {};
  }

  // The nodes of a query index have the type of a tag index. Only its first block may have its own.
  Result<void> judge_nodes(RegionCandidate& candidate) {
    VDE_TRY_ASSIGN(is_query, has_query_keys(io_, candidate.blocks));
    if (is_query) candidate.type = block_types::kQueryIndex;
    if (candidate.starts) return {};
    VDE_TRY_ASSIGN(begin, find_tag_start(io_, candidate.blocks));
    const bool is_after = candidate.blocks.begin >= journal_.end;
    candidate.blocks.begin = is_after ? std::max(begin, journal_.end) : begin;
    candidate.firm = true;
    return {};
  }

  // Strays and a gap may lie before the first block of a table.
  Result<void> find_later_head(RegionCandidate& candidate) {
    BlockBuffer buffer = io_.make_buffer();
    const uint64_t end = std::min(candidate.blocks.end, candidate.blocks.begin + kMaxRunGap + 1);
    uint64_t strays = 0;
    bool after_gap = false;
    for (uint64_t at = candidate.blocks.begin; at < end && strays <= kMaxStrays; ++at) {
      VDE_TRY_ASSIGN(block, io_.read(at, buffer));
      const Bytes payload = block.unchecked_payload();
      if (after_gap && block.check(candidate.type) && !all_zero(payload) &&
          may_be_first(candidate.type, payload)) {
        candidate.blocks.begin = at;
        candidate.starts = true;
        candidate.valid -= std::min(candidate.valid, strays);
        return {};
      }
      after_gap = block.is_unwritten();
      if (!after_gap) ++strays;
    }
    // The first of them cannot be the first one of the table: that is before it.
    candidate.firm = candidate.blocks.begin > std::max(journal_.end, kFirstRegionBlock);
    if (candidate.firm) --candidate.blocks.begin;
    return {};
  }

  // A single block right before another structure is a stray: regions of these types have more.
  [[nodiscard]] bool has_room(const RegionCandidate& candidate) const {
    if (candidate.type != block_types::kTagIndex && !is_packed(candidate.type)) return true;
    return candidate.blocks.count() > 1 || next_run(candidate.blocks.end) > candidate.blocks.end;
  }

  Result<void> include_head(RegionCandidate& candidate) const {
    VDE_TRY_ASSIGN(begin, head_before(io_, found_, candidate.blocks.begin));
    candidate.blocks.begin = begin;
    return {};
  }

  // Where the first run that begins at or after `block` does.
  [[nodiscard]] uint64_t next_run(uint64_t block) const {
    const auto next = first_run_from(found_, block);
    return next == found_.runs.end() ? total_ : next->blocks.begin;
  }

  void keep(const RegionCandidate& candidate) {
    const auto [place, is_new] = best_.try_emplace(candidate.type.value, candidate);
    if (!is_new && is_better(candidate, place->second)) place->second = candidate;
  }

  [[nodiscard]] bool is_better(const RegionCandidate& one, const RegionCandidate& other) const {
    if (has_room(one) != has_room(other)) return has_room(one);
    // Blocks of a wrong type may have any generation, and may start like a region.
    const bool is_large = one.valid > 2 * kMaxStrays;
    const bool was_large = other.valid > 2 * kMaxStrays;
    if (is_large && other.valid <= kMaxStrays) return true;
    if (was_large && one.valid <= kMaxStrays) return false;
    const bool is_start = one.starts && (other.starts || one.valid * 4 >= other.valid);
    const bool was_start = other.starts && (one.starts || other.valid * 4 >= one.valid);
    if (is_start != was_start) return is_start;
    if (one.newest != other.newest) return is_later_generation(one.newest, other.newest);
    return one.valid > other.valid;
  }

  [[nodiscard]] Result<bool> starts_like_region(BlockType type, uint64_t number) const {
    BlockBuffer buffer = io_.make_buffer();
    VDE_TRY_ASSIGN(block, io_.read(number, buffer));
    return may_be_first(type, block.unchecked_payload());
  }

  const BlockIo& io_;
  const BlockRuns& found_;
  uint64_t total_;
  const Activity& activity_;
  BlockRange journal_;
  std::map<uint32_t, RegionCandidate> best_;  // by type
};

}  // namespace

bool has_region(BlockType type) {
  return std::ranges::find(kNoRegions, type) == kNoRegions.end();
}

Result<std::map<uint32_t, RegionCandidate>> find_regions(const BlockIo& io, const BlockRuns& found,
                                                         uint64_t total_blocks,
                                                         const Activity& activity) {
  return RegionFinder(io, found, total_blocks, activity).run();
}

}  // namespace vde
