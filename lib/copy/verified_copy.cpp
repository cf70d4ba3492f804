#include "copy/verified_copy.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "base/piece.h"
#include "check/passes.h"
#include "check/passes/bitmap_bits.h"
#include "check/passes/block_judge.h"
#include "check/passes/block_pieces.h"
#include "io/sparse/copy_written.h"

namespace vde {
namespace {

constexpr const char* kRunRescue =
    "run 'vdetool rescue IMAGE --output NEW', or copy its metadata with --metadata";

tl::unexpected<Error> not_verified(std::optional<uint64_t> block, std::string_view type,
                                   std::string_view title, std::string_view details) {
  const std::string where =
      block ? fmt::format("block {}{}: ", *block, type.empty() ? "" : fmt::format(" ({})", type))
            : std::string{};
  const std::string more = details.empty() ? std::string{} : fmt::format(": {}", details);
  Error error{ErrorCode::kDamaged, where + std::string(title) + more, kRunRescue, block};
  return tl::make_unexpected(std::move(error));
}

tl::unexpected<Error> not_verified(const Finding& finding) {
  return not_verified(finding.block, finding.region, finding.kind->title, finding.message);
}

tl::unexpected<Error> not_verified(const NewFinding& finding) {
  const FindingKind& kind = kind_of(finding.code);
  const std::string type = finding.region ? to_string(*finding.region) : std::string{};
  return not_verified(finding.block, type, kind.title, finding.message);
}

bool is_error(const NewFinding& finding) {
  return kind_of(finding.code).severity == Severity::kError;
}

// Whether blocks of the data area are in use; asked in ascending order.
class UsedBlocks {
 public:
  UsedBlocks(VerifyContext& context, const PlacedRegion& data)
      : bits_(context),
        has_bitmap_(context.find(block_types::kBitmap) != nullptr),
        end_(data.blocks.end),
        referenced_(context.references.merged(data.blocks.end, {})) {}

  [[nodiscard]] bool contains(uint64_t block) {
    if (block >= end_) return false;
    while (next_ < referenced_.size() && referenced_[next_].end <= block) ++next_;
    if (next_ < referenced_.size() && referenced_[next_].begin <= block) return true;
    return has_bitmap_ && bits_.is_allocated(block);
  }

 private:
  BitmapBits bits_;
  bool has_bitmap_;
  uint64_t end_;  // of the volume
  std::vector<BlockRange> referenced_;
  size_t next_ = 0;
};

class VerifiedCopy {
 public:
  VerifiedCopy(CopySource& source, BlockFile& to, CopySummary& summary, bool& failed_to)
      : source_(source),
        context_(source.context()),
        io_(source.io()),
        to_(to),
        summary_(summary),
        failed_to_(failed_to),
        judge_(context_),
        data_(data_region(source.probe())),
        used_(context_, data_),
        stretches_(region_stretches(source.regions())) {}

  Result<void> run() {
    judge_.check_heads();
    VDE_TRY(check_can_copy(source_));
    VDE_TRY(copy());
    judge_.report_empty_heads();
    VDE_TRY(check_can_copy(source_));
    summary_.blocks_checked += context_.report.summary().blocks_checked;  // the fixed ones
    if (context_.find(block_types::kBitmap) == nullptr) summary_.not_checked = {"data blocks"};
    return {};
  }

 private:
  // Pieces consist of whole blocks and whole pages, so that holes stay holes.
  Result<void> copy() {
    const uint64_t unit = std::max<uint64_t>(kPageBytes, io_.block_size());
    BlockBuffer buffer(kPieceBytes);
    for (uint64_t at = 0; at < source_.size();) {
      if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(data, source_.file().next_data({at, source_.size()}));
      if (data.empty()) break;
      at = data.begin / unit * unit;
      const uint64_t end = divide_up(data.end, unit) * unit;
      const uint64_t length = std::min({uint64_t{buffer.size()}, source_.size() - at, end - at});
      const MutableBytes piece = MutableBytes(buffer).first(length);
      VDE_TRY(read(at, piece));
      VDE_TRY(judge(at / io_.block_size(), piece));
      VDE_TRY(write(at, piece));
      at += length;
      context_.activity.done += length;
    }
    return {};
  }

  Result<void> read(uint64_t at, MutableBytes piece) {
    if (source_.file().read(at, piece)) return {};
    // Find out which block it is.
    BlockBuffer buffer = io_.make_buffer();
    const uint64_t first = at / io_.block_size();
    for (uint64_t i = 0; i < piece.size() / io_.block_size(); ++i) {
      const auto block = io_.read(first + i, buffer);
      if (!block)
        return not_verified(first + i, "", "a block cannot be read", block.error().message);
    }
    return source_.file().read(at, piece);
  }

  Result<void> write(uint64_t at, Bytes piece) {
    Result<uint64_t> written = write_nonzero(at, piece, to_);
    failed_to_ = !written;
    if (!written) return propagate(written);
    summary_.written += *written;
    return {};
  }

  Result<void> judge(uint64_t first, Bytes piece) {
    const size_t size = io_.block_size();
    for (uint64_t i = 0; (i + 1) * size <= piece.size(); ++i) {
      const UncheckedBlock block(first + i, piece.subspan(i * size, size));
      if (!block.is_unwritten()) VDE_TRY(judge(block));
    }
    return {};
  }

  Result<void> judge(const UncheckedBlock& block) {
    const uint64_t number = block.number();
    while (next_ < stretches_.size() && stretches_[next_].blocks.end <= number) ++next_;
    if (next_ < stretches_.size() && stretches_[next_].blocks.begin <= number) {
      for (const size_t region : stretches_[next_].regions)
        VDE_TRY(judge(block, context_.regions[region]));
      return {};
    }
    const bool is_used = number >= kFirstRegionBlock && used_.contains(number);
    return is_used ? judge(block, data_) : Result<void>{};
  }

  Result<void> judge(const UncheckedBlock& block, const PlacedRegion& region) {
    if (!BlockJudge::judges(region, block.number())) return {};
    findings_.clear();
    judge_.judge(block, region, findings_);
    ++summary_.blocks_checked;
    for (const NewFinding& finding : findings_)
      if (is_error(finding)) return not_verified(finding);
    return {};
  }

  CopySource& source_;
  VerifyContext& context_;
  const BlockIo& io_;
  BlockFile& to_;
  CopySummary& summary_;
  bool& failed_to_;
  BlockJudge judge_;
  PlacedRegion data_;
  UsedBlocks used_;
  std::vector<Stretch> stretches_;
  size_t next_ = 0;  // the first stretch that does not end before the current block
  std::vector<NewFinding> findings_;
};

}  // namespace

Result<void> check_can_copy(const CopySource& source) {
  if (!source.damage().empty()) return not_verified(source.damage().front());
  const auto& journal = source.journal_error();
  if (!journal) return {};
  Error error = *journal;
  error.hint = kRunRescue;
  return tl::make_unexpected(std::move(error));
}

Result<void> copy_verified(CopySource& source, BlockFile& to, CopySummary& summary,
                           bool& failed_to) {
  // They find the blocks that modules and dictionaries use.
  for (const Pass pass : {check_modules, check_dictionaries}) VDE_TRY(pass(source.context()));
  return VerifiedCopy(source, to, summary, failed_to).run();
}

}  // namespace vde
