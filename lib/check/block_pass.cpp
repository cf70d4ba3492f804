// The trailer of every written block, on several threads.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "check/block_pieces.h"

namespace vde {
namespace {

// What the pass must know of a region besides its slot.
struct RegionWatch {
  bool head_unwritten = false;  // the first block was never written, and may be so
  bool head_is_empty = false;   // the first block is sealed zeros or unwritten: nothing may follow
  std::atomic<uint64_t> content{UINT64_MAX};  // the first later block that holds something
};

bool must_have_head(Tag tag) {
  return tag == tags::kBitmap || tag == tags::kInodes || tag == tags::kMetadataWal;
}

// Judges blocks by themselves; shared by all threads, changed by none but through atomics.
class Judge {
 public:
  explicit Judge(VerifyContext& context) : context_(context), watches_(context.regions.size()) {}

  // Looks at the first block of each region, which may be empty in ways that no other block may.
  Result<void> look_at_heads() {
    BlockBuffer buffer = context_.io.make_buffer();
    for (size_t i = 0; i < context_.regions.size(); ++i) {
      const PlacedRegion& region = context_.regions[i];
      if (region.is_data_area || region.tag == tags::kSuperblock || region.tag == tags::kRegionMap)
        continue;
      const auto block = context_.io.read(region.blocks.begin, buffer);
      if (!block) continue;  // the block itself is reported when its piece is read
      const bool unwritten = block->state() == BlockState::kUnwritten;
      watches_[i].head_unwritten = unwritten && !must_have_head(region.tag);
      // Without policies a vault's first block is zero, and the second holds its HMAC all the same.
      const bool empty_vault = region.tag == tags::kPolicyVault && !unwritten;
      watches_[i].head_is_empty = !must_have_head(region.tag) && region.tag != tags::kDataWal &&
                                  !empty_vault && all_zero(block->unchecked_payload());
      if (unwritten && must_have_head(region.tag))
        report_unwritten(i, FindingCode::kRegionHeadMissing);
    }
    return {};
  }

  void judge(const UncheckedBlock& block, const PlacedRegion& region,
             std::vector<Finding>& findings) {
    const auto add = [&](FindingCode code, std::string message) {
      findings.push_back(
          {&kind_of(code), block.number(), to_string(region.tag), std::move(message), {}});
    };
    const BlockState state = block.state();
    if (state == BlockState::kUnwritten) return;
    note_content(block, region);
    const Trailer trailer = block.unchecked_trailer();
    if (state == BlockState::kNoTrailer) return add(FindingCode::kBlockNoTrailer, "no trailer");
    if (state == BlockState::kBadChecksum)
      return add(FindingCode::kBlockBadChecksum,
                 fmt::format("the trailer says {:016x}, the payload has {:016x}", trailer.checksum,
                             checksum(block.unchecked_payload())));
    if (trailer.tag != region.tag) {
      if (!is_known(trailer.tag))
        return add(FindingCode::kBlockUnknownTag, fmt::format("tagged {}", to_string(trailer.tag)));
      // A block of the data area that nothing refers to may be left from a region that moved.
      if (!region.is_data_area && is_known(region.tag))
        return add(
            FindingCode::kBlockWrongTag,
            fmt::format("tagged {} in a {} region", to_string(trailer.tag), to_string(region.tag)));
    }
    if (is_newer(trailer.generation))
      add(FindingCode::kBlockNewer,
          fmt::format("generation {}, the superblock's checkpoint sequence is {}",
                      trailer.generation, context_.survey.superblock.checkpoint_sequence));
  }

  // Whether a region without a head is empty is known only when all of it was seen.
  void report_empty_heads() {
    for (size_t i = 0; i < watches_.size(); ++i) {
      const PlacedRegion& region = context_.regions[i];
      const uint64_t content = watches_[i].content;
      if (content == UINT64_MAX) {
        if (watches_[i].head_unwritten) report_unwritten(i, FindingCode::kRegionNeverWritten);
        continue;
      }
      context_.report.add(
          FindingCode::kRegionHeadLost, region.blocks.begin, to_string(region.tag),
          fmt::format("{} region: its first block is zero, but block {} has content",
                      to_string(region.tag), content));
    }
  }

 private:
  void report_unwritten(size_t index, FindingCode code) {
    const PlacedRegion& region = context_.regions[index];
    context_.report.add(
        code, region.blocks.begin, to_string(region.tag),
        fmt::format("{} region: its first block was never written", to_string(region.tag)));
  }

  [[nodiscard]] bool is_newer(uint32_t generation) const {
    if (!context_.survey.superblock_verified()) return false;
    // Generations are the low 32 bits of the sequence: past that any of them may be an old one.
    const int64_t sequence = context_.survey.superblock.checkpoint_sequence;
    return sequence >= 0 && sequence <= UINT32_MAX && generation > sequence;
  }

  void note_content(const UncheckedBlock& block, const PlacedRegion& region) {
    RegionWatch& watch = watches_[static_cast<size_t>(&region - context_.regions.data())];
    if (!watch.head_is_empty || block.number() == region.blocks.begin ||
        all_zero(block.unchecked_payload()))
      return;
    uint64_t first = watch.content;
    while (block.number() < first && !watch.content.compare_exchange_weak(first, block.number())) {
    }
  }

  VerifyContext& context_;
  std::vector<RegionWatch> watches_;
};

// Threads take pieces from a common source and hand their findings back, which are passed on in the
// order of the pieces.
class BlockScan {
 public:
  explicit BlockScan(VerifyContext& context)
      : context_(context), judge_(context), source_(context) {}

  Result<void> run() {
    VDE_TRY(judge_.look_at_heads());
    // Counting the cores opens files: not worth it where the answer is not wanted.
    unsigned jobs = context_.options.jobs;
    if (jobs == 0) jobs = std::max(1u, std::thread::hardware_concurrency());
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < jobs; ++i) threads.emplace_back([this] { work(); });
    work();
    for (std::thread& thread : threads) thread.join();
    if (!outcome_) return outcome_;
    if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    judge_.report_empty_heads();
    return {};
  }

 private:
  void work() {
    BlockBuffer buffer(std::max<uint64_t>(kPieceBytes, context_.io.block_size()));
    while (const std::optional<Piece> piece = take()) {
      std::vector<Finding> findings;
      scan(*piece, buffer, findings);
      deliver(*piece, std::move(findings));
    }
  }

  std::optional<Piece> take() {
    const std::lock_guard lock(mutex_);
    if (!outcome_ || context_.activity.stop) return std::nullopt;
    Result<std::optional<Piece>> piece = source_.next();
    if (piece) return *piece;
    outcome_ = propagate(piece);
    return std::nullopt;
  }

  void scan(const Piece& piece, MutableBytes buffer, std::vector<Finding>& findings) {
    const size_t block_size = context_.io.block_size();
    const ByteRange bytes = context_.io.bytes_of(piece.blocks);
    if (!context_.io.file().read(bytes.begin, buffer.first(bytes.length())))
      return scan_one_by_one(piece, buffer, findings);
    for (uint64_t i = 0; i < piece.blocks.count(); ++i)
      judge_.judge({piece.blocks.begin + i, Bytes(buffer).subspan(i * block_size, block_size)},
                   *piece.region, findings);
  }

  // After a failed read: finds out which of the blocks it is.
  void scan_one_by_one(const Piece& piece, MutableBytes buffer, std::vector<Finding>& findings) {
    for (uint64_t number = piece.blocks.begin; number < piece.blocks.end; ++number) {
      const auto block = context_.io.read(number, buffer);
      if (block) {
        judge_.judge(*block, *piece.region, findings);
        continue;
      }
      findings.push_back({&kind_of(FindingCode::kBlockUnreadable),
                          number,
                          to_string(piece.region->tag),
                          block.error().message,
                          {}});
    }
  }

  void deliver(const Piece& piece, std::vector<Finding> findings) {
    const std::lock_guard lock(mutex_);
    context_.activity.done += piece.blocks.count() * context_.io.block_size();
    context_.report.summary().blocks_checked += piece.blocks.count();
    waiting_.emplace(piece.index, std::move(findings));
    while (!waiting_.empty() && waiting_.begin()->first == next_index_) {
      for (const Finding& finding : waiting_.begin()->second) context_.report.pass_on(finding);
      waiting_.erase(waiting_.begin());
      ++next_index_;
    }
  }

  VerifyContext& context_;
  Judge judge_;
  std::mutex mutex_;  // guards all below
  PieceSource source_;
  std::map<uint64_t, std::vector<Finding>> waiting_;  // done, but an earlier piece is not
  uint64_t next_index_ = 0;
  Result<void> outcome_;
};

}  // namespace

Result<void> check_blocks(VerifyContext& context) {
  return BlockScan(context).run();
}

}  // namespace vde
