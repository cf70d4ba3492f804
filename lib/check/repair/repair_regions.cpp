// Repairs regions whose content follows from the superblock: an inode table without inodes, and
// regions of features that were allocated but never initialized.
#include <fmt/format.h>

#include "check/passes/inode_pass.h"
#include "check/repair/sole_blocks.h"
#include "format/tag/tag_index.h"

namespace vde {
namespace {

// Whether every block of `blocks` is unwritten.
Result<bool> unwritten(StructureRepair& repair, BlockRange blocks) {
  while (!blocks.empty()) {
    VDE_TRY_ASSIGN(data, repair.io().file().next_data(repair.io().bytes_of(blocks)));
    if (data.empty()) return true;
    blocks.begin = data.begin / repair.io().block_size();
    const uint64_t end = (data.end + repair.io().block_size() - 1) / repair.io().block_size();
    for (; blocks.begin < std::min(end, blocks.end); ++blocks.begin) {
      VDE_TRY_ASSIGN(block, repair.read(blocks.begin));
      if (!block.is_unwritten()) return false;
    }
  }
  return true;
}

}  // namespace

Result<bool> begin_empty_region(StructureRepair& repair, const PlacedRegion& region,
                                std::string what, std::string source) {
  const int64_t used = repair.slots()[region.slot].used;
  Loss loss;
  if (used > 0) {
    loss.what = fmt::format("what was in the region, of which the slot counts {} used {}", used,
                            used == 1 ? "block" : "blocks");
    loss.counts.others = 1;
  }
  if (!repair.lossy_step(std::move(what), std::move(source), loss)) return false;
  if (!loss.what.empty())
    VDE_TRY(repair.lose({LostKind::kOther, region.blocks.begin, "nothing of the region is left"}));
  return true;
}

Result<void> write_empty_index(StructureRepair& repair, BlockRange blocks) {
  const uint32_t block_size = repair.io().block_size();
  VDE_TRY_ASSIGN(head, repair.replace(blocks.begin, block_types::kTagIndex));
  TagIndexHeader header;
  header.bloom_bits = static_cast<int32_t>(default_bloom_bits(block_size));
  kTagIndexHeaderLayout.encode(header, head);
  VDE_TRY_ASSIGN(root, repair.replace(blocks.begin + 1, block_types::kTagIndex));
  return encode_tag_node(TagNode{}, root);
}

// The layout follows from the manifest. It is rewritten only if the superblock's inode size agrees
// with it, and if there are no inodes that may use another layout.
Result<void> repair_inode_layout(StructureRepair& repair) {
  const auto region = repair.sole_region(block_types::kInodes);
  if (!region) return {};
  const InodeLayout wanted = make_inode_layout(repair.superblock().module_manifest);
  const uint64_t head = region->blocks.begin;
  VDE_TRY_ASSIGN(found, repair.read_intact(head, block_types::kInodes));
  if (found && is_legal_layout(*found, repair.superblock().module_manifest)) return {};
  if (wanted.header.inode_size != repair.superblock().inode_size) return {};
  VDE_TRY_ASSIGN(empty, unwritten(repair, {head + 1, region->blocks.end}));
  if (!empty) return {};
  const BelongsHere is_layout = [&](const UncheckedBlock& block) {
    return is_legal_layout(block.unchecked_payload(), repair.superblock().module_manifest);
  };
  VDE_TRY_ASSIGN(sole, find_sole_blocks(repair, *region, {head}, "inode table", is_layout));
  Loss loss;
  sole.add_to(loss);
  if (!repair.lossy_step(
          "rewrite the inode layout",
          "the feature manifest and the superblock's inode size; the table holds no inodes",
          std::move(loss)))
    return {};
  VDE_TRY(sole.report(repair));
  VDE_TRY_ASSIGN(payload, repair.replace(head, block_types::kInodes));
  encode_inode_layout(wanted, payload);
  return {};
}

Result<void> repair_empty_regions(StructureRepair& repair) {
  for (const BlockType type : {block_types::kTagIndex, block_types::kCode,
                               block_types::kIntegrityTree, block_types::kSnapshots}) {
    const auto region = repair.sole_region(type);
    if (!region || region->blocks.count() < 2) continue;
    VDE_TRY_ASSIGN(empty, unwritten(repair, region->blocks));
    if (!empty) continue;
    VDE_TRY_ASSIGN(
        begun, begin_empty_region(repair, *region,
                                  fmt::format("initialize the empty {} region", to_string(type)),
                                  "none of its blocks was ever written"));
    if (!begun) continue;
    if (type == block_types::kTagIndex) {
      VDE_TRY(write_empty_index(repair, region->blocks));
      continue;
    }
    for (uint64_t block = region->blocks.begin; block < region->blocks.end; ++block)
      VDE_TRY(repair.replace(block, type));
  }
  return {};
}

}  // namespace vde
