#include "check/repair/sole_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/ranges.h"
#include "check/lost/lost_lines.h"
#include "check/passes/lost_entries.h"
#include "check/repair/named_blocks.h"

namespace vde {
namespace {

// The maximum number of blocks that a step names.
constexpr size_t kMaxNamed = 16;

// Where blocks of other structures are: outside the region, and not in the journal, which is
// overwritten.
Result<std::vector<BlockRange>> places_outside(StructureRepair& repair, BlockRange region) {
  VDE_TRY_ASSIGN(places, named_blocks(repair));
  const std::vector<BlockRange> metadata = repair.metadata();
  places.insert(places.end(), metadata.begin(), metadata.end());
  places = without(merge_ranges(std::move(places), repair.total_blocks()), region);
  if (const auto journal = repair.sole_region(block_types::kMetadataWal))
    places = without(places, journal->blocks);
  return places;
}

// Removes the blocks that have a copy in `places`. `odd`: by checksum.
Result<void> remove_copies(StructureRepair& repair, const std::vector<BlockRange>& places,
                           std::multimap<uint64_t, uint64_t>& odd) {
  for (const BlockRange& place : places) {
    for (uint64_t at = place.begin; at < place.end && !odd.empty(); ++at) {
      if (repair.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(next, repair.next_written({at, place.end}));
      at = next;
      if (at == place.end) break;
      VDE_TRY_ASSIGN(block, repair.read(at));
      const uint64_t content = block.unchecked_trailer().checksum;
      if (odd.contains(content) && block.check_payload()) odd.erase(content);
    }
  }
  return {};
}

}  // namespace

void SoleBlocks::add_to(Loss& loss) const {
  if (blocks.empty()) return;
  const std::span first = std::span(blocks).first(std::min(blocks.size(), kMaxNamed));
  if (!loss.what.empty()) loss.what += "; ";
  loss.what += fmt::format("what is in {}, which {} of the {}", list_blocks(first, blocks.size()),
                           blocks.size() == 1 ? "is not a block" : "are not blocks", structure);
  loss.counts.others += blocks.size();
}

Result<void> SoleBlocks::report(StructureRepair& repair) const {
  const std::string reason = fmt::format("the block is not one of the {}", structure);
  for (const uint64_t number : blocks) {
    VDE_TRY_ASSIGN(block, repair.read(number));
    VDE_TRY(lose_foreign_block(repair, block, repair.total_blocks(), reason));
  }
  return {};
}

Result<SoleBlocks> find_sole_blocks(StructureRepair& repair, const PlacedRegion& region,
                                    const std::vector<uint64_t>& targets,
                                    std::string_view structure, const BelongsHere& belongs) {
  std::multimap<uint64_t, uint64_t> odd;
  for (const uint64_t target : targets) {
    if (repair.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(block, repair.read(target));
    const auto checked = block.check_any();
    if (!checked || checked->trailer().type == region.type || all_zero(checked->payload()) ||
        belongs(block))
      continue;
    odd.emplace(checked->trailer().checksum, target);
  }
  SoleBlocks sole{{}, structure};
  if (odd.empty()) return sole;
  // Copies that an earlier step overwrites do not count.
  VDE_TRY(repair.settle());
  VDE_TRY_ASSIGN(places, places_outside(repair, region.blocks));
  VDE_TRY(remove_copies(repair, places, odd));
  for (const auto& [content, target] : odd) sole.blocks.push_back(target);
  std::ranges::sort(sole.blocks);
  return sole;
}

}  // namespace vde
