// Checks the inode layout in the first block of the inode table.
#include <fmt/format.h>

#include <algorithm>

#include "check/passes.h"
#include "check/passes/inode_pass.h"

namespace vde {

bool has_valid_sizes(const InodeLayout& layout) {
  return layout.header.inode_size != 0 && layout.header.core_end == kInodeCoreSize;
}

std::string inode_layout_contradiction(const InodeLayout& layout, uint32_t manifest) {
  std::vector<InodeModuleField> fields = layout.fields;
  std::sort(fields.begin(), fields.end(),
            [](const auto& a, const auto& b) { return a.offset < b.offset; });
  uint32_t end = layout.header.core_end;
  for (const InodeModuleField& field : fields) {
    if (field.module >= 32 || (manifest >> field.module & 1) == 0)
      return fmt::format("a field of feature {}, which is not in the manifest", field.module);
    if (field.offset < end)
      return fmt::format("the field of feature {} at byte {} overlaps the one before it",
                         field.module, field.offset);
    end = uint32_t{field.offset} + field.size;
  }
  if (end > layout.header.inode_size)
    return fmt::format("the fields end at byte {}, but the inode has {} bytes", end,
                       layout.header.inode_size);
  return {};
}

bool is_legal_layout(Bytes payload, uint32_t manifest) {
  const auto layout = decode_inode_layout(payload);
  return layout && has_valid_sizes(*layout) &&
         inode_layout_contradiction(*layout, manifest).empty();
}

namespace {

// The format does not specify how inodes are packed, so their references are known only if there
// are no inodes: no block after the first was ever written.
Result<bool> has_inodes(VerifyContext& context, BlockRange blocks) {
  BlockBuffer buffer = context.io.make_buffer();
  for (BlockRange left{blocks.begin + 1, blocks.end}; !left.empty(); ++left.begin) {
    if (context.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(data, context.io.file().next_data(context.io.bytes_of(left)));
    if (data.empty()) return false;
    left.begin = std::max(left.begin, data.begin / context.io.block_size());
    const auto block = context.io.read(left.begin, buffer);
    if (!block || !block->is_unwritten()) return true;
  }
  return false;
}

}  // namespace

Result<void> check_inode_layout(VerifyContext& context) {
  const PlacedRegion* region = context.find(block_types::kInodes);
  if (region == nullptr) return {};
  // The exporter writes no layout block: inodes begin in the first block.
  if (context.exported) return {};
  VDE_TRY_ASSIGN(inodes, has_inodes(context, region->blocks));
  if (!inodes) context.references.know(block_types::kInodes);
  BlockBuffer buffer = context.io.make_buffer();
  const auto block = context.io.read_checked(region->blocks.begin, block_types::kInodes, buffer);
  if (!block) return {};
  const Result<InodeLayout> layout = decode_inode_layout(block->payload());
  if (!layout) {
    context.report.add(FindingCode::kInodeLayoutBroken, block->number(), block_types::kInodes,
                       layout.error().message);
    return {};
  }
  if (!has_valid_sizes(*layout)) {
    context.report.add(
        FindingCode::kInodeLayoutBroken, block->number(), block_types::kInodes,
        fmt::format("inode size {}, core {} bytes instead of {}", layout->header.inode_size,
                    layout->header.core_end, kInodeCoreSize));
    return {};
  }
  if (layout->header.reserved != 0)
    context.report.add(FindingCode::kReservedNotZero, block->number(), block_types::kInodes,
                       "reserved field of the inode layout");
  for (const InodeModuleField& field : layout->fields)
    if ((field.flags & ~(kInodeFieldActive | kInodeFieldMigrating)) != 0)
      context.report.add(
          FindingCode::kInodeFieldUnknownFlags, block->number(), block_types::kInodes,
          fmt::format("field of feature {}: flags {:#x}", field.module, field.flags));
  if (!context.probe.superblock_verified()) return {};
  const Superblock& superblock = context.probe.superblock;
  if (const std::string why = inode_layout_contradiction(*layout, superblock.module_manifest);
      !why.empty())
    context.report.add(FindingCode::kInodeLayoutContradicts, block->number(), block_types::kInodes,
                       why);
  if (superblock.inode_size != layout->header.inode_size)
    context.report.add(FindingCode::kInodeSizeDiffers, block->number(), block_types::kInodes,
                       fmt::format("{} bytes in the superblock, {} in the inode table",
                                   superblock.inode_size, layout->header.inode_size));
  return {};
}

}  // namespace vde
