#include "check/passes/block_judge.h"

#include <fmt/format.h>

namespace vde {
namespace {

bool must_have_head(BlockType tag) {
  return tag == block_types::kBitmap || tag == block_types::kInodes ||
         tag == block_types::kMetadataWal;
}

}  // namespace

bool BlockJudge::has_head(const PlacedRegion& region) {
  return !region.is_data_area && region.tag != block_types::kSuperblock &&
         region.tag != block_types::kRegionMap;
}

void BlockJudge::check_head(size_t index, const UncheckedBlock& block) {
  const PlacedRegion& region = context_.regions[index];
  Watch& watch = watches_[index];
  const bool unwritten = block.is_unwritten();
  watch.head_unwritten = unwritten && !must_have_head(region.tag);
  // Without policies a vault's first block is zero, and the second holds its HMAC all the same.
  const bool empty_vault = region.tag == block_types::kPolicyVault && !unwritten;
  watch.head_is_empty = !must_have_head(region.tag) && region.tag != block_types::kDataWal &&
                        !empty_vault && all_zero(block.unchecked_payload());
  if (unwritten && must_have_head(region.tag))
    report_unwritten(index, FindingCode::kRegionHeadMissing);
}

void BlockJudge::judge(const UncheckedBlock& block, const PlacedRegion& region,
                       std::vector<NewFinding>& findings) {
  const auto add = [&](FindingCode code, std::string message) {
    if (is_switched_off(code, FindingSite::here())) return;
    findings.push_back({code, block.number(), region.tag, std::move(message)});
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
  if (is_newer(context_.probe, trailer.generation))
    add(FindingCode::kBlockNewer,
        fmt::format("generation {}, the superblock's checkpoint sequence is {}", trailer.generation,
                    context_.probe.superblock.checkpoint_sequence));
}

void BlockJudge::report_empty_heads() {
  for (size_t i = 0; i < watches_.size(); ++i) {
    const PlacedRegion& region = context_.regions[i];
    const uint64_t content = watches_[i].content;
    if (content == UINT64_MAX) {
      if (watches_[i].head_unwritten) report_unwritten(i, FindingCode::kRegionNeverWritten);
      continue;
    }
    const bool unwritten = watches_[i].head_unwritten;
    context_.report.add(
        FindingCode::kRegionHeadLost, region.blocks.begin, region.tag,
        fmt::format("{} region: its first block {}, but block {} {}", to_string(region.tag),
                    unwritten ? "was never written" : "is zero", content,
                    unwritten ? "was" : "has content"));
  }
}

void BlockJudge::report_unwritten(size_t index, FindingCode code) {
  const PlacedRegion& region = context_.regions[index];
  context_.report.add(
      code, region.blocks.begin, region.tag,
      fmt::format("{} region: its first block was never written", to_string(region.tag)));
}

void BlockJudge::note_content(const UncheckedBlock& block, const PlacedRegion& region) {
  if (!has_head(region)) return;
  Watch& watch = watches_[static_cast<size_t>(&region - context_.regions.data())];
  if (!watch.head_is_empty || block.number() == region.blocks.begin) return;
  if (!watch.head_unwritten && all_zero(block.unchecked_payload())) return;
  uint64_t first = watch.content;
  while (block.number() < first && !watch.content.compare_exchange_weak(first, block.number())) {
  }
}

}  // namespace vde
