#include "check/passes/block_judge.h"

#include <fmt/format.h>

namespace vde {
namespace {

bool must_have_head(BlockType type) {
  return type == block_types::kBitmap || type == block_types::kInodes ||
         type == block_types::kMetadataWal;
}

}  // namespace

bool BlockJudge::has_head(const PlacedRegion& region) {
  return !region.is_data_area && !is_fixed(region.type);
}

bool BlockJudge::judges(const PlacedRegion& region, uint64_t block) {
  if (is_fixed(region.type)) return false;
  return !is_journal(region.type) || block == region.blocks.begin;
}

void BlockJudge::check_heads() {
  BlockBuffer buffer = context_.io.make_buffer();
  for (size_t i = 0; i < context_.regions.size(); ++i) {
    if (!has_head(context_.regions[i])) continue;
    const auto block = context_.io.read(context_.regions[i].blocks.begin, buffer);
    if (block) check_head(i, *block);
  }
}

void BlockJudge::check_head(size_t index, const UncheckedBlock& block) {
  const PlacedRegion& region = context_.regions[index];
  Watch& watch = watches_[index];
  const bool unwritten = block.is_unwritten();
  watch.head_unwritten = unwritten && !must_have_head(region.type);
  // A policy vault without policies has a first block of zeros, followed by a block with its HMAC.
  const bool empty_vault = region.type == block_types::kPolicyVault && !unwritten;
  watch.head_is_empty = !must_have_head(region.type) && region.type != block_types::kDataWal &&
                        !empty_vault && all_zero(block.unchecked_payload());
  if (unwritten && must_have_head(region.type))
    report_unwritten(index, FindingCode::kRegionHeadMissing);
}

bool BlockJudge::is_sound(const UncheckedBlock& block, const PlacedRegion& region) const {
  const Trailer trailer = block.unchecked_trailer();
  if (trailer == Trailer{} || trailer.checksum != checksum(block.unchecked_payload())) return false;
  if (!may_carry(region.type, region.content, trailer.type)) return false;
  if (is_newer_than_volume(trailer, region)) return false;
  return !has_head(region) || !watches_[index_of(region)].head_is_empty;
}

bool BlockJudge::is_newer_than_volume(const Trailer& trailer, const PlacedRegion& region) const {
  return !counts_own_generations(region.content) && is_newer(context_.probe, trailer.generation);
}

size_t BlockJudge::index_of(const PlacedRegion& region) const {
  return static_cast<size_t>(&region - context_.regions.data());
}

void BlockJudge::judge(const UncheckedBlock& block, const PlacedRegion& region,
                       std::vector<NewFinding>& findings) {
  const auto add = [&](FindingCode code, std::string message) {
    if (is_switched_off(code, FindingSite::here())) return;
    findings.push_back({code, block.number(), region.type, std::move(message)});
  };
  const BlockState state = block.state();
  if (state == BlockState::kUnwritten) return;
  note_content(block, region);
  const Trailer trailer = block.unchecked_trailer();
  if (state == BlockState::kNoTrailer)
    return add(FindingCode::kBlockNoTrailer, "the last 16 bytes are zero");
  if (state == BlockState::kBadChecksum)
    return add(FindingCode::kBlockBadChecksum,
               fmt::format("trailer {:016x}, payload {:016x}", trailer.checksum,
                           checksum(block.unchecked_payload())));
  if (!may_carry(region.type, region.content, trailer.type)) {
    if (!is_known(trailer.type))
      return add(FindingCode::kBlockUnknownType, fmt::format("type {}", to_string(trailer.type)));
    // An unreferenced block of the data area may be left over from a region that moved.
    if (!region.is_data_area && is_known(region.type))
      return add(FindingCode::kBlockWrongType,
                 fmt::format("type {} in the region of {}", to_string(trailer.type),
                             to_string(region.type)));
  }
  if (is_newer_than_volume(trailer, region))
    add(FindingCode::kBlockNewer,
        fmt::format("generation {}, checkpoint sequence {}", trailer.generation,
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
        FindingCode::kRegionHeadLost, region.blocks.begin, region.type,
        unwritten ? fmt::format("the first block was never written, but block {} was", content)
                  : fmt::format("the first block is all zero, but block {} has content", content));
  }
}

void BlockJudge::report_unwritten(size_t index, FindingCode code) {
  const PlacedRegion& region = context_.regions[index];
  context_.report.add(
      code, region.blocks.begin, region.type,
      fmt::format("{} region of {} blocks", to_string(region.type), region.blocks.count()));
}

void BlockJudge::note_content(const UncheckedBlock& block, const PlacedRegion& region) {
  if (!has_head(region)) return;
  Watch& watch = watches_[index_of(region)];
  if (!watch.head_is_empty || block.number() == region.blocks.begin) return;
  if (!watch.head_unwritten && all_zero(block.unchecked_payload())) return;
  uint64_t first = watch.content;
  while (block.number() < first && !watch.content.compare_exchange_weak(first, block.number())) {
  }
}

}  // namespace vde
