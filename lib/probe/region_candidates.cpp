#include "probe/region_candidates.h"

#include <algorithm>
#include <array>
#include <optional>

#include "format/region/bitmap.h"
#include "format/region/wal_header.h"
#include "format/superblock.h"
#include "probe/block_clusters.h"
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
  RegionFinder(const BlockIo& io, const BlockRuns& found, uint64_t total_blocks)
      : io_(io), found_(found), total_(total_blocks) {}

  Result<std::map<uint32_t, RegionCandidate>> run() {
    VDE_TRY(place_journal());
    for (const BlockRun& cluster : join_runs(found_, journal_, is_placed_later))
      VDE_TRY(consider(cluster));
    return std::move(best_);
  }

 private:
  // The journal comes first: it holds copies of blocks of other regions. Its header has its size.
  Result<void> place_journal() {
    std::optional<RegionCandidate> all;  // from the first block of its type to the last
    for (const BlockRun& run : found_.runs) {
      if (run.type != block_types::kMetadataWal || run.blocks.begin < kFirstRegionBlock) continue;
      if (is_within_other(run)) continue;
      if (!all) all = RegionCandidate{run.type, run.blocks, false, false, run.newest, 0};
      all->blocks.end = run.blocks.end;
      all->valid += run.valid;
      VDE_TRY_ASSIGN(first, starts_like_region(run.type, run.blocks.begin));
      if (!first || all_zero(Bytes(buffer_).first(payload_size(io_.block_size())))) continue;
      const auto count = static_cast<uint64_t>(kWalHeaderLayout.decode(Bytes(buffer_)).max_blocks);
      if (count > total_) continue;
      const BlockRange place = journal_place(run, count);
      if (place.end <= total_) keep({run.type, place, true, false, run.newest, run.valid});
    }
    const auto found = best_.find(block_types::kMetadataWal.value);
    if (found == best_.end() && all) VDE_TRY(place_headless_journal(*all));
    if (const auto kept = best_.find(block_types::kMetadataWal.value); kept != best_.end())
      journal_ = kept->second.blocks;
    return {};
  }

  // Without a header, the journal has its blocks and at least kMinJournal in total: the last block
  // of the journal may be the only one left.
  Result<void> place_headless_journal(RegionCandidate all) {
    VDE_TRY(include_head(all));
    if (all.blocks.count() > std::max(kMaxJournalBytes / io_.block_size(), total_ / 64)) return {};
    const uint64_t end = all.blocks.end;
    if (all.blocks.count() < kMinJournal && end >= kFirstRegionBlock + kMinJournal &&
        is_clear({end - kMinJournal, end - 1}))
      all.blocks.begin = end - kMinJournal;
    if (all.blocks.count() >= kMinJournal || is_clear({end, all.blocks.begin + kMinJournal})) {
      all.blocks.end = std::max(end, all.blocks.begin + kMinJournal);
      keep(all);
    }
    return {};
  }

  [[nodiscard]] bool is_clear(BlockRange blocks) const {
    return blocks.end <= total_ && has_only_single_blocks(found_, blocks);
  }

  // The header may have changed places with another block of the journal. Then the others show
  // where it is: two more must lie within the place, because one may be a stray.
  [[nodiscard]] BlockRange journal_place(const BlockRun& header, uint64_t count) const {
    const uint64_t at = header.blocks.begin;
    if (at >= count + kFirstRegionBlock && ends_journal(header, count))
      return {at - count + 1, at + 1};
    BlockRange best{at, at + count};
    uint64_t most = journal_blocks(best) + 1;
    for (const BlockRun& run : found_.runs) {
      const BlockRange place{run.blocks.begin, run.blocks.begin + count};
      if (run.type != block_types::kMetadataWal || !place.contains(at)) continue;
      const uint64_t blocks = journal_blocks(place);
      if (blocks <= most) continue;
      best = place;
      most = blocks;
    }
    return best;
  }

  [[nodiscard]] uint64_t journal_blocks(BlockRange place) const {
    uint64_t count = 0;
    for (auto run = first_run_from(found_, place.begin);
         run != found_.runs.end() && run->blocks.begin < place.end; ++run)
      if (run->type == block_types::kMetadataWal) count += run->valid;
    return count;
  }

  // Whether the header of a journal of `count` blocks lies in the place of its last block.
  [[nodiscard]] bool ends_journal(const BlockRun& header, uint64_t count) const {
    const uint64_t begin = header.blocks.begin;
    const auto of_journal = [&](BlockRange blocks) {
      return std::ranges::any_of(found_.runs, [&](const BlockRun& run) {
        return run.type == block_types::kMetadataWal && blocks.contains(run.blocks.begin);
      });
    };
    if (of_journal({begin - count + 1, begin - count + 2})) return true;
    // What follows the header is not of a journal, and before it there is room.
    return header.valid == 1 && !of_journal({begin + 1, begin + count}) &&
           count_valid(found_, {begin + 1, begin + count}) > kMaxStrays &&
           count_valid(found_, {begin - count + 1, begin}) == 0;
  }

  // Whether a single block has blocks of one other type right before and after it.
  [[nodiscard]] bool is_within_other(const BlockRun& run) const {
    const auto at = first_run_from(found_, run.blocks.begin);
    if (run.valid > 1 || at == found_.runs.begin() || std::next(at) == found_.runs.end())
      return false;
    const BlockRun& before = *std::prev(at);
    const BlockRun& after = *std::next(at);
    return before.type == after.type && before.blocks.end == run.blocks.begin &&
           after.blocks.begin == run.blocks.end;
  }

  Result<void> consider(const BlockRun& run) {
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
    return include_head(candidate);
  }

  // A single block right before another structure is a stray: regions of these types have more.
  [[nodiscard]] bool has_room(const RegionCandidate& candidate) const {
    if (candidate.type != block_types::kTagIndex && !is_packed(candidate.type)) return true;
    return candidate.blocks.count() > 1 || next_run(candidate.blocks.end) > candidate.blocks.end;
  }

  // The block before a region without its first block is that one, if it is damaged, unwritten, or
  // a single block of another type: no checksum covers the type.
  Result<void> include_head(RegionCandidate& candidate) {
    const uint64_t before = candidate.blocks.begin - 1;
    if (before < kFirstRegionBlock) return {};
    BlockBuffer buffer = io_.make_buffer();
    VDE_TRY_ASSIGN(block, io_.read(before, buffer));
    const bool is_single = std::ranges::any_of(found_.runs, [&](const BlockRun& run) {
      return run.valid == 1 && run.blocks.begin == before;
    });
    if (block.state() != BlockState::kValid || is_single) candidate.blocks.begin = before;
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

  // Leaves the block's payload in buffer_.
  Result<bool> starts_like_region(BlockType type, uint64_t number) {
    buffer_ = io_.make_buffer();
    VDE_TRY_ASSIGN(block, io_.read(number, buffer_));
    return may_be_first(type, block.unchecked_payload());
  }

  const BlockIo& io_;
  const BlockRuns& found_;
  uint64_t total_;
  BlockBuffer buffer_;
  BlockRange journal_;
  std::map<uint32_t, RegionCandidate> best_;  // by type
};

}  // namespace

bool has_region(BlockType type) {
  return std::ranges::find(kNoRegions, type) == kNoRegions.end();
}

Result<std::map<uint32_t, RegionCandidate>> find_regions(const BlockIo& io, const BlockRuns& found,
                                                         uint64_t total_blocks) {
  return RegionFinder(io, found, total_blocks).run();
}

}  // namespace vde
