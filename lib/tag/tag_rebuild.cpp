#include "tag/tag_rebuild.h"

#include <algorithm>

#include "base/checked.h"
#include "format/tag/tag_filter.h"
#include "format/tag/tag_index.h"
#include "format/tag/tag_leaf.h"
#include "region/placement.h"

namespace vde {
namespace {

// Writes directly to a run of free blocks, which then becomes the region.
class RunBuilder : public TagRebuild, private TagSink {
 public:
  RunBuilder(Transaction& transaction, Allocator& allocator, BlockRange run,
             const TagRebuildSize& size, TagPacking packing)
      : transaction_(transaction),
        allocator_(allocator),
        run_(run),
        builder_(TagBuilder::make(*this, run.count(), transaction.journal().io().block_size(),
                                  size.keys, size.duplicates, packing)) {}

  [[nodiscard]] Result<void> add(const TagView& entry) override { return builder_->add(entry); }
  [[nodiscard]] Result<void> finish(size_t slot, uint64_t spare) override {
    VDE_TRY_ASSIGN(size, builder_->finish(spare));
    const BlockRange kept{run_.begin, run_.begin + size.blocks};
    if (kept.end < run_.end) VDE_TRY(allocator_.release(transaction_, {kept.end, run_.end}));
    VDE_TRY(move_region(transaction_, allocator_, slot, kept));
    transaction_.regions().set_used(slot, size.used);
    return {};
  }

 private:
  [[nodiscard]] Result<void> write(uint32_t first, MutableBytes blocks) override {
    return transaction_.write_direct(run_.begin + first, block_types::kTagIndex, blocks);
  }

  Transaction& transaction_;
  Allocator& allocator_;
  BlockRange run_;
  std::unique_ptr<TagBuilder> builder_;
};

// Blocks for tags of this size. In the worst case every second leaf is nearly empty, and inner
// nodes hold few keys: enough for any packing. The usual number is for full leaves.
uint64_t blocks_for(const TagRebuildSize& size, uint32_t block_size, bool worst) {
  const uint64_t payload = payload_size(block_size);
  const uint64_t room = payload - kTagNodeHead - kTagLinkSize - tag_index_size(0);
  const uint64_t bytes = size.entry_bytes + 3 * size.entries;
  const uint64_t leaves = divide_up(bytes, room) * (worst ? 2 : 1) + 1;
  const uint64_t key = size.entries == 0 ? 0 : size.entry_bytes / size.entries;
  const uint64_t inner =
      worst ? leaves / 2 + 2 : leaves * (key + kTagLinkSize) / payload + leaves / 16 + 2;
  const uint64_t lines = tag_filter_lines(size.keys + size.keys / 8);
  return kTagRoot + 1 + leaves + inner + divide_up(lines, tag_lines_per_block(block_size)) + 1;
}

}  // namespace

Result<std::unique_ptr<TagRebuild>> TagRebuild::begin(Transaction& transaction,
                                                      Allocator& allocator,
                                                      const TagRebuildSize& size) {
  const uint32_t block_size = transaction.journal().io().block_size();
  const uint64_t max = kMaxTagRegionBytes / block_size;
  // More bytes than a region can have never fit. Checked first, so that the following arithmetic
  // cannot overflow.
  if (size.entry_bytes > kMaxTagRegionBytes || size.entries > kMaxTagRegionBytes ||
      size.keys > size.entries)
    return fail(ErrorCode::kNoSpace, "a tag index must be smaller than 2^31 bytes");
  const uint64_t usual = blocks_for(size, block_size, false);
  if (usual > max) return fail(ErrorCode::kNoSpace, "a tag index must be smaller than 2^31 bytes");
  const uint64_t worst = std::max(usual, blocks_for(size, block_size, true));
  const auto allocated = [&](uint64_t count) {
    return allocate_place(transaction, allocator, count, PlaceEnd::kMayBeReleased);
  };
  TagPacking packing = worst <= max ? TagPacking::kRoomForOne : TagPacking::kFull;
  Result<BlockRange> run = allocated(std::min(worst, max));
  if (!run && run.error().code == ErrorCode::kNoSpace) {
    packing = TagPacking::kFull;
    run = allocated(usual);
  }
  if (!run) return propagate(run);
  return std::unique_ptr<TagRebuild>(
      std::make_unique<RunBuilder>(transaction, allocator, *run, size, packing));
}

}  // namespace vde
