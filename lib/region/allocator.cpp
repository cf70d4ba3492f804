#include "region/allocator.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "base/ranges.h"

namespace vde {
namespace {

// The ranges that no search may touch, ascending: metadata, blocks that the journal still needs.
std::vector<BlockRange> obstacles_of(Transaction& transaction) {
  std::vector<BlockRange> obstacles = metadata_blocks(transaction.slots());
  for (const auto& [begin, end] : transaction.journal().pinned()) obstacles.push_back({begin, end});
  for (const BlockRange& freed : transaction.freed()) obstacles.push_back(freed);
  std::sort(obstacles.begin(), obstacles.end(),
            [](const BlockRange& a, const BlockRange& b) { return a.begin < b.begin; });
  return obstacles;
}

// Where the first obstacle at or after `at` begins, and, if one covers `at`, where it ends.
struct Obstacle {
  uint64_t begin = UINT64_MAX;
  std::optional<uint64_t> end_of_cover;
};

Obstacle next_obstacle(const std::vector<BlockRange>& obstacles, uint64_t at) {
  Obstacle next;
  for (const BlockRange& obstacle : obstacles) {
    if (obstacle.contains(at))
      next.end_of_cover = std::max(next.end_of_cover.value_or(0), obstacle.end);
    if (obstacle.begin > at) {
      next.begin = obstacle.begin;
      break;
    }
  }
  return next;
}

uint64_t volume_blocks(Transaction& transaction) {
  return static_cast<uint64_t>(transaction.superblock().total_blocks);
}

void count(Transaction& transaction, int64_t allocated) {
  transaction.superblock().free_blocks -= allocated;
  transaction.superblock().total_allocated_blocks += allocated;
}

tl::unexpected<Error> no_space(uint64_t count) {
  return fail(ErrorCode::kNoSpace, fmt::format("no run of {} free blocks in the volume", count),
              "make room, or enlarge the volume with 'vdetool resize'");
}

}  // namespace

Result<size_t> bitmap_slot(const std::vector<RegionSlot>& slots) {
  for (size_t i = 0; i < slots.size(); ++i)
    if (!slots[i].is_free() && slots[i].tag == tags::kBitmap) return i;
  return fail(ErrorCode::kDamaged, "there is no allocation bitmap", "run 'vdetool verify'");
}

Result<Allocator> Allocator::open(const Journal& journal) {
  VDE_TRY_ASSIGN(slot, bitmap_slot(journal.slots()));
  const auto range = block_range(journal.slots()[slot].start, journal.slots()[slot].count);
  const auto total = static_cast<uint64_t>(journal.superblock().total_blocks);
  const uint32_t block_size = journal.io().block_size();
  if (!range || range->end > total || range->count() < bitmap_blocks_for(total, block_size))
    return fail(ErrorCode::kDamaged, "the allocation bitmap does not fit the volume",
                "run 'vdetool verify'");
  return Allocator(block_size);
}

// First fit: every bitmap block is read once, whole words are looked at.
Result<std::optional<BlockRange>> Allocator::find_run(Transaction& transaction, BlockRange within,
                                                      uint64_t count) {
  VDE_TRY_ASSIGN(slot, bitmap_slot(transaction.slots()));
  const auto bitmap = static_cast<uint64_t>(transaction.slots()[slot].start);
  const std::vector<BlockRange> obstacles = obstacles_of(transaction);
  uint64_t begin = within.begin;  // of the run that ends at `at`
  for (uint64_t at = within.begin; at < within.end;) {
    const Obstacle obstacle = next_obstacle(obstacles, at);
    if (obstacle.end_of_cover) {
      begin = at = *obstacle.end_of_cover;
      continue;
    }
    const uint64_t base = at / bits_ * bits_;
    const uint64_t limit = std::min({within.end, obstacle.begin, base + bits_});
    VDE_TRY_ASSIGN(payload, transaction.read(bitmap + at / bits_, tags::kBitmap));
    at = base + find_bit(payload, at - base, limit - base, true);
    if (at - begin >= count) return std::optional(BlockRange{begin, begin + count});
    if (at < limit) begin = at = base + find_bit(payload, at - base, limit - base, false);
  }
  return std::optional<BlockRange>{};
}

Result<BlockRange> Allocator::allocate(Transaction& transaction, uint64_t count,
                                       std::optional<uint64_t> hint) {
  const uint64_t total = volume_blocks(transaction);
  const uint64_t from = std::min(hint.value_or(next_), total);
  if (count == 0 || count > total) return no_space(count);
  VDE_TRY_ASSIGN(found, find_run(transaction, {from, total}, count));
  if (!found && from > 0) {
    VDE_TRY_ASSIGN(earlier, find_run(transaction, {0, total}, count));
    found = earlier;
  }
  if (!found) return no_space(count);
  VDE_TRY(mark(transaction, *found, Bits::kSet));
  vde::count(transaction, static_cast<int64_t>(count));
  next_ = found->end;
  return *found;
}

Result<bool> Allocator::allocate_exactly(Transaction& transaction, BlockRange blocks) {
  if (blocks.end > volume_blocks(transaction)) return false;
  VDE_TRY_ASSIGN(found, find_run(transaction, blocks, blocks.count()));
  if (!found) return false;
  VDE_TRY(mark(transaction, blocks, Bits::kSet));
  vde::count(transaction, static_cast<int64_t>(blocks.count()));
  return true;
}

Result<void> Allocator::release(Transaction& transaction, BlockRange blocks) {
  VDE_TRY(mark(transaction, blocks, Bits::kClear));
  vde::count(transaction, -static_cast<int64_t>(blocks.count()));
  transaction.note_freed(blocks);
  return {};
}

Result<void> Allocator::release_marked(Transaction& transaction, BlockRange blocks) {
  std::vector<BlockRange> candidates = {blocks};
  for (const BlockRange& taken : metadata_blocks(transaction.slots()))
    candidates = without(candidates, taken);
  VDE_TRY_ASSIGN(slot, bitmap_slot(transaction.slots()));
  const auto bitmap = static_cast<uint64_t>(transaction.slots()[slot].start);
  for (const BlockRange& range : candidates) {
    for (uint64_t at = range.begin; at < range.end;) {
      const uint64_t base = at / bits_ * bits_;
      const uint64_t limit = std::min(range.end, base + bits_);
      VDE_TRY_ASSIGN(payload, transaction.read(bitmap + at / bits_, tags::kBitmap));
      const uint64_t begin = base + find_bit(payload, at - base, limit - base, true);
      at = begin < limit ? base + find_bit(payload, begin - base, limit - base, false) : limit;
      if (begin < at) VDE_TRY(release(transaction, {begin, at}));
    }
  }
  return {};
}

Result<bool> Allocator::all_clear(Transaction& transaction, BlockRange blocks) {
  VDE_TRY_ASSIGN(slot, bitmap_slot(transaction.slots()));
  const auto bitmap = static_cast<uint64_t>(transaction.slots()[slot].start);
  for (uint64_t at = blocks.begin; at < blocks.end;) {
    const uint64_t base = at / bits_ * bits_;
    const uint64_t limit = std::min(blocks.end, base + bits_);
    VDE_TRY_ASSIGN(payload, transaction.read(bitmap + at / bits_, tags::kBitmap));
    if (find_bit(payload, at - base, limit - base, true) != limit - base) return false;
    at = limit;
  }
  return true;
}

Result<void> Allocator::mark(Transaction& transaction, BlockRange blocks, Bits bits) {
  VDE_TRY_ASSIGN(slot, bitmap_slot(transaction.slots()));
  const auto bitmap = static_cast<uint64_t>(transaction.slots()[slot].start);
  while (!blocks.empty()) {
    const uint64_t base = blocks.begin / bits_ * bits_;
    const uint64_t end = std::min(blocks.end, base + bits_);
    const uint64_t number = bitmap + blocks.begin / bits_;
    VDE_TRY_ASSIGN(current, transaction.read(number, tags::kBitmap));
    // A block that has the bits already is not written again.
    const uint64_t ones = count_bits(current, blocks.begin - base, end - base);
    if (ones != (bits == Bits::kSet ? end - blocks.begin : 0)) {
      VDE_TRY_ASSIGN(payload, transaction.edit(number, tags::kBitmap));
      if (bits == Bits::kSet)
        set_bits(payload, blocks.begin - base, end - base);
      else
        clear_bits(payload, blocks.begin - base, end - base);
    }
    blocks.begin = end;
  }
  return {};
}

Result<void> Allocator::complete(Transaction& transaction) {
  const auto data_area = data_area_slot(transaction.slots());
  for (size_t i = 0; i < transaction.slots().size(); ++i) {
    const RegionSlot& slot = transaction.slots()[i];
    const auto range = block_range(slot.start, slot.count);
    if (slot.is_free() || data_area == i || !range) continue;
    VDE_TRY(mark(transaction, *range, Bits::kSet));
  }
  return mark(transaction, {0, kFirstRegionBlock}, Bits::kSet);
}

Result<void> Allocator::clear(Transaction& transaction, BlockRange blocks) {
  return mark(transaction, blocks, Bits::kClear);
}

Result<std::vector<uint64_t>> Allocator::find_spare(Transaction& transaction, uint64_t count) {
  std::vector<uint64_t> spare;
  spare.reserve(count);
  const uint64_t total = volume_blocks(transaction);
  uint64_t at = 0;
  while (spare.size() < count) {
    VDE_TRY_ASSIGN(block, find_run(transaction, {at, total}, 1));
    if (!block) return no_space(count);
    spare.push_back(block->begin);
    at = block->end;
  }
  return spare;
}

}  // namespace vde
