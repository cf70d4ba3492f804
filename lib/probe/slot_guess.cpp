#include "probe/slot_guess.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/checked.h"
#include "format/feature.h"
#include "format/region/bitmap.h"
#include "format/region/inode.h"
#include "format/region/wal_header.h"
#include "format/region_content.h"
#include "format/superblock.h"
#include "format/tag/tag_index.h"
#include "probe/block_clusters.h"

namespace vde {
namespace {

// Block types that occur outside of regions, or in regions of other types only.
constexpr auto kNoRegions = std::to_array<BlockType>(
    {block_types::kSuperblock, block_types::kRegionMap, block_types::kExtendedMetadata,
     block_types::kIntegrityAnchor, block_types::kData, block_types::kComplianceAuditLog,
     block_types::kMigration, make_block_type("FREE"), make_block_type("EXTN"),
     make_block_type("TRLR"), make_block_type("ERCV"), make_block_type("RCVR"),
     make_block_type("COLR"), make_block_type("ZMAP"), make_block_type("COMP")});

bool is_region_type(BlockType type) {
  return std::ranges::find(kNoRegions, type) == kNoRegions.end();
}

// The journal is placed first.
bool is_placed_later(BlockType type) {
  return is_region_type(type) && type != block_types::kMetadataWal;
}

// Whether a block can be the first one of its region, as far as the payload shows it.
bool may_be_first(BlockType type, Bytes payload) {
  if (all_zero(payload)) return true;  // the SDK leaves the first block of a new region so
  if (type == block_types::kTagIndex) {
    const TagIndexHeader header = kTagIndexHeaderLayout.decode(payload);
    const auto max_bits = max_bloom_bits(static_cast<uint32_t>(payload.size()) + kTrailerSize);
    return all_zero(header.reserved) && header.bloom_bits >= 1 && header.bloom_hashes >= 1 &&
           header.bloom_bits <= static_cast<int64_t>(max_bits);
  }
  if (is_journal(type)) {
    const WalHeader header = kWalHeaderLayout.decode(payload);
    return header.version == 1 && header.max_blocks > 0 &&
           header.type == (type == block_types::kDataWal ? kWalData : kWalMetadata);
  }
  if (type == block_types::kInodes)
    return kInodeLayoutHeaderLayout.decode(payload).core_end == kInodeCoreSize;
  if (type == block_types::kSnapshots || type == block_types::kCode)
    return all_zero(payload.subspan(4, 12));  // the reserved bytes of a packed table's header
  return true;
}

constexpr uint64_t kMinJournal = 64;  // blocks
constexpr uint64_t kMaxJournalBytes = uint64_t{4} << 20;

// The maximum number of blocks that a region of this type may have after its last written one.
uint64_t max_unwritten(BlockType type, uint64_t total_blocks) {
  if (type == block_types::kInodes) return std::max<uint64_t>(1024, total_blocks / 256);
  if (is_journal(type) || type == make_block_type("STRE"))
    return std::max<uint64_t>(128, total_blocks / 64);
  return 64;
}

class Guess {
 public:
  Guess(const BlockIo& io, const BlockRuns& found, uint64_t total_blocks)
      : io_(io), found_(found), total_(total_blocks) {}

  Result<std::vector<RegionSlot>> run() {
    VDE_TRY(place_journal());
    for (const BlockRun& cluster : join_runs(found_, journal_, is_placed_later))
      VDE_TRY(consider(cluster));
    for (const auto& [type, candidate] : best_) regions_.push_back(candidate);
    sort_regions();
    separate_regions();
    place_missing();
    return slots_of(regions_);
  }

 private:
  struct Candidate {
    BlockType type;
    BlockRange blocks;
    bool starts = false;  // its first block can be the region's first one
    uint32_t newest = 0;
    uint64_t valid = 0;
  };

  // The journal comes first: it holds copies of blocks of other regions. Its header has its size.
  Result<void> place_journal() {
    std::optional<Candidate> all;  // from the first block of its type to the last
    for (const BlockRun& run : found_.runs) {
      if (run.type != block_types::kMetadataWal || run.blocks.begin < kFirstRegionBlock) continue;
      if (!all) all = Candidate{run.type, run.blocks, false, run.newest, 0};
      all->blocks.end = run.blocks.end;
      all->valid += run.valid;
      VDE_TRY_ASSIGN(first, starts_like_region(run.type, run.blocks.begin));
      if (!first || all_zero(Bytes(buffer_).first(payload_size(io_.block_size())))) continue;
      const auto count = static_cast<uint64_t>(kWalHeaderLayout.decode(Bytes(buffer_)).max_blocks);
      const uint64_t begin = run.blocks.begin;
      if (count > total_) continue;
      // In the place of the last block if the two were exchanged.
      if (begin >= count && has_journal_block(begin - count + 1))
        keep({run.type, {begin - count + 1, begin + 1}, true, run.newest, run.valid});
      else if (begin + count <= total_)
        keep({run.type, {begin, begin + count}, true, run.newest, run.valid});
    }
    const auto found = best_.find(block_types::kMetadataWal.value);
    if (found == best_.end() && all) VDE_TRY(place_headless_journal(*all));
    if (const auto kept = best_.find(block_types::kMetadataWal.value); kept != best_.end())
      journal_ = kept->second.blocks;
    return {};
  }

  // Without a header, the journal has its blocks and at least kMinJournal in total: the last block
  // of the journal may be the only one left.
  Result<void> place_headless_journal(Candidate all) {
    VDE_TRY(include_head(all));
    if (all.blocks.count() > std::max(kMaxJournalBytes / io_.block_size(), total_ / 64)) return {};
    const uint64_t end = all.blocks.end;
    if (all.blocks.count() < kMinJournal && end >= kFirstRegionBlock + kMinJournal &&
        is_free({end - kMinJournal, end - 1}))
      all.blocks.begin = end - kMinJournal;
    if (all.blocks.count() >= kMinJournal || is_free({end, all.blocks.begin + kMinJournal})) {
      all.blocks.end = std::max(end, all.blocks.begin + kMinJournal);
      keep(all);
    }
    return {};
  }

  [[nodiscard]] bool has_journal_block(uint64_t number) const {
    return std::ranges::any_of(found_.runs, [&](const BlockRun& run) {
      return run.type == block_types::kMetadataWal && run.blocks.begin == number;
    });
  }

  Result<void> consider(const BlockRun& run) {
    // A BTRE region has blocks of type TAGI after the first.
    VDE_TRY_ASSIGN(starts, starts_like_region(run.type, run.blocks.begin));
    Candidate candidate{run.type, run.blocks, starts, run.newest, run.valid};
    if (!starts) VDE_TRY(include_head(candidate));
    keep(candidate);
    return {};
  }

  // The block before a region without its first block is that one, if it is damaged, unwritten, or
  // a single block of another type: no checksum covers the type.
  Result<void> include_head(Candidate& candidate) {
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

  void keep(const Candidate& candidate) {
    const auto [place, is_new] = best_.try_emplace(candidate.type.value, candidate);
    Candidate& best = place->second;
    if (is_new) return;
    // Of equally old ones the first: the blocks of a query index have the type of a tag index.
    const bool is_newer = is_later_generation(candidate.newest, best.newest);
    const bool is_larger = candidate.newest == best.newest && candidate.valid > best.valid;
    // A single block elsewhere may start like a region.
    const bool is_start = candidate.starts && (best.starts || candidate.valid * 4 >= best.valid);
    const bool was_start = best.starts && (candidate.starts || best.valid * 4 >= candidate.valid);
    const bool is_better = is_start != was_start ? is_start : is_newer || (!was_start && is_larger);
    if (is_better) best = candidate;
  }

  // Leaves the block's payload in buffer_.
  Result<bool> starts_like_region(BlockType type, uint64_t number) {
    buffer_ = io_.make_buffer();
    VDE_TRY_ASSIGN(block, io_.read(number, buffer_));
    return may_be_first(type, block.unchecked_payload());
  }

  // The first valid block of another kind after `from`, or the end of the volume.
  [[nodiscard]] uint64_t next_valid(uint64_t from) const {
    const auto next = std::ranges::lower_bound(
        found_.runs, from, {}, [](const BlockRun& run) { return run.blocks.begin; });
    return next == found_.runs.end() ? total_ : std::min(total_, next->blocks.begin);
  }

  // Of two regions that overlap, the one with fewer valid blocks loses what they share.
  void separate_regions() {
    std::vector<Candidate> apart;
    for (const Candidate& region : regions_) {
      apart.push_back(region);
      if (apart.size() < 2) continue;
      Candidate& before = apart[apart.size() - 2];
      Candidate& now = apart.back();
      if (before.blocks.end <= now.blocks.begin) continue;
      if (before.valid >= now.valid)
        now.blocks.begin = before.blocks.end;
      else
        before.blocks.end = now.blocks.begin;
      if (now.blocks.empty())
        apart.pop_back();
      else if (before.blocks.empty())
        apart.erase(apart.end() - 2);
    }
    regions_ = std::move(apart);
    std::erase_if(best_, [&](const auto& kept) {
      return std::ranges::none_of(
          regions_, [&](const Candidate& region) { return region.type == kept.second.type; });
    });
  }

  void sort_regions() {
    std::ranges::sort(regions_, {}, [](const Candidate& region) { return region.blocks.begin; });
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
    const Candidate candidate{type, blocks, true, 0, 0};
    best_.emplace(type.value, candidate);
    regions_.push_back(candidate);
    sort_regions();
  }

  [[nodiscard]] bool is_free(BlockRange blocks) const {
    return blocks.begin >= kFirstRegionBlock && blocks.end <= total_ &&
           std::ranges::none_of(found_.runs,
                                [&](const BlockRun& run) {
                                  return run.blocks.begin < blocks.end &&
                                         run.blocks.end > blocks.begin;
                                }) &&
           std::ranges::none_of(regions_, [&](const Candidate& region) {
             return region.blocks.begin < blocks.end && region.blocks.end > blocks.begin;
           });
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

  // The first run that begins at or after `block`.
  [[nodiscard]] std::vector<BlockRun>::const_iterator run_from(uint64_t block) const {
    return std::ranges::lower_bound(found_.runs, block, {},
                                    [](const BlockRun& run) { return run.blocks.begin; });
  }

  // Includes what is unwritten up to the next region, which begins at `next`, or 0 if there is
  // none.
  [[nodiscard]] BlockRange whole(const Candidate& region, uint64_t next) const {
    BlockRange blocks = region.blocks;
    if (region.type == block_types::kMetadataWal && region.starts) return blocks;
    if (region.type == block_types::kBitmap)
      blocks.end = blocks.begin + bitmap_blocks_for(total_, io_.block_size());
    const bool reaches = next > blocks.begin && next >= blocks.end &&
                         count_valid({blocks.end, next}) <= kMaxStrays &&
                         next - blocks.end <= max_unwritten(region.type, total_);
    if (reaches) blocks.end = next;
    return blocks;
  }

  // The number of valid blocks in the runs that begin in `blocks`.
  [[nodiscard]] uint64_t count_valid(BlockRange blocks) const {
    uint64_t count = 0;
    for (auto run = run_from(blocks.begin);
         run != found_.runs.end() && run->blocks.begin < blocks.end; ++run)
      count += run->valid;
    return count;
  }

  [[nodiscard]] std::vector<RegionSlot> slots_of(const std::vector<Candidate>& regions) const {
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
      const BlockRange blocks = whole(regions[i], next);
      if (blocks.end > total_ || slots.size() + 1 >= slots_per_block(io_.block_size())) continue;
      at_start = at_start && blocks.begin - std::min(end, blocks.begin) <= 64;
      if (at_start) end = std::max(end, blocks.end);
      add(regions[i].type, blocks);
    }
    if (end < total_) add(block_types::kData, {end, total_});
    return slots;
  }

  const BlockIo& io_;
  const BlockRuns& found_;
  uint64_t total_;
  BlockBuffer buffer_;
  BlockRange journal_;
  std::map<uint32_t, Candidate> best_;  // by type
  std::vector<Candidate> regions_;      // the same by place
};

}  // namespace

Result<std::vector<RegionSlot>> guess_slots(const BlockIo& io, const BlockRuns& found,
                                            uint64_t total_blocks) {
  return Guess(io, found, total_blocks).run();
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
  std::vector<size_t> wrong;
  for (size_t i = 0; i < slots.size(); ++i) {
    const RegionSlot& slot = slots[i];
    if (slot.is_free() || !is_region_type(slot.type)) continue;
    const auto range = block_range(slot.start, slot.count);
    if (!range || range->begin < kFirstRegionBlock || range->end > total_blocks) {
      wrong.push_back(i);
      continue;
    }
    bool own_inside = false;
    bool own_outside = false;
    uint64_t others_inside = 0;
    for (const BlockRun& run : found.runs) {
      const bool inside = run.blocks.begin < range->end && run.blocks.end > range->begin;
      const bool own = may_carry(slot.type, slot.type, run.type);
      own_inside |= own && inside;
      own_outside |= own && !inside;
      if (!own && inside && is_region_type(run.type)) others_inside += run.valid;
    }
    if (!own_inside && own_outside && others_inside > kMaxStrays) wrong.push_back(i);
  }
  return wrong;
}

}  // namespace vde
