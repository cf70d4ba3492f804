// Verification of a stream. Every block is checked as it arrives; only blocks that are needed to
// check later ones are kept.
#include <algorithm>

#include "base/checked.h"
#include "base/piece.h"
#include "check/exact/cause.h"
#include "check/intact.h"
#include "check/passes.h"
#include "check/passes/block_judge.h"
#include "check/passes/block_pieces.h"
#include "check/verification.h"
#include "format/region/bitmap.h"
#include "io/memory_file.h"
#include "io/stream_file.h"
#include "table/dictionary_table.h"

namespace vde {
namespace {

// Enough for the fixed blocks at any block size.
constexpr size_t kHeadBytes = size_t{kFirstRegionBlock} * kMaxBlockSize;
// The superblocks are before this byte at any block size.
constexpr size_t kHeadLimit = size_t{512} << 10;
constexpr size_t kHeadStep = size_t{64} << 10;
// For the first blocks of regions and the bitmap: enough for a full bitmap of 512 GiB in 4096-byte
// blocks.
constexpr size_t kKeptBytes = size_t{32} << 20;
constexpr const char* kDataBlocks = "data blocks";

class StreamInput {
 public:
  StreamInput(const StreamReader& read, Activity& activity) : read_(read), activity_(activity) {}

  // Nothing is read from byte `end` on: the stream may be endless.
  void stop_at(uint64_t end) { end_ = end; }

  // Fills `out` from the stream; returns fewer bytes only at its end.
  Result<size_t> fill(MutableBytes out) {
    size_t filled = 0;
    out = out.first(std::min<uint64_t>(out.size(), end_ - std::min(end_, total_)));
    while (filled < out.size()) {
      if (activity_.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(count, read_(out.subspan(filled)));
      if (count == 0) break;
      filled += count;
      activity_.done += count;
    }
    total_ += filled;
    return filled;
  }
  [[nodiscard]] uint64_t total() const { return total_; }

 private:
  const StreamReader& read_;
  Activity& activity_;
  uint64_t total_ = 0;
  uint64_t end_ = UINT64_MAX;
};

// The stream's length according to the superblock, in bytes; without one, the maximum of any image.
uint64_t expected_size(const Probe& probe) {
  const int64_t total = probe.superblock.total_blocks;
  const bool known =
      probe.superblock_verified() && total >= 0 && total <= static_cast<int64_t>(kMaxBlocks);
  return (known ? static_cast<uint64_t>(total) : kMaxBlocks) * probe.block_size;
}

// Reads from the stream until there are `size` bytes in `head`; false if it ends before.
Result<bool> read_head(StreamInput& input, BlockBuffer& head, size_t size) {
  const size_t before = head.size();
  if (before >= size) return true;
  head.resize(size);
  VDE_TRY_ASSIGN(count, input.fill(MutableBytes(head).subspan(before)));
  head.resize(before + count);
  return head.size() == size;
}

// Reads the fixed blocks into `head`, in steps: an endless stream may be slow, and need not be an
// image. One byte after the volume is read, to find out whether there are more. The journal may not
// be in the part that is kept, so its copy of the group is never used.
Result<Probe> probe_stream(StreamInput& input, BlockBuffer& head) {
  bool is_known = false;
  for (bool more = true; more && head.size() < kHeadLimit;) {
    VDE_TRY_ASSIGN(whole, read_head(input, head, head.size() + kHeadStep));
    MemoryFile start(head);
    VDE_TRY_ASSIGN(probe, probe_image(start, GroupCopy::kIgnored));
    more = whole && !probe.superblock_verified();
    if (probe.superblock_verified()) input.stop_at(expected_size(probe) + 1);
    is_known = probe.verified() || probe.superblock_source != SuperblockSource::kNone;
  }
  if (is_known) VDE_TRY(read_head(input, head, kHeadBytes));
  MemoryFile file(head);
  return probe_to_judge(file, GroupCopy::kIgnored);
}

// Checks the blocks after the fixed ones, in the order in which they arrive.
class StreamScan {
 public:
  StreamScan(VerifyContext& context, StreamFile& kept)
      : context_(context),
        kept_(kept),
        judge_(context),
        data_(data_region(context.probe)),
        bitmap_(context.find(block_types::kBitmap)),
        bitmap_buffer_(context.io.make_buffer()) {}

  Result<void> run(Bytes head, StreamInput& input) {
    const uint64_t fixed = kFirstRegionBlock * context_.io.block_size();
    keep_fixed(head.first(std::min<size_t>(head.size(), fixed)));
    if (head.size() > fixed) judge_all(head.subspan(fixed));
    BlockBuffer buffer(kPieceBytes);
    for (size_t count = head.size() == kHeadBytes ? buffer.size() : 0; count == buffer.size();) {
      VDE_TRY_ASSIGN(filled, input.fill(buffer));
      count = filled;
      judge_all(Bytes(buffer).first(count));
    }
    judge_.report_empty_heads();
    return {};
  }

  [[nodiscard]] bool bitmap_kept() const { return bitmap_ == nullptr || !bitmap_lost_; }
  [[nodiscard]] bool data_checked() const { return !data_skipped_; }

  // All blocks of the regions in is_read_whole() were kept.
  [[nodiscard]] bool regions_kept() const { return !region_lost_; }
  // The table of dictionaries came before the blocks of all dictionaries, and these were kept.
  [[nodiscard]] bool dictionaries_kept() const {
    return context_.find(block_types::kDictionaries) == nullptr ||
           (dictionaries_found_ && !dictionary_lost_);
  }

 private:
  // The chain hash includes the first block of the directory.
  void keep_fixed(Bytes head) {
    const size_t block_size = context_.io.block_size();
    for (uint64_t i = 0; (i + 1) * block_size <= head.size(); ++i)
      static_cast<void>(kept_.keep({i, head.subspan(i * block_size, block_size)}));
  }

  void judge_all(Bytes bytes) {
    const size_t block_size = context_.io.block_size();
    for (; bytes.size() >= block_size; bytes = bytes.subspan(block_size))
      judge({next_block_++, bytes.first(block_size)});
  }

  void judge(const UncheckedBlock& block) {
    // Blocks after the volume belong to nothing.
    if (block.number() >= data_.blocks.end) return;
    if (block.number() >= next_change_) find_regions(block.number());
    keep_dictionary(block);
    std::vector<NewFinding> findings;
    for (const size_t i : here_) judge_in(i, block, findings);
    if (here_.empty()) judge_data(block, findings);
    for (NewFinding& finding : findings) {
      add_cause(context_.search, block, finding);
      context_.report.pass_on(std::move(finding));
    }
  }

  void keep_dictionary(const UncheckedBlock& block) {
    const PlacedRegion* region = context_.find_plain(block_types::kDictionaries);
    if (region == nullptr) return;
    if (block.number() == region->blocks.end) find_dictionaries(*region);
    const bool wanted = std::ranges::any_of(
        dictionaries_, [&](BlockRange blocks) { return blocks.contains(block.number()); });
    if (wanted && !kept_.keep(block)) dictionary_lost_ = true;
  }

  // Called once the table has arrived.
  void find_dictionaries(const PlacedRegion& region) {
    FileSource source(context_.io, region.blocks, block_types::kDictionaries);
    bool any = false;
    const auto walked = walk_dictionaries(source, [&](const Dictionary& entry) {
      any = true;
      const auto blocks = dictionary_extent(entry, context_.probe.usable_blocks());
      if (blocks && !blocks->empty()) dictionaries_.push_back(*blocks);
      return true;
    });
    dictionaries_found_ = true;
    // A table that cannot be read from its first entry on needs no other blocks.
    dictionary_lost_ = (!walked && any) || std::ranges::any_of(dictionaries_, [&](BlockRange b) {
                         return b.begin < region.blocks.end;
                       });
  }

  // Sets here_ to the regions that contain block `number`, and next_change_ to the next block where
  // that changes.
  void find_regions(uint64_t number) {
    here_.clear();
    next_change_ = UINT64_MAX;
    for (size_t i = 0; i < context_.regions.size(); ++i) {
      const PlacedRegion& region = context_.regions[i];
      if (region.is_data_area) continue;
      if (region.blocks.contains(number)) here_.push_back(i);
      for (const uint64_t border : {region.blocks.begin, region.blocks.end})
        if (border > number) next_change_ = std::min(next_change_, border);
    }
  }

  void judge_in(size_t index, const UncheckedBlock& block, std::vector<NewFinding>& findings) {
    const PlacedRegion& region = context_.regions[index];
    const bool is_head = block.number() == region.blocks.begin;
    if (!BlockJudge::has_head(region)) return;
    if (is_head) judge_.check_head(index, block);
    const bool in_bitmap = &region == bitmap_;
    // A migration leaves its checkpoint in the last block of the inode table.
    const bool is_checkpoint =
        region.type == block_types::kInodes && block.number() + 1 == region.blocks.end;
    const bool is_content = is_checkpoint || is_read_whole(region);
    if ((is_head || in_bitmap || is_content) && !kept_.keep(block)) {
      bitmap_lost_ |= in_bitmap;
      region_lost_ |= is_content;
    }
    if (!BlockJudge::judges(region, block.number())) return;
    judge_.judge(block, region, findings);
    ++context_.report.summary().blocks_checked;
  }

  void judge_data(const UncheckedBlock& block, std::vector<NewFinding>& findings) {
    if (context_.options.scope == VerifyScope::kMetadata) return;
    const std::optional<bool> allocated = is_allocated(block.number());
    if (!allocated) data_skipped_ = true;
    if (!allocated.value_or(false)) return;
    judge_.judge(block, data_, findings);
    ++context_.report.summary().blocks_checked;
  }

  // Nothing if the bitmap was not kept, is damaged or comes after the block.
  std::optional<bool> is_allocated(uint64_t number) {
    if (bitmap_ == nullptr || bitmap_lost_) return std::nullopt;
    const uint64_t bits = bits_per_bitmap_block(context_.io.block_size());
    const uint64_t index = number / bits;
    if (index >= bitmap_->blocks.count()) return std::nullopt;
    if (index != bitmap_index_) {
      bitmap_index_ = index;
      bitmap_payload_ = load_bitmap(bitmap_->blocks.begin + index);
    }
    if (bitmap_payload_.empty()) {
      bitmap_index_ = UINT64_MAX;  // it may still arrive
      return std::nullopt;
    }
    return test_bit(bitmap_payload_, number % bits);
  }

  Bytes load_bitmap(uint64_t number) {
    const auto block = context_.io.read(number, bitmap_buffer_);
    if (!block) return {};
    if (block->is_unwritten()) return block->unchecked_payload();
    const auto checked = block->check(block_types::kBitmap);
    return checked ? checked->payload() : Bytes{};
  }

  VerifyContext& context_;
  StreamFile& kept_;
  BlockJudge judge_;
  const PlacedRegion data_;
  const PlacedRegion* bitmap_;
  uint64_t next_block_ = kFirstRegionBlock;
  std::vector<size_t> here_;  // regions that contain the blocks up to next_change_
  uint64_t next_change_ = 0;
  bool bitmap_lost_ = false;
  bool region_lost_ = false;
  bool dictionaries_found_ = false;
  bool dictionary_lost_ = false;
  std::vector<BlockRange> dictionaries_;  // at most 256
  bool data_skipped_ = false;
  uint64_t bitmap_index_ = UINT64_MAX;
  BlockBuffer bitmap_buffer_;
  Bytes bitmap_payload_;
};

Result<void> run(const NamedPass& pass, VerifyContext& context) {
  context.activity.phase = pass.name;
  return pass.run(context);
}

// Runs the passes for which the kept blocks are enough; lists the others as not checked.
Result<void> finish(VerifyContext& context, const StreamScan& scan) {
  VerifySummary& summary = context.report.summary();
  const bool all_data = context.options.scope == VerifyScope::kAll && scan.data_checked();
  for (const NamedPass& pass : passes()) {
    const bool lacks_bitmap = pass.run == check_bitmap && !scan.bitmap_kept();
    const bool lacks_blocks = (pass.on_stream == OnStream::kIfKept && !scan.regions_kept()) ||
                              (pass.run == check_dictionaries && !scan.dictionaries_kept());
    if (pass.on_stream == OnStream::kNever || lacks_bitmap || lacks_blocks)
      summary.not_checked.emplace_back(pass.name);
    else if (pass.on_stream == OnStream::kAtEnd || pass.on_stream == OnStream::kIfKept)
      VDE_TRY(run(pass, context));
  }
  if (all_data) return {};
  summary.not_checked.emplace_back(kDataBlocks);
  context.report.taint(block_types::kData);
  return {};
}

}  // namespace

Result<VerifySummary> verify_stream(const StreamReader& read, const VerifyOptions& options,
                                    Activity& activity,
                                    const std::function<void(const Finding&)>& report) {
  StreamInput input(read, activity);
  BlockBuffer head;
  VDE_TRY_ASSIGN(probe, probe_stream(input, head));
  VDE_TRY(check_features(probe));
  probe.file_size = expected_size(probe);
  StreamFile kept(probe.block_size, kKeptBytes);
  Reporter reporter(report, nullptr, probe.block_size);
  const JournalOnDisk no_journal;
  ExactSearch search(options.search_seconds, activity);
  VerifyContext context{
      BlockIo(kept, probe.block_size), probe, options, activity, reporter, no_journal, search, {}};
  for (const NamedPass& pass : passes())
    if (pass.on_stream == OnStream::kAtStart) VDE_TRY(run(pass, context));
  activity.phase = "blocks in order";
  StreamScan scan(context, kept);
  VDE_TRY(scan.run(head, input));
  // The length is known only now.
  probe.file_size = input.total();
  kept.set_size(probe.file_size);
  for (PlacedRegion& region : context.regions)
    region.blocks.end = std::min(region.blocks.end, probe.blocks_in_file());
  VDE_TRY(finish(context, scan));
  reporter.summary().intact = intact_structures(context);
  add_not_tried(search, reporter.summary());
  return reporter.summary();
}

}  // namespace vde
