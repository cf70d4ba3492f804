#include "region/placement.h"

#include <algorithm>

#include "base/piece.h"

namespace vde {
namespace {

// Blocks that were free get the content of spare ones, straight home.
Result<void> write_spare(Transaction& transaction, BlockType tag, BlockRange blocks,
                         SpareKind spare) {
  if (blocks.empty()) return {};
  if (spare == SpareKind::kUnwritten) return transaction.wipe_direct(blocks);
  const uint32_t block_size = transaction.journal().io().block_size();
  const uint64_t at_once = std::min<uint64_t>(blocks.count(), kPieceBytes / block_size);
  BlockBuffer run(at_once * block_size);
  while (!blocks.empty()) {
    const uint64_t count = std::min(at_once, blocks.count());
    VDE_TRY(
        transaction.write_direct(blocks.begin, tag, MutableBytes(run).first(count * block_size)));
    blocks.begin += count;
  }
  return {};
}

// Copies what is written of `from` to the same places of `to`; block by block, as the transaction
// sees it, so that changes staged in it come along.
Result<void> copy_blocks(Transaction& transaction, BlockType tag, BlockRange from, uint64_t to,
                         std::optional<uint32_t> newest) {
  const BlockIo& io = transaction.journal().io();
  BlockBuffer block = io.make_buffer();
  for (uint64_t at = from.begin; at < from.end; ++at) {
    VDE_TRY_ASSIGN(payload, transaction.read(at, tag));
    if (all_zero(payload)) continue;
    if (newest) VDE_TRY(transaction.read_up_to(*newest, at, tag));
    std::copy(payload.begin(), payload.end(), block.begin());
    VDE_TRY(transaction.write_direct(to + (at - from.begin), tag, block));
  }
  return {};
}

// The region lies at `run` from now on, its old blocks belong to the data area.
void point_at(Transaction& transaction, const Region& region, BlockRange run) {
  transaction.regions().move(region.slot, run);
  transaction.unstage(region.blocks);
}

// The region gets `run`, which was allocated for it, with what it holds.
Result<void> move_to(Transaction& transaction, Allocator& allocator, const Region& region,
                     BlockRange run, SpareKind spare, std::optional<uint32_t> newest) {
  // Before the copy: the bitmap itself may be what moves.
  VDE_TRY(allocator.release_region(transaction, region.blocks));
  VDE_TRY(write_spare(transaction, region.tag, run, spare));
  VDE_TRY(copy_blocks(transaction, region.tag, region.blocks, run.begin, newest));
  point_at(transaction, region, run);
  return {};
}

// Callers try again with less where a volume has no run. A disk that is full while blocks are
// written, after the transaction has changed, must not look like that.
Result<void> not_retried(Result<void> result) {
  if (!result && result.error().code == ErrorCode::kNoSpace) result.error().code = ErrorCode::kIo;
  return result;
}

}  // namespace

Result<void> grow_region(Transaction& transaction, Allocator& allocator, size_t slot,
                         uint64_t count, SpareKind spare, std::optional<uint32_t> newest) {
  const Region before = transaction.regions().at(slot);
  const BlockRange old_run = before.blocks;
  const BlockType tag = before.tag;
  const BlockRange next{old_run.end, old_run.begin + count};
  // The bitmap itself is copied as a whole.
  const auto total = static_cast<uint64_t>(transaction.superblock().total_blocks);
  VDE_TRY(
      allocator.check(transaction, tag == block_types::kBitmap ? BlockRange{0, total} : old_run));
  VDE_TRY_ASSIGN(in_place, allocator.allocate_exactly(transaction, next));
  if (in_place) {
    transaction.regions().grow(slot, count);
    return not_retried(write_spare(transaction, tag, next, spare));
  }
  const auto data_area = transaction.regions().data_area();
  const uint64_t hint = data_area ? data_area->blocks.begin : 0;
  VDE_TRY_ASSIGN(run, allocator.allocate(transaction, count, hint));
  return not_retried(move_to(transaction, allocator, before, run, spare, newest));
}

Result<void> move_region(Transaction& transaction, Allocator& allocator, size_t slot,
                         BlockRange run) {
  const Region before = transaction.regions().at(slot);
  VDE_TRY(allocator.release_region(transaction, before.blocks));
  point_at(transaction, before, run);
  return {};
}

}  // namespace vde
