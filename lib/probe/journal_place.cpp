#include "probe/journal_place.h"

#include <algorithm>

#include "format/journal_record.h"
#include "format/region/wal_header.h"
#include "format/sector.h"
#include "format/superblock.h"
#include "probe/block_clusters.h"
#include "probe/region_head.h"

namespace vde {
namespace {

constexpr uint64_t kMaxJournalBytes = uint64_t{4} << 20;
// The maximum number of first records to note: there may be copies.
constexpr size_t kMaxFirsts = 16;
// The maximum number of places to try.
constexpr size_t kMaxTried = 64;

class JournalFinder {
 public:
  JournalFinder(const BlockIo& io, const BlockRuns& found, uint64_t total_blocks,
                const Activity& activity)
      : io_(io), found_(found), total_(total_blocks), activity_(activity) {}

  Result<std::optional<RegionCandidate>> run() {
    for (const BlockRun& run : found_.runs)
      if (run.type == block_types::kMetadataWal && run.blocks.begin >= kFirstRegionBlock)
        VDE_TRY(look(run));
    if (header_) {
      header_->blocks = place_of(*header_);
      if (header_->blocks.end <= total_) return header_;
    }
    return all_ ? without_header(*all_) : std::optional<RegionCandidate>();
  }

 private:
  Result<void> look(const BlockRun& run) {
    BlockBuffer buffer = io_.make_buffer();
    for (uint64_t number = run.blocks.begin; number < run.blocks.end; ++number) {
      if (activity_.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(block, io_.read(number, buffer));
      if (!block.check(block_types::kMetadataWal)) continue;
      const Bytes payload = block.unchecked_payload();
      const uint32_t generation = block.unchecked_trailer().generation;
      const bool is_header = !all_zero(payload) && may_be_first(run.type, payload);
      // A header among the blocks of another region is in the wrong place.
      if (is_header && is_within_other(run)) continue;
      if (is_header) add_header(payload, {run.type, {number, number + 1}, true, false, generation});
      const auto record = peek_record(payload, UINT64_MAX);
      // The header comes before it.
      if (record && record->index == 1 && number > kFirstRegionBlock && firsts_.size() < kMaxFirsts)
        firsts_.push_back(number);
      if (!all_) all_ = RegionCandidate{run.type, {number, number}, false, false, generation, 0};
      all_->blocks.end = number + 1;
      ++all_->valid;
    }
    return {};
  }

  void add_header(Bytes payload, RegionCandidate header) {
    const auto count = static_cast<uint64_t>(kWalHeaderLayout.decode(payload).max_blocks);
    if (count > total_ || (header_ && !is_later_generation(header.newest, header_->newest))) return;
    header.valid = 1;
    header_ = header;
    count_ = count;
  }

  // The place of the header of a journal whose first record is here: the block before it, or the
  // first one of the sector before it.
  [[nodiscard]] uint64_t header_before(uint64_t first) const {
    const uint64_t sector = blocks_per_sector(io_.block_size());
    const bool has_own_sector = first % sector == 0 && first >= kFirstRegionBlock + sector &&
                                count_valid(found_, {first - sector + 1, first}) == 0;
    return first - (has_own_sector ? sector : 1);
  }

  // The place of the journal of count_ blocks whose header is here now.
  [[nodiscard]] BlockRange place_of(const RegionCandidate& header) const {
    const uint64_t at = header.blocks.begin;
    BlockRange place{at, at + count_};
    for (const uint64_t first : firsts_) {
      const BlockRange before{header_before(first), header_before(first) + count_};
      if (before == place) return place;
      if (before.contains(at)) place = before;
    }
    if (place.begin != at) return place;
    if (at >= count_ + kFirstRegionBlock && is_last(at)) return {at - count_ + 1, at + 1};
    return with_most_blocks(place);
  }

  // The last block of a journal may show its end, if the header is in another place.
  [[nodiscard]] BlockRange with_most_blocks(BlockRange place) const {
    const uint64_t at = place.begin;
    size_t tried = 0;
    for (const BlockRun& run : found_.runs) {
      if (run.type != block_types::kMetadataWal || run.blocks.end < count_ + kFirstRegionBlock)
        continue;
      const BlockRange other{run.blocks.end - count_, run.blocks.end};
      if (!other.contains(at) || ++tried > kMaxTried) continue;
      if (journal_blocks(other) > journal_blocks(place)) place = other;
    }
    return place;
  }

  [[nodiscard]] uint64_t journal_blocks(BlockRange place) const {
    return count_valid(found_, place,
                       [](BlockType type) { return type == block_types::kMetadataWal; });
  }

  [[nodiscard]] bool has_journal_block(BlockRange blocks) const {
    return std::ranges::any_of(found_.runs, [&](const BlockRun& run) {
      return run.type == block_types::kMetadataWal && run.blocks.begin < blocks.end &&
             run.blocks.end > blocks.begin;
    });
  }

  // Whether the header lies in the place of the last block: that lies in its place, or what follows
  // it is not of a journal, and before it there is room.
  [[nodiscard]] bool is_last(uint64_t at) const {
    if (has_journal_block({at - count_ + 1, at - count_ + 2})) return true;
    return !has_journal_block({at + 1, at + count_}) &&
           count_valid(found_, {at + 1, at + count_}) > kMaxStrays &&
           count_valid(found_, {at - count_ + 1, at}) == 0;
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

  // It has its blocks and at least kMinJournal in total: the last block of the journal may be the
  // only one left.
  Result<std::optional<RegionCandidate>> without_header(RegionCandidate all) const {
    VDE_TRY_ASSIGN(begin, head_before(io_, found_, all.blocks.begin));
    all.blocks.begin = firsts_.empty() ? begin : header_before(firsts_.front());
    if (all.blocks.begin >= all.blocks.end ||
        all.blocks.count() > std::max(kMaxJournalBytes / io_.block_size(), total_ / 64))
      return std::optional<RegionCandidate>();
    const uint64_t end = all.blocks.end;
    if (all.blocks.count() < kMinJournal && end >= kFirstRegionBlock + kMinJournal &&
        is_clear({end - kMinJournal, end - 1}))
      all.blocks.begin = end - kMinJournal;
    if (all.blocks.count() < kMinJournal && !is_clear({end, all.blocks.begin + kMinJournal}))
      return std::optional<RegionCandidate>();
    all.blocks.end = std::max(end, all.blocks.begin + kMinJournal);
    return std::optional(all);
  }

  [[nodiscard]] bool is_clear(BlockRange blocks) const {
    return blocks.end <= total_ && has_only_single_blocks(found_, blocks);
  }

  const BlockIo& io_;
  const BlockRuns& found_;
  uint64_t total_;
  const Activity& activity_;
  std::optional<RegionCandidate> header_;
  uint64_t count_ = 0;                  // blocks of the journal, as the header says
  std::vector<uint64_t> firsts_;        // blocks that begin the first record of an epoch
  std::optional<RegionCandidate> all_;  // from the first block of the journal to the last
};

}  // namespace

Result<std::optional<RegionCandidate>> find_journal_place(const BlockIo& io, const BlockRuns& found,
                                                          uint64_t total_blocks,
                                                          const Activity& activity) {
  return JournalFinder(io, found, total_blocks, activity).run();
}

}  // namespace vde
