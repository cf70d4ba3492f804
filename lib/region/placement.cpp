#include "region/placement.h"

#include <algorithm>

#include "base/checked.h"
#include "base/piece.h"

namespace vde {
namespace {

BlockRange range_of(const RegionSlot& slot) {
  return {static_cast<uint64_t>(slot.start), static_cast<uint64_t>(slot.start + slot.count)};
}

// Blocks that were free get the content of spare ones, straight home.
Result<void> write_spare(Transaction& transaction, Tag tag, BlockRange blocks, SpareKind spare) {
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

// The data area begins behind a run taken from its start, or ends before one taken from its end;
// one from its middle stays in it, which the format allows.
void take_from_data_area(Transaction& transaction, BlockRange run) {
  const auto slot = data_area_slot(transaction.slots());
  if (!slot) return;
  RegionSlot& data = transaction.slots()[*slot];
  const BlockRange area = range_of(data);
  if (run.begin == area.begin && run.end < area.end)
    data.start = static_cast<int64_t>(run.end);
  else if (run.end != area.end || run.begin <= area.begin)
    return;
  data.count -= static_cast<int64_t>(run.count());
}

void give_to_data_area(Transaction& transaction, BlockRange run) {
  const auto slot = data_area_slot(transaction.slots());
  if (!slot) return;
  RegionSlot& data = transaction.slots()[*slot];
  if (run.end != static_cast<uint64_t>(data.start)) return;
  data.start = static_cast<int64_t>(run.begin);
  data.count += static_cast<int64_t>(run.count());
}

// Copies what is written of `from` to the same places of `to`; block by block, as the transaction
// sees it, so that changes staged in it come along.
Result<void> copy_blocks(Transaction& transaction, Tag tag, BlockRange from, uint64_t to,
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

// The region in slot `slot` lies at `run` from now on, its old blocks belong to the data area.
void point_slot_at(Transaction& transaction, size_t slot, BlockRange run) {
  const BlockRange old_run = range_of(transaction.slots()[slot]);
  take_from_data_area(transaction, run);
  give_to_data_area(transaction, old_run);
  transaction.unstage(old_run);
  transaction.slots()[slot].start = static_cast<int64_t>(run.begin);
  transaction.slots()[slot].count = static_cast<int64_t>(run.count());
}

}  // namespace

Result<void> grow_region(Transaction& transaction, Allocator& allocator, size_t slot,
                         uint64_t count, SpareKind spare, std::optional<uint32_t> newest) {
  const RegionSlot before = transaction.slots()[slot];
  const BlockRange old_run = range_of(before);
  const Tag tag = before.tag;
  const BlockRange next{old_run.end, old_run.begin + count};
  // The bitmap itself is copied as a whole.
  const auto total = static_cast<uint64_t>(transaction.superblock().total_blocks);
  VDE_TRY(allocator.check(transaction, tag == tags::kBitmap ? BlockRange{0, total} : old_run));
  VDE_TRY_ASSIGN(in_place, allocator.allocate_exactly(transaction, next));
  if (in_place) {
    take_from_data_area(transaction, next);
    transaction.slots()[slot].count = static_cast<int64_t>(count);
    return write_spare(transaction, tag, next, spare);
  }
  const auto data_area = data_area_slot(transaction.slots());
  const auto hint = data_area ? static_cast<uint64_t>(transaction.slots()[*data_area].start) : 0;
  VDE_TRY_ASSIGN(run, allocator.allocate(transaction, count, hint));
  // Before the copy: the bitmap itself may be what moves.
  VDE_TRY(allocator.release_region(transaction, old_run));
  VDE_TRY(write_spare(transaction, tag, run, spare));
  VDE_TRY(copy_blocks(transaction, tag, old_run, run.begin, newest));
  point_slot_at(transaction, slot, run);
  return {};
}

Result<void> move_region(Transaction& transaction, Allocator& allocator, size_t slot,
                         BlockRange run) {
  VDE_TRY(allocator.release_region(transaction, range_of(transaction.slots()[slot])));
  point_slot_at(transaction, slot, run);
  return {};
}

}  // namespace vde
