#include "image/write_image.h"

#include <algorithm>

#include "base/piece.h"
#include "format/integrity_anchor.h"
#include "format/journal_record.h"
#include "format/region/bitmap.h"
#include "format/region/inode.h"
#include "format/region/wal_header.h"
#include "format/region_content.h"
#include "format/region_map.h"
#include "format/superblock.h"
#include "format/tag/tag_index.h"
#include "image/fresh_regions.h"
#include "io/block_io.h"

namespace vde {
namespace {

// The checkpoint sequence of a new image, and so the generation of all its blocks.
constexpr uint32_t kFirstGeneration = 1;

Superblock fresh_superblock(const ImagePlan& plan, uint16_t inode_size) {
  const CreateOptions& options = plan.options;
  Superblock superblock;
  superblock.module_manifest = options.modules;
  superblock.block_size = static_cast<int32_t>(options.block_size);
  superblock.total_blocks = static_cast<int64_t>(plan.total_blocks);
  superblock.free_blocks = static_cast<int64_t>(plan.total_blocks - plan.allocated_blocks);
  superblock.expected_file_size = static_cast<int64_t>(options.size);
  superblock.total_allocated_blocks = static_cast<int64_t>(plan.allocated_blocks);
  superblock.uuid = options.uuid;
  superblock.inode_size = inode_size;
  std::copy(options.label.begin(), options.label.end(), superblock.label.bytes.begin());
  superblock.created = superblock.modified = superblock.last_writer = options.now;
  return superblock;
}

std::vector<RegionSlot> slots_of(const ImagePlan& plan) {
  std::vector<RegionSlot> slots;
  for (const PlannedRegion& region : plan.regions)
    slots.push_back(
        {make_block_type(region.type), kRegionActive, static_cast<int64_t>(region.blocks.begin),
         static_cast<int64_t>(region.blocks.count()), static_cast<int64_t>(region.used)});
  return slots;
}

// Writes the structures of one image, block by block.
class ImageWriter {
 public:
  ImageWriter(BlockFile& file, const ImagePlan& plan, const Activity& activity)
      : io_(file, plan.options.block_size), plan_(plan), activity_(activity) {}

  Result<void> write() {
    inodes_ = make_inode_layout(plan_.options.modules);
    if (!io_.file().is_device()) VDE_TRY(io_.file().resize(plan_.options.size));
    const std::vector<RegionSlot> slots = slots_of(plan_);
    for (size_t i = 0; i < slots.size(); ++i)
      VDE_TRY(write_region(plan_.regions[i], region_content(slots, i, plan_.options.modules)));
    VDE_TRY(write_directory());
    VDE_TRY(io_.file().sync());
    VDE_TRY(write_group(kPrimaryGroup));
    return write_group(kMirrorGroup);
  }

 private:
  Result<void> write_region(const PlannedRegion& region, BlockType content) {
    const BlockType type = make_block_type(region.type);
    if (type == block_types::kBitmap) return write_bitmap(region.blocks);
    if (type == block_types::kInodes) {
      BlockBuffer block = io_.make_buffer();
      encode_inode_layout(inodes_, block);
      return write_block(region.blocks.begin, type, block);
    }
    if (type == block_types::kMetadataWal) {
      BlockBuffer block = io_.make_buffer();
      kWalHeaderLayout.encode(
          fresh_wal_header(static_cast<int64_t>(region.blocks.count()), plan_.options.now), block);
      // With the mark in place from the start, the first commit does not need a sync to write it.
      JournalMark mark;
      mark.uuid = plan_.options.uuid;
      encode_journal_mark(mark, MutableBytes(block).subspan(kJournalMarkOffset));
      return write_block(region.blocks.begin, type, block);
    }
    if (type == block_types::kTagIndex || type == block_types::kQueryIndex)
      return write_tag_index(region.blocks);
    if (is_fixed(type) || content == block_types::kData) return {};
    return write_module_region(region.blocks, type, content);
  }

  Result<void> write_module_region(BlockRange blocks, BlockType slot_type, BlockType content) {
    BlockBuffer head = io_.make_buffer();
    const auto fresh = begin_region(slot_type, content, blocks.count(), plan_.options.now,
                                    MutableBytes(head).first(payload_size(io_.block_size())));
    if (!fresh) return {};
    VDE_TRY(write_block(blocks.begin, fresh->type, head));
    if (!fresh->all_sealed) return {};
    return write_run({blocks.begin + 1, blocks.end}, fresh->type, io_.make_buffer());
  }

  Result<void> write_bitmap(BlockRange region) {
    const uint64_t bits = bits_per_bitmap_block(io_.block_size());
    const uint64_t full = plan_.allocated_blocks / bits;
    BlockBuffer block = io_.make_buffer();
    if (full > 0) {
      set_bits(MutableBytes(block).first(payload_size(io_.block_size())), 0, bits);
      VDE_TRY(write_run({region.begin, region.begin + full}, block_types::kBitmap, block));
    }
    if (plan_.allocated_blocks % bits == 0) return {};
    std::fill(block.begin(), block.end(), uint8_t{0});
    set_bits(block, 0, plan_.allocated_blocks % bits);
    return write_block(region.begin + full, block_types::kBitmap, block);
  }

  // Also of the query index: the SDK writes it with the tag index's class.
  Result<void> write_tag_index(BlockRange region) {
    BlockBuffer block = io_.make_buffer();
    TagIndexHeader header;
    header.bloom_bits = static_cast<int32_t>(default_bloom_bits(io_.block_size()));
    header.bloom_hashes = kDefaultBloomHashes;
    kTagIndexHeaderLayout.encode(header, block);
    VDE_TRY(write_block(region.begin, block_types::kTagIndex, block));
    std::fill(block.begin(), block.end(), uint8_t{0});
    TagNode root;
    root.leaf = true;
    VDE_TRY(encode_tag_node(root, MutableBytes(block).first(payload_size(io_.block_size()))));
    return write_block(region.begin + 1, block_types::kTagIndex, block);
  }

  Result<void> write_directory() {
    const size_t payload = payload_size(io_.block_size());
    BlockBuffer block = io_.make_buffer();
    encode_slots(slots_of(plan_), MutableBytes(block).first(payload));
    DirectoryHeader header;
    header.slot_count = static_cast<uint16_t>(slots_per_block(io_.block_size()));
    header.active_count = static_cast<uint16_t>(plan_.regions.size());
    header.slots_checksum = checksum(Bytes(block).first(payload));
    VDE_TRY(write_block(kDirectoryStart, block_types::kRegionMap, block));
    std::fill(block.begin(), block.end(), uint8_t{0});
    kDirectoryHeaderLayout.encode(header, block);
    return write_block(kDirectoryStart + 1, block_types::kRegionMap, block);
  }

  Result<void> write_group(uint64_t start) {
    const size_t payload = payload_size(io_.block_size());
    BlockBuffer block = io_.make_buffer();
    kSuperblockLayout.encode(fresh_superblock(plan_, inodes_.header.inode_size), block);
    VDE_TRY(write_block(start, group_block_type(0), block));
    encode_slots(slots_of(plan_), MutableBytes(block).first(payload));
    VDE_TRY(write_block(start + 1, group_block_type(1), block));
    std::fill(block.begin(), block.end(), uint8_t{0});
    VDE_TRY(write_block(start + 2, group_block_type(2), block));
    IntegrityAnchor anchor;
    anchor.format_fingerprint = format_fingerprint();
    std::fill(block.begin(), block.end(), uint8_t{0});
    kIntegrityAnchorLayout.encode(anchor, block);
    return write_block(start + 3, group_block_type(3), block);
  }

  Result<void> write_block(uint64_t number, BlockType type, BlockBuffer& block) {
    return io_.write(number, type, kFirstGeneration, block);
  }

  // Writes the same block to all of `blocks`: a block does not contain its own number.
  Result<void> write_run(BlockRange blocks, BlockType type, BlockBuffer block) {
    write_trailer(block, type, kFirstGeneration);
    const uint64_t at_once = std::min<uint64_t>(blocks.count(), kPieceBytes / block.size());
    BlockBuffer run;
    run.reserve(at_once * block.size());
    for (uint64_t i = 0; i < at_once; ++i) run.insert(run.end(), block.begin(), block.end());
    for (uint64_t at = blocks.begin; at < blocks.end; at += at_once) {
      if (activity_.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      const uint64_t count = std::min(at_once, blocks.end - at);
      VDE_TRY(io_.file().write(at * block.size(), Bytes(run).first(count * block.size())));
    }
    return {};
  }

  BlockIo io_;
  const ImagePlan& plan_;
  const Activity& activity_;
  InodeLayout inodes_;
};

}  // namespace

Result<void> write_image(BlockFile& file, const ImagePlan& plan, const Activity& activity) {
  return ImageWriter(file, plan, activity).write();
}

}  // namespace vde
