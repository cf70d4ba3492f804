#include "check/repair/repair_generations.h"

#include <fmt/format.h>

#include <algorithm>

#include "check/passes/lost_entries.h"
#include "format/region_content.h"

namespace vde {
namespace {

// The maximum number of blocks that a step names.
constexpr size_t kMaxNewerNamed = 16;

// As is_newer() of a probe, with the sequence of this repair's last commit.
bool is_newer_than(const Superblock& superblock, uint32_t generation) {
  const int64_t sequence = superblock.checkpoint_sequence;
  return sequence >= 0 && sequence <= UINT32_MAX && generation > sequence;
}

// The journal's blocks are not its own.
bool has_generations(const PlacedRegion& region) {
  return !region.is_data_area && region.type != block_types::kMetadataWal &&
         region.blocks.begin >= kFirstRegionBlock && !counts_own_generations(region.content);
}

// The valid blocks of a region that are newer than the superblock.
Result<std::vector<uint64_t>> find_newer(StructureRepair& repair, const PlacedRegion& region) {
  std::vector<uint64_t> newer;
  const Superblock superblock = repair.superblock();
  for (uint64_t at = region.blocks.begin; at < region.blocks.end; ++at) {
    if (repair.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(next, repair.next_written({at, region.blocks.end}));
    at = next;
    if (at == region.blocks.end) break;
    VDE_TRY_ASSIGN(block, repair.read(at));
    const auto checked = block.check_any();
    if (!checked || !may_carry(region.type, region.content, checked->trailer().type)) continue;
    if (is_newer_than(superblock, checked->trailer().generation)) newer.push_back(at);
  }
  return newer;
}

Result<void> rewrite(StructureRepair& repair, const PlacedRegion& region,
                     const std::vector<uint64_t>& blocks) {
  repair.step(
      fmt::format("give {} of {} the superblock's generation",
                  list_blocks(std::span(blocks).first(std::min(blocks.size(), kMaxNewerNamed)),
                              blocks.size()),
                  to_string(region.type)),
      "the payload: its checksum matches, and does not cover the generation");
  repair.solves(kind_of(FindingCode::kBlockNewer));
  for (const uint64_t number : blocks) {
    VDE_TRY_ASSIGN(block, repair.read(number));
    const BlockType type = block.unchecked_trailer().type;
    VDE_TRY(repair.edit(number, type));
  }
  return {};
}

}  // namespace

Result<void> repair_generations(StructureRepair& repair) {
  for (const PlacedRegion& region : repair.regions()) {
    if (!has_generations(region)) continue;
    VDE_TRY_ASSIGN(suspected, find_newer(repair, region));
    if (suspected.empty()) continue;
    // Blocks that this repair changed have the generation of its commit.
    VDE_TRY(repair.settle());
    VDE_TRY_ASSIGN(newer, find_newer(repair, region));
    if (newer.empty()) continue;
    // vdetool's header of a tag index is never older than its nodes.
    if (region.type == block_types::kTagIndex && newer.front() != region.blocks.begin)
      newer.insert(newer.begin(), region.blocks.begin);
    VDE_TRY(rewrite(repair, region, newer));
  }
  return {};
}

}  // namespace vde
