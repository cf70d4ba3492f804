#include "region/placement.h"

#include <algorithm>

#include "base/piece.h"

namespace vde {
namespace {

// Writes the content of spare blocks directly to blocks that were free.
Result<void> write_spare(Transaction& transaction, BlockType type, BlockRange blocks,
                         SpareKind spare) {
  if (blocks.empty()) return {};
  if (spare == SpareKind::kUnwritten) return transaction.wipe_direct(blocks);
  const uint32_t block_size = transaction.journal().io().block_size();
  const uint64_t at_once = std::min<uint64_t>(blocks.count(), kPieceBytes / block_size);
  BlockBuffer run(at_once * block_size);
  while (!blocks.empty()) {
    const uint64_t count = std::min(at_once, blocks.count());
    VDE_TRY(
        transaction.write_direct(blocks.begin, type, MutableBytes(run).first(count * block_size)));
    blocks.begin += count;
  }
  return {};
}

// Copies the written blocks of `from` to the same positions in `to`, one by one as the transaction
// sees them, so that staged changes are included.
Result<void> copy_blocks(Transaction& transaction, BlockType type, BlockRange from, uint64_t to,
                         std::optional<uint32_t> newest) {
  const BlockIo& io = transaction.journal().io();
  BlockBuffer block = io.make_buffer();
  for (uint64_t at = from.begin; at < from.end; ++at) {
    VDE_TRY_ASSIGN(payload, transaction.read(at, type));
    if (all_zero(payload)) continue;
    if (newest) VDE_TRY(transaction.read_up_to(*newest, at, type));
    std::copy(payload.begin(), payload.end(), block.begin());
    VDE_TRY(transaction.write_direct(to + (at - from.begin), type, block));
  }
  return {};
}

// Sets the region's place to `run`; its old blocks become part of the data area.
void point_at(Transaction& transaction, const Region& region, BlockRange run) {
  transaction.regions().move(region.slot, run);
  transaction.unstage(region.blocks);
}

// Moves the region with its content to `run`, which was allocated for it.
Result<void> move_to(Transaction& transaction, Allocator& allocator, const Region& region,
                     BlockRange run, SpareKind spare, std::optional<uint32_t> newest) {
  // Before the copy, because the bitmap itself may be the region that moves.
  VDE_TRY(allocator.release_region(transaction, region.blocks));
  VDE_TRY(write_spare(transaction, region.type, run, spare));
  VDE_TRY(copy_blocks(transaction, region.type, region.blocks, run.begin, newest));
  point_at(transaction, region, run);
  return {};
}

// Callers retry with fewer blocks on kNoSpace. A disk that fills up after the transaction has
// changed must be reported as another error.
Result<void> not_retried(Result<void> result) {
  if (!result && result.error().code == ErrorCode::kNoSpace) result.error().code = ErrorCode::kIo;
  return result;
}

}  // namespace

Result<void> grow_region(Transaction& transaction, Allocator& allocator, size_t slot,
                         uint64_t count, SpareKind spare, std::optional<uint32_t> newest) {
  const Region before = transaction.regions().at(slot);
  const BlockRange old_run = before.blocks;
  const BlockType type = before.type;
  const BlockRange next{old_run.end, old_run.begin + count};
  // The bitmap itself is copied completely.
  const auto total = static_cast<uint64_t>(transaction.superblock().total_blocks);
  VDE_TRY(
      allocator.check(transaction, type == block_types::kBitmap ? BlockRange{0, total} : old_run));
  VDE_TRY_ASSIGN(in_place, allocator.allocate_exactly(transaction, next));
  if (in_place) {
    transaction.regions().grow(slot, count);
    return not_retried(write_spare(transaction, type, next, spare));
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
