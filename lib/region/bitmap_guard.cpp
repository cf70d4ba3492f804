#include "region/bitmap_guard.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "base/ranges.h"

namespace vde {
namespace {

tl::unexpected<Error> contradiction(uint64_t block, std::string what) {
  return fail_at(block, ErrorCode::kDamaged, std::move(what), kRunRepair);
}

// Calls `visit` for each part of `within` that `ranges` does not cover, until it returns false.
template <class Visit>
void each_gap(const std::vector<BlockRange>& ranges, BlockRange within, Visit visit) {
  auto next = std::lower_bound(ranges.begin(), ranges.end(), within.begin,
                               [](const BlockRange& r, uint64_t at) { return r.end <= at; });
  while (!within.empty()) {
    const uint64_t end =
        next == ranges.end() ? within.end : std::clamp(next->begin, within.begin, within.end);
    if (within.begin < end && !visit(BlockRange{within.begin, end})) return;
    if (next == ranges.end()) return;
    within.begin = std::max(within.begin, next->end);
    ++next;
  }
}

}  // namespace

Result<Region> bitmap_region(const RegionTable& regions) {
  if (const auto region = regions.find(block_types::kBitmap)) return *region;
  return contradiction(kDirectoryStart, "there is no allocation bitmap");
}

BlockRange BitmapGuard::covers(uint64_t index) const {
  return {index * bits_, std::min((index + 1) * bits_, total_)};
}

// As of the last commit. Valid until the next call.
Result<Bytes> BitmapGuard::payload(const Journal& journal, uint64_t index) {
  const uint64_t number = bitmap_.begin + index;
  VDE_TRY_ASSIGN(block, journal.read(number, buffer_));
  if (index == 0 && all_zero(block.unchecked_payload()))
    return contradiction(number, "the first block of the allocation bitmap is all zero");
  if (!block.is_unwritten()) VDE_TRY(block.check(block_types::kBitmap));
  return block.unchecked_payload();
}

Result<void> BitmapGuard::start(const Journal& journal) {
  if (started_) return {};
  const Superblock& superblock = journal.superblock();
  total_ = static_cast<uint64_t>(superblock.total_blocks);
  buffer_ = journal.io().make_buffer();
  if (superblock.free_blocks + superblock.total_allocated_blocks != superblock.total_blocks)
    return contradiction(kPrimaryGroup, fmt::format("{} free and {} allocated blocks are counted, "
                                                    "which are not the volume's {}",
                                                    superblock.free_blocks,
                                                    superblock.total_allocated_blocks, total_));
  VDE_TRY_ASSIGN(bitmap, bitmap_region(journal.regions()));
  bitmap_ = {bitmap.blocks.begin, bitmap.blocks.begin + bitmap_blocks_for(total_, block_size_)};
  if (assumed_) return start_assumed(journal);
  VDE_TRY_ASSIGN(owners, find_owners(journal));
  regions_ = std::move(owners.regions);
  named_ = std::move(owners.named);
  owned_ = regions_;
  owned_.insert(owned_.end(), named_.begin(), named_.end());
  owned_ = merge_ranges(std::move(owned_), total_);
  VDE_TRY(find_reserved(journal, owners.stored));
  const uint64_t owned = count_blocks(owned_) - count_blocks(reserved_);
  const auto allocated = static_cast<uint64_t>(superblock.total_allocated_blocks);
  if (allocated < owned)
    return contradiction(
        kPrimaryGroup,
        fmt::format("{} blocks are counted as allocated, but {} have an owner", allocated, owned));
  only_unwritten_ = allocated > owned;
  if (only_unwritten_) VDE_TRY(count_all(journal, allocated - count_blocks(regions_)));
  started_ = true;
  return {};
}

Result<void> BitmapGuard::start_assumed(const Journal& journal) {
  VDE_TRY(payload(journal, 0));
  regions_ = journal.regions().metadata();
  named_ = merge_ranges(*assumed_, total_);
  reserved_ = named_;
  owned_ = regions_;
  owned_.insert(owned_.end(), named_.begin(), named_.end());
  owned_ = merge_ranges(std::move(owned_), total_);
  only_unwritten_ = true;
  started_ = true;
  return {};
}

// The longest part of `blocks` from its start on with equal bits. Skips holes of the bitmap at
// once.
Result<BitmapGuard::Run> BitmapGuard::run_at(const Journal& journal, BlockRange blocks) {
  const uint64_t index = blocks.begin / bits_;
  VDE_TRY_ASSIGN(written, journal.next_written({bitmap_.begin + index, bitmap_.end}));
  if (written > bitmap_.begin + index)
    return Run{{blocks.begin, std::min(blocks.end, (written - bitmap_.begin) * bits_)}, false};
  const uint64_t base = index * bits_;
  const uint64_t limit = std::min(blocks.end, base + bits_);
  VDE_TRY_ASSIGN(bits, payload(journal, index));
  const bool set = test_bit(bits, blocks.begin - base);
  return Run{{blocks.begin, base + find_bit(bits, blocks.begin - base, limit - base, !set)}, set};
}

// Blocks that something refers to should be allocated. Tables of other programs may name blocks
// that were neither allocated nor written, but a free block with content in a module is a
// contradiction.
Result<void> BitmapGuard::find_reserved(const Journal& journal,
                                        const std::vector<BlockRange>& stored) {
  reserved_.clear();
  VDE_TRY(payload(journal, 0));
  for (BlockRange range : subtract(named_, regions_)) {
    while (!range.empty()) {
      VDE_TRY_ASSIGN(run, run_at(journal, range));
      range.begin = run.blocks.end;
      if (!run.allocated) reserved_.push_back(run.blocks);
    }
  }
  reserved_ = merge_ranges(std::move(reserved_), total_);
  const std::vector<BlockRange> noted = subtract(named_, stored);
  for (const BlockRange& range : subtract(reserved_, noted)) {
    VDE_TRY_ASSIGN(written, journal.first_content(range));
    if (written)
      return contradiction(
          bitmap_.begin + *written / bits_,
          fmt::format("the allocation bitmap marks block {} as free, but it is in use", *written));
  }
  return {};
}

// Checks that `expected` blocks outside of regions are marked allocated.
Result<void> BitmapGuard::count_all(const Journal& journal, uint64_t expected) {
  uint64_t ones = 0;
  VDE_TRY(payload(journal, 0));
  for (uint64_t at = bitmap_.begin; at < bitmap_.end; ++at) {
    VDE_TRY_ASSIGN(next, journal.next_written({at, bitmap_.end}));
    at = next;
    if (at >= bitmap_.end) break;
    const BlockRange range = covers(at - bitmap_.begin);
    VDE_TRY_ASSIGN(bits, payload(journal, at - bitmap_.begin));
    const uint64_t base = range.begin;
    each_gap(regions_, range, [&](BlockRange gap) {
      ones += count_bits(bits, gap.begin - base, gap.end - base);
      return true;
    });
  }
  if (ones == expected) return {};
  return contradiction(
      bitmap_.begin,
      fmt::format("the allocation bitmap has {} blocks outside of regions, but {} are counted",
                  ones, expected));
}

Result<void> BitmapGuard::check(const Journal& journal, uint64_t index) {
  VDE_TRY(start(journal));
  if (only_unwritten_ || index >= bitmap_.count() || checked_.contains(index)) return {};
  VDE_TRY_ASSIGN(bits, payload(journal, index));
  const BlockRange range = covers(index);
  std::optional<uint64_t> unowned;
  each_gap(owned_, range, [&](BlockRange gap) {
    const uint64_t found = find_bit(bits, gap.begin - range.begin, gap.end - range.begin, true);
    if (range.begin + found < gap.end) unowned = range.begin + found;
    return !unowned;
  });
  if (unowned)
    return contradiction(bitmap_.begin + index,
                         fmt::format("the allocation bitmap marks block {} as allocated, but "
                                     "nothing owns it and the superblock does not count it",
                                     *unowned));
  checked_.insert(index);
  return {};
}

}  // namespace vde
