#include "region/allocator.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "base/ranges.h"
#include "format/sector.h"

namespace vde {
namespace {

uint64_t volume_blocks(Transaction& transaction) {
  return static_cast<uint64_t>(transaction.superblock().total_blocks);
}

// The ranges that no search may use, ascending: regions, blocks that tables refer to, and blocks
// that the journal still needs.
std::vector<BlockRange> obstacles_of(Transaction& transaction,
                                     const std::vector<BlockRange>& reserved) {
  std::vector<BlockRange> obstacles = transaction.regions().metadata();
  obstacles.insert(obstacles.end(), reserved.begin(), reserved.end());
  for (const auto& [begin, end] : transaction.journal().pinned()) obstacles.push_back({begin, end});
  for (const BlockRange& freed : transaction.freed()) obstacles.push_back(freed);
  return merge_ranges(std::move(obstacles), UINT64_MAX);
}

// The start of the first obstacle at or after `at`; if an obstacle covers `at`, its end.
struct Obstacle {
  uint64_t begin = UINT64_MAX;
  std::optional<uint64_t> end_of_cover;
};

Obstacle next_obstacle(const std::vector<BlockRange>& obstacles, uint64_t at) {
  Obstacle next;
  auto found = std::lower_bound(obstacles.begin(), obstacles.end(), at,
                                [](const BlockRange& r, uint64_t block) { return r.end <= block; });
  if (found != obstacles.end() && found->contains(at)) next.end_of_cover = (found++)->end;
  if (found != obstacles.end()) next.begin = found->begin;
  return next;
}

void count(Transaction& transaction, int64_t allocated) {
  transaction.superblock().free_blocks -= allocated;
  transaction.superblock().total_allocated_blocks += allocated;
}

tl::unexpected<Error> no_space(uint64_t count) {
  return fail(ErrorCode::kNoSpace, fmt::format("no {} contiguous free blocks", count),
              "free some blocks, or enlarge the volume with 'vdetool resize'");
}

}  // namespace

Result<Allocator> Allocator::open(const Journal& journal) {
  VDE_TRY_ASSIGN(bitmap, bitmap_region(journal.regions()));
  const uint32_t block_size = journal.io().block_size();
  if (bitmap.blocks.count() < bitmap_blocks_for(journal.regions().blocks(), block_size))
    return fail(ErrorCode::kDamaged, "the allocation bitmap is too small for the volume",
                kRunRepair);
  return Allocator(block_size);
}

Result<Allocator> Allocator::open_without_owners(const Journal& journal,
                                                 std::vector<BlockRange> named) {
  VDE_TRY_ASSIGN(allocator, open(journal));
  allocator.guard_.assume_owners(std::move(named));
  return std::move(allocator);
}

Result<Bytes> Allocator::bits_at(Transaction& transaction, uint64_t index) {
  VDE_TRY(guard_.check(transaction.journal(), index));
  VDE_TRY_ASSIGN(bitmap, bitmap_region(transaction.regions()));
  return transaction.read(bitmap.blocks.begin + index, block_types::kBitmap);
}

// First fit. Every bitmap block is read once and searched by whole words.
Result<std::optional<BlockRange>> Allocator::find_run(Transaction& transaction, BlockRange within,
                                                      uint64_t count) {
  VDE_TRY(guard_.start(transaction.journal()));
  const std::vector<BlockRange> obstacles = obstacles_of(transaction, guard_.reserved());
  uint64_t begin = within.begin;  // start of the run that ends at `at`
  for (uint64_t at = within.begin; at < within.end;) {
    const Obstacle obstacle = next_obstacle(obstacles, at);
    if (obstacle.end_of_cover) {
      begin = at = *obstacle.end_of_cover;
      continue;
    }
    const uint64_t base = at / bits_ * bits_;
    const uint64_t limit = std::min({within.end, obstacle.begin, base + bits_});
    VDE_TRY_ASSIGN(payload, bits_at(transaction, at / bits_));
    at = base + find_bit(payload, at - base, limit - base, true);
    const bool found = at - begin >= count;
    if (!found && at < limit) begin = at = base + find_bit(payload, at - base, limit - base, false);
    if (!found) continue;
    const BlockRange run{begin, begin + count};
    if (!guard_.only_unwritten()) return std::optional(run);
    VDE_TRY_ASSIGN(written, transaction.journal().first_content(run));
    if (!written) return std::optional(run);
    begin = at = *written + 1;
  }
  return std::optional<BlockRange>{};
}

Result<BlockRange> Allocator::allocate(Transaction& transaction, uint64_t count,
                                       std::optional<uint64_t> hint) {
  const uint64_t total = volume_blocks(transaction);
  const uint64_t from = std::min(hint.value_or(next_), total);
  if (count == 0 || count > total) return no_space(count);
  VDE_TRY_ASSIGN(found, allocate_within(transaction, {from, total}, count));
  if (!found && from > 0) {
    VDE_TRY_ASSIGN(earlier, allocate_within(transaction, {0, total}, count));
    found = earlier;
  }
  if (!found) return no_space(count);
  next_ = found->end;
  return *found;
}

Result<std::optional<BlockRange>> Allocator::allocate_within(Transaction& transaction,
                                                             BlockRange within, uint64_t count) {
  within.end = std::min(within.end, volume_blocks(transaction));
  std::optional<BlockRange> none;
  if (count == 0 || within.empty() || within.count() < count) return none;
  VDE_TRY_ASSIGN(found, find_run(transaction, within, count));
  if (!found) return none;
  VDE_TRY(mark(transaction, *found, Bits::kSet));
  vde::count(transaction, static_cast<int64_t>(count));
  return found;
}

Result<bool> Allocator::allocate_exactly(Transaction& transaction, BlockRange blocks) {
  if (blocks.end > volume_blocks(transaction)) return false;
  VDE_TRY_ASSIGN(found, allocate_within(transaction, blocks, blocks.count()));
  return found.has_value();
}

Result<void> Allocator::release(Transaction& transaction, BlockRange blocks) {
  VDE_TRY(mark(transaction, blocks, Bits::kClear));
  vde::count(transaction, -static_cast<int64_t>(blocks.count()));
  transaction.note_freed(blocks);
  return {};
}

Result<void> Allocator::check(Transaction& transaction, BlockRange blocks) {
  for (uint64_t at = blocks.begin; at < blocks.end; at = (at / bits_ + 1) * bits_)
    VDE_TRY(guard_.check(transaction.journal(), at / bits_));
  return {};
}

Result<void> Allocator::release_region(Transaction& transaction, BlockRange blocks) {
  VDE_TRY(guard_.start(transaction.journal()));
  for (const BlockRange& range : subtract({blocks}, guard_.named()))
    VDE_TRY(release(transaction, range));
  return {};
}

Result<void> Allocator::release_marked(Transaction& transaction, BlockRange blocks) {
  const std::vector<BlockRange> candidates = subtract({blocks}, transaction.regions().metadata());
  for (const BlockRange& range : candidates) {
    for (uint64_t at = range.begin; at < range.end;) {
      const uint64_t base = at / bits_ * bits_;
      const uint64_t limit = std::min(range.end, base + bits_);
      VDE_TRY_ASSIGN(payload, bits_at(transaction, at / bits_));
      const uint64_t begin = base + find_bit(payload, at - base, limit - base, true);
      at = begin < limit ? base + find_bit(payload, begin - base, limit - base, false) : limit;
      if (begin < at) VDE_TRY(release(transaction, {begin, at}));
    }
  }
  return {};
}

Result<bool> Allocator::may_give_up(Transaction& transaction, BlockRange blocks) {
  VDE_TRY(guard_.start(transaction.journal()));
  for (const BlockRange& reserved : guard_.reserved())
    if (reserved.begin < blocks.end && blocks.begin < reserved.end) return false;
  for (const auto& [begin, end] : transaction.journal().pinned())
    if (begin < blocks.end && blocks.begin < end) return false;
  for (uint64_t at = blocks.begin; at < blocks.end;) {
    const uint64_t base = at / bits_ * bits_;
    const uint64_t limit = std::min(blocks.end, base + bits_);
    VDE_TRY_ASSIGN(payload, bits_at(transaction, at / bits_));
    if (find_bit(payload, at - base, limit - base, true) != limit - base) return false;
    at = limit;
  }
  if (!guard_.only_unwritten()) return true;
  VDE_TRY_ASSIGN(written, transaction.journal().first_content(blocks));
  return !written;
}

Result<void> Allocator::mark(Transaction& transaction, BlockRange blocks, Bits bits) {
  VDE_TRY_ASSIGN(bitmap, bitmap_region(transaction.regions()));
  while (!blocks.empty()) {
    const uint64_t base = blocks.begin / bits_ * bits_;
    const uint64_t end = std::min(blocks.end, base + bits_);
    const uint64_t number = bitmap.blocks.begin + blocks.begin / bits_;
    VDE_TRY_ASSIGN(current, transaction.read(number, block_types::kBitmap));
    // Do not write a block that already has the bits.
    const uint64_t ones = count_bits(current, blocks.begin - base, end - base);
    if (ones != (bits == Bits::kSet ? end - blocks.begin : 0)) {
      VDE_TRY(guard_.check(transaction.journal(), blocks.begin / bits_));
      VDE_TRY_ASSIGN(payload, transaction.edit(number, block_types::kBitmap));
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
  for (const BlockRange& range : transaction.regions().metadata())
    VDE_TRY(mark(transaction, range, Bits::kSet));
  return {};
}

Result<void> Allocator::clear(Transaction& transaction, BlockRange blocks) {
  return mark(transaction, blocks, Bits::kClear);
}

Result<std::vector<uint64_t>> Allocator::find_spare(Transaction& transaction, uint64_t count) {
  std::vector<uint64_t> spare;
  spare.reserve(count);
  const uint64_t per_sector = blocks_per_sector(transaction.journal().io().block_size());
  const uint64_t total = volume_blocks(transaction);
  uint64_t at = 0;
  while (spare.size() < count) {
    VDE_TRY_ASSIGN(found, find_run(transaction, {at, total}, per_sector));
    if (!found) return no_space(count);
    const BlockRange sector = sector_of(next_sector(found->begin, per_sector), per_sector);
    at = found->begin == sector.begin ? sector.end : sector.begin;
    // A torn write of a block there may destroy what lies beside it.
    if (found->begin != sector.begin || transaction.journal().is_live(sector) ||
        transaction.is_staged(sector))
      continue;
    for (uint64_t block = sector.begin; block < sector.end && spare.size() < count; ++block)
      spare.push_back(block);
  }
  return spare;
}

}  // namespace vde
