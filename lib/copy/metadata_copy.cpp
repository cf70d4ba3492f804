#include "copy/metadata_copy.h"

#include <algorithm>
#include <map>

#include "check/passes/block_judge.h"
#include "copy/scrub/region_scrubber.h"
#include "copy/scrub/scrub_fixed.h"
#include "io/run_writer.h"
#include "io/sparse/written_runs.h"

namespace vde {
namespace {

class MetadataCopy {
 public:
  MetadataCopy(CopySource& source, BlockFile& to, bool scrubbed, const DamageVisitor& show,
               CopySummary& summary, bool& failed_to)
      : source_(source),
        io_(source.io()),
        to_(to, source.io().block_size()),
        writer_(to_),
        scrubbed_(scrubbed),
        show_(show),
        summary_(summary),
        failed_to_(failed_to),
        judge_(source.context()),
        buffer_(io_.make_buffer()),
        scrubbed_block_(io_.make_buffer()) {}

  Result<void> run() {
    if (source_.journal_error()) summary_.not_checked.emplace_back("journal");
    judge_.check_heads();
    VDE_TRY(show_new_damage());
    const uint64_t fixed_end = std::min(kFirstRegionBlock, source_.probe().blocks_in_file());
    VDE_TRY(each_block({0, fixed_end},
                       [this](const UncheckedBlock& block) { return copy_fixed(block); }));
    for (const Stretch& stretch : region_stretches(source_.regions())) VDE_TRY(copy(stretch));
    VDE_TRY(done(writer_.flush()));
    judge_.report_empty_heads();
    return show_new_damage();
  }

 private:
  // What was reported about the source since the last call.
  Result<void> show_new_damage() {
    for (; shown_ < source_.damage().size(); ++shown_) {
      const Finding& finding = source_.damage()[shown_];
      VDE_TRY(show({finding.block.value_or(0), finding.region, finding.kind->code,
                    std::string(finding.kind->title) +
                        (finding.message.empty() ? "" : ": " + finding.message)}));
    }
    return {};
  }

  Result<void> show(const DamagedBlock& damage) {
    ++summary_.damaged;
    return show_ ? show_(damage) : Result<void>{};
  }

  Result<void> show(FindingCode code, uint64_t block, BlockType region,
                    const std::string& message) {
    const FindingKind& kind = kind_of(code);
    if (kind.severity != Severity::kError) return {};
    return show({block, to_string(region), kind.code, std::string(kind.title) + ": " + message});
  }

  // Passes the written blocks of `blocks` to `visit`; those that cannot be read are reported.
  template <class Visit>
  Result<void> each_block(BlockRange blocks, Visit visit) {
    return each_written_run(io_, blocks, [&](BlockRange run) -> Result<void> {
      for (; !run.empty(); ++run.begin) {
        if (source_.context().activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
        source_.context().activity.done += io_.block_size();
        const auto block = io_.read(run.begin, buffer_);
        if (!block) {
          VDE_TRY(io_.file().check_reachable());
          VDE_TRY(show_unreadable(run.begin, block.error().message));
        } else if (!block->is_unwritten()) {
          VDE_TRY(visit(*block));
        }
      }
      return {};
    });
  }

  Result<void> show_unreadable(uint64_t number, const std::string& why) {
    if (number < kFirstRegionBlock) return {};  // reported with the fixed blocks
    for (const PlacedRegion& region : source_.regions())
      if (!region.is_data_area && region.blocks.contains(number))
        return show(FindingCode::kBlockUnreadable, number, region.type, why);
    return {};
  }

  Result<void> copy_fixed(const UncheckedBlock& block) {
    ++summary_.blocks_checked;
    if (!scrubbed_) return write(block.number(), block.bytes());
    const auto checked = block.check_any();
    if (!checked) return {};
    if (!fixed_.scrub(*checked, clean_payload())) return {};
    return write_scrubbed(*checked);
  }

  Result<void> copy(const Stretch& stretch) {
    BlockRange blocks = stretch.blocks;
    blocks.begin = std::max(blocks.begin, kFirstRegionBlock);
    for (const size_t index : stretch.regions) {
      // Of journals only the header is defined. That of data holds data, and that of metadata what
      // is to be scrubbed.
      const PlacedRegion& region = source_.regions()[index];
      const bool hides = region.type == block_types::kDataWal ||
                         (scrubbed_ && region.type == block_types::kMetadataWal);
      if (hides) blocks.end = std::min(blocks.end, std::max(blocks.begin, region.blocks.begin + 1));
    }
    return each_block(
        blocks, [&](const UncheckedBlock& block) { return copy_block(block, stretch.regions); });
  }

  Result<void> copy_block(const UncheckedBlock& block, const std::vector<size_t>& regions) {
    for (const size_t region : regions) VDE_TRY(judge(block, source_.regions()[region]));
    if (!scrubbed_) return write(block.number(), block.bytes());
    const auto checked = block.check_any();
    if (!checked) return {};
    const auto owner = owner_of(checked->trailer().type, regions);
    if (!owner) return {};
    const MutableBytes to = clean_payload();
    if (RegionScrubber* scrubber = scrubber_of(*owner)) {
      const uint64_t index = block.number() - source_.regions()[*owner].blocks.begin;
      VDE_TRY(scrubber->scrub(index, *checked, to));
    }
    return write_scrubbed(*checked);
  }

  Result<void> judge(const UncheckedBlock& block, const PlacedRegion& region) {
    if (!BlockJudge::judges(region, block.number())) return {};
    ++summary_.blocks_checked;
    findings_.clear();
    judge_.judge(block, region, findings_);
    for (const NewFinding& finding : findings_)
      VDE_TRY(show(finding.code, block.number(), region.type, finding.message));
    return {};
  }

  // The only one of `regions` that may carry a block of this type: if two do, the block may be
  // either's.
  [[nodiscard]] std::optional<size_t> owner_of(BlockType type,
                                               const std::vector<size_t>& regions) const {
    std::optional<size_t> owner;
    for (const size_t index : regions) {
      const PlacedRegion& region = source_.regions()[index];
      const bool is_migration =
          region.content == block_types::kInodes && type == block_types::kMigration;
      if (!is_migration && !may_carry(region.type, region.content, type)) continue;
      if (owner) return std::nullopt;
      owner = index;
    }
    return owner;
  }

  RegionScrubber* scrubber_of(size_t region) {
    auto [found, is_new] = scrubbers_.try_emplace(region);
    if (is_new)
      found->second = make_region_scrubber(io_, source_.regions()[region], source_.probe(),
                                           source_.context().activity);
    return found->second.get();
  }

  MutableBytes clean_payload() {
    std::fill(scrubbed_block_.begin(), scrubbed_block_.end(), uint8_t{0});
    return MutableBytes(scrubbed_block_).first(scrubbed_block_.size() - kTrailerSize);
  }

  Result<void> write_scrubbed(const CheckedBlock& block) {
    write_trailer(scrubbed_block_, block.trailer().type, block.trailer().generation);
    return write(block.number(), scrubbed_block_);
  }

  Result<void> write(uint64_t number, Bytes block) {
    summary_.written += block.size();
    return done(writer_.add(number, block));
  }

  Result<void> done(Result<void> written) {
    failed_to_ = !written;
    // The block is one of the output.
    if (!written) written.error().block.reset();
    return written;
  }

  CopySource& source_;
  const BlockIo& io_;
  BlockIo to_;
  RunWriter writer_;
  bool scrubbed_;
  const DamageVisitor& show_;
  CopySummary& summary_;
  bool& failed_to_;
  BlockJudge judge_;
  BlockBuffer buffer_;
  BlockBuffer scrubbed_block_;
  FixedScrubber fixed_;
  std::map<size_t, std::unique_ptr<RegionScrubber>> scrubbers_;  // by region; may be null
  std::vector<NewFinding> findings_;
  size_t shown_ = 0;  // findings about the source that were shown
};

}  // namespace

Result<void> copy_metadata(CopySource& source, BlockFile& to, bool scrubbed,
                           const DamageVisitor& show, CopySummary& summary, bool& failed_to) {
  return MetadataCopy(source, to, scrubbed, show, summary, failed_to).run();
}

}  // namespace vde
