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

Result<BlockRange> allocate_place(Transaction& transaction, Allocator& allocator, uint64_t count,
                                  PlaceEnd place_end) {
  const auto data_area = transaction.regions().data_area();
  if (!data_area || data_area->blocks.count() <= count)
    return allocator.allocate(transaction, count, 0);
  const auto [begin, end] = data_area->blocks;
  std::vector<BlockRange> places = {{begin, begin + count}, {0, begin}};
  if (place_end == PlaceEnd::kKept) {
    places.push_back({end - count, end});
    places.push_back({end, transaction.regions().blocks()});
  }
  for (const BlockRange& place : places) {
    VDE_TRY_ASSIGN(run, allocator.allocate_within(transaction, place, count));
    if (run) return *run;
  }
  return allocator.allocate(transaction, count, 0);
}

Result<void> extend_region(Transaction& transaction, Allocator& allocator, size_t slot,
                           const RegionGrowth& growth, std::optional<uint32_t> newest) {
  const uint64_t count = transaction.regions().at(slot).blocks.count();
  const auto free = static_cast<uint64_t>(transaction.superblock().free_blocks);
  const uint64_t more = std::min(count, free / 4);
  uint64_t wanted = std::min(std::max(count + more, growth.needed), growth.max);
  for (;; wanted = growth.needed + (wanted - growth.needed) / 2) {
    Result<void> grown =
        grow_region(transaction, allocator, slot, wanted, SpareKind::kZeroed, newest);
    const bool retry = !grown && grown.error().code == ErrorCode::kNoSpace;
    if (!retry || wanted <= growth.needed) return grown;
  }
}

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
  VDE_TRY_ASSIGN(run, allocate_place(transaction, allocator, count, PlaceEnd::kKept));
  return not_retried(move_to(transaction, allocator, before, run, spare, newest));
}

Result<uint64_t> add_trailers(Transaction& transaction, size_t slot, BlockRange blocks,
                              uint64_t max) {
  const Region region = transaction.regions().at(slot);
  uint64_t done = 0;
  for (; !blocks.empty() && done < max; ++blocks.begin) {
    const uint64_t number = region.blocks.begin + blocks.begin;
    VDE_TRY_ASSIGN(unwritten, transaction.is_unwritten(number));
    if (!unwritten) continue;
    VDE_TRY(transaction.edit(number, region.type));
    ++done;
  }
  return blocks.begin;
}

Result<void> move_region(Transaction& transaction, Allocator& allocator, size_t slot,
                         BlockRange run) {
  const Region before = transaction.regions().at(slot);
  VDE_TRY(allocator.release_region(transaction, before.blocks));
  point_at(transaction, before, run);
  return {};
}

}  // namespace vde
