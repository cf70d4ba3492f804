#include "probe/region_head.h"

#include "base/checked.h"
#include "format/region/bitmap.h"
#include "format/region/inode.h"
#include "format/region/wal_header.h"
#include "format/region_content.h"
#include "format/superblock.h"
#include "format/tag/tag_index.h"

namespace vde {

bool may_be_first(BlockType type, Bytes payload) {
  if (all_zero(payload)) return true;  // the SDK leaves the first block of a new region so
  if (type == block_types::kTagIndex) {
    const TagIndexHeader header = kTagIndexHeaderLayout.decode(payload);
    const auto max_bits = max_bloom_bits(static_cast<uint32_t>(payload.size()) + kTrailerSize);
    // The SDK writes no filter. Then an empty leaf looks like the header of one tag.
    const bool has_filter = header.bloom_bits >= 1 && header.bloom_hashes >= 1;
    const bool is_leaf = header.bloom_bits == 0 && header.entry_count == 1;
    return all_zero(header.reserved) && (has_filter || header.bloom_bits == 0) && !is_leaf &&
           header.bloom_bits <= static_cast<int64_t>(max_bits);
  }
  if (is_journal(type)) {
    const WalHeader header = kWalHeaderLayout.decode(payload);
    return header.version == 1 && header.max_blocks > 0 &&
           header.type == (type == block_types::kDataWal ? kWalData : kWalMetadata);
  }
  // The fixed blocks are allocated.
  if (type == block_types::kBitmap)
    return count_bits(payload, 0, kFirstRegionBlock) == kFirstRegionBlock;
  if (type == block_types::kInodes)
    return kInodeLayoutHeaderLayout.decode(payload).core_end == kInodeCoreSize;
  if (type == block_types::kSnapshots || type == block_types::kCode)
    return all_zero(payload.subspan(4, 12));  // the reserved bytes of a packed table's header
  return true;
}

Result<uint64_t> head_before(const BlockIo& io, const BlockRuns& found, uint64_t begin) {
  if (begin <= kFirstRegionBlock) return begin;
  BlockBuffer buffer = io.make_buffer();
  VDE_TRY_ASSIGN(block, io.read(begin - 1, buffer));
  const auto run = first_run_from(found, begin - 1);
  const bool is_single =
      run != found.runs.end() && run->blocks.begin == begin - 1 && run->valid == 1;
  return block.state() != BlockState::kValid || is_single ? begin - 1 : begin;
}

}  // namespace vde
