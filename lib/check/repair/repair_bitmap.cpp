// Repairs the allocation bitmap from the references to blocks, and the superblock's counts from the
// bitmap.
#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "check/repair/named_blocks.h"
#include "check/repair/sole_blocks.h"
#include "format/region/bitmap.h"
#include "format/region/module_entry.h"
#include "table/dictionary_table.h"
#include "table/module_table.h"

namespace vde {
namespace {

// Visits only bitmap blocks that are written or have metadata to cover: a huge volume has few of
// them.
class BitmapRepairer {
 public:
  BitmapRepairer(StructureRepair& repair, const PlacedRegion& placed, uint64_t total)
      : repair_(repair),
        placed_(placed),
        region_(placed.blocks),
        total_(total),
        bits_(bits_per_bitmap_block(repair.io().block_size())),
        needed_(bitmap_blocks_for(total, repair.io().block_size())),
        metadata_(repair.metadata()) {}

  Result<void> repair_all() {
    VDE_TRY(add_known_modules());
    VDE_TRY(add_written_dictionaries());
    VDE_TRY(check_blocks());
    for (const uint64_t index : damaged_) {
      VDE_TRY_ASSIGN(rebuilt, rebuild(index));
      // Without this block's bits, the counts are unknown.
      if (!rebuilt) return {};
    }
    if (!incomplete_.empty()) VDE_TRY(complete());
    if (!past_end_.empty()) VDE_TRY(clear_past_end());
    set_counts();
    return {};
  }

 private:
  [[nodiscard]] BlockRange covers(uint64_t index) const {
    return {std::min(index * bits_, total_), std::min((index + 1) * bits_, total_)};
  }

  // Blocks of modules are in use, regardless of the bitmap.
  Result<void> add_known_modules() {
    std::vector<BlockRange> used = metadata_;
    VDE_TRY(each_table_block(repair_, block_types::kCode, [&](Bytes payload, bool first) {
      PackedCursor cursor(kModuleShape, payload, first);
      while (!cursor.at_end()) {
        const Result<Bytes> record = cursor.next();
        if (!record) return;
        const auto decoded = decode_module_entry(*record);
        if (!decoded) return;
        const auto extent = module_extent(decoded->entry, total_, repair_.io().block_size());
        if (extent) used.push_back(*extent);
      }
    }));
    metadata_ = merge_ranges(std::move(used), UINT64_MAX);
    return {};
  }

  // Written blocks of dictionaries are in use too. Unwritten ones may be free: the SDK creates
  // tables like that.
  Result<void> add_written_dictionaries() {
    std::vector<BlockRange> named;
    VDE_TRY(each_dictionary(repair_, [&](const Dictionary& entry) {
      const auto extent = dictionary_extent(entry, total_);
      if (extent) named.push_back(*extent);
    }));
    std::vector<BlockRange> used = metadata_;
    for (const BlockRange& blocks : merge_ranges(std::move(named), UINT64_MAX))
      VDE_TRY(add_written_of(blocks, used));
    metadata_ = merge_ranges(std::move(used), UINT64_MAX);
    return {};
  }

  Result<void> add_written_of(BlockRange blocks, std::vector<BlockRange>& used) {
    for (uint64_t at = blocks.begin; at < blocks.end; ++at) {
      if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(next, repair_.next_written({at, blocks.end}));
      at = next;
      if (at == blocks.end) break;
      VDE_TRY_ASSIGN(block, repair_.read(at));
      if (block.is_unwritten()) continue;
      if (used.back().end == at)
        ++used.back().end;
      else
        used.push_back({at, at + 1});
    }
    return {};
  }

  // Calls `visit` with each part of a metadata range that bitmap block `index` covers.
  template <class Visit>
  void each_metadata_part(uint64_t index, Visit visit) const {
    const BlockRange range = covers(index);
    for (const BlockRange& metadata : metadata_) {
      const BlockRange part{std::max(metadata.begin, range.begin),
                            std::min(metadata.end, range.end)};
      if (!part.empty()) visit(BlockRange{part.begin - range.begin, part.end - range.begin});
    }
  }

  [[nodiscard]] uint64_t metadata_bits(uint64_t index) const {
    uint64_t count = 0;
    each_metadata_part(index, [&](BlockRange part) { count += part.count(); });
    return count;
  }

  // The number of metadata blocks that `payload` marks as allocated.
  [[nodiscard]] uint64_t metadata_ones(uint64_t index, Bytes payload) const {
    uint64_t count = 0;
    each_metadata_part(
        index, [&](BlockRange part) { count += count_bits(payload, part.begin, part.end); });
    return count;
  }

  // The next bitmap block from `index` on that is written or has metadata to cover; needed_ if
  // there is none.
  Result<uint64_t> next_of_interest(uint64_t index) const {
    VDE_TRY_ASSIGN(written, repair_.next_written({region_.begin + index, region_.begin + needed_}));
    uint64_t next = written - region_.begin;
    for (const BlockRange& metadata : metadata_)
      if (metadata.end > index * bits_)
        next = std::min(next, std::max(index, metadata.begin / bits_));
    return next;
  }

  // Sorts the bitmap blocks by their problems. Counts the allocated blocks in the intact ones, as
  // if all metadata were marked.
  Result<void> check_blocks() {
    for (uint64_t index = 0; index < needed_; ++index) {
      if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(next, next_of_interest(index));
      index = next;
      if (index >= needed_) break;
      VDE_TRY_ASSIGN(payload, repair_.read_intact(region_.begin + index, block_types::kBitmap));
      if (!payload || (index == 0 && all_zero(*payload))) {
        damaged_.push_back(index);
        continue;
      }
      const uint64_t ones = metadata_ones(index, *payload);
      if (ones != metadata_bits(index)) incomplete_.push_back(index);
      const uint64_t valid = covers(index).count();
      if (find_bit(*payload, valid, bits_, true) != bits_) past_end_.push_back(index);
      allocated_ += count_bits(*payload, 0, valid) - ones + metadata_bits(index);
    }
    return check_spare_blocks();
  }

  // Bitmap blocks past the end of the volume hold no bits, but must be intact.
  Result<void> check_spare_blocks() {
    for (uint64_t at = region_.begin + needed_; at < region_.end; ++at) {
      VDE_TRY_ASSIGN(next, repair_.next_written({at, region_.end}));
      at = next;
      if (at == region_.end) break;
      VDE_TRY_ASSIGN(payload, repair_.read_intact(at, block_types::kBitmap));
      if (!payload) damaged_.push_back(at - region_.begin);
    }
    return {};
  }

  // Whether the bits of a damaged block can be trusted: it is the only damaged one, its bits cover
  // all regions and modules, and the total matches the superblock's count. Then only the trailer is
  // wrong.
  Result<bool> is_trusted(uint64_t index) {
    if (damaged_.size() != 1) return false;
    VDE_TRY_ASSIGN(block, repair_.read(region_.begin + index));
    if (block.is_unwritten()) return false;
    const Bytes payload = block.unchecked_payload();
    const uint64_t valid = covers(index).count();
    return metadata_ones(index, payload) == metadata_bits(index) &&
           find_bit(payload, valid, bits_, true) == bits_ &&
           static_cast<int64_t>(allocated_ + count_bits(payload, 0, valid)) ==
               repair_.superblock().total_allocated_blocks;
  }

  // Returns false if that loses something without consent.
  Result<bool> rebuild(uint64_t index) {
    VDE_TRY_ASSIGN(trusted, is_trusted(index));
    BlockBuffer bits(payload_size(repair_.io().block_size()));
    if (trusted) {
      VDE_TRY_ASSIGN(block, repair_.read(region_.begin + index));
      std::copy_n(block.unchecked_payload().begin(), bits.size(), bits.begin());
    } else {
      VDE_TRY(collect(index, bits));
    }
    const BelongsHere is_bitmap = [&](const UncheckedBlock&) { return trusted; };
    VDE_TRY_ASSIGN(
        sole, find_sole_blocks(repair_, placed_, {region_.begin + index}, "bitmap", is_bitmap));
    Loss loss;
    sole.add_to(loss);
    if (!repair_.lossy_step(
            fmt::format("{} bitmap block {}", trusted ? "write a new trailer for" : "rebuild",
                        index),
            trusted ? "its bits cover all regions and modules and match the superblock's count"
                    : "regions, modules, snapshots, dictionaries, and all data blocks with content",
            std::move(loss)))
      return false;
    VDE_TRY(sole.report(repair_));
    VDE_TRY_ASSIGN(payload, repair_.replace(region_.begin + index, block_types::kBitmap));
    std::copy(bits.begin(), bits.end(), payload.begin());
    allocated_ += count_bits(bits, 0, covers(index).count());
    return true;
  }

  // Sets the bits of all blocks that may be in use. Marking too many is better than too few: a
  // leaked block can be found again, a lost one cannot.
  Result<void> collect(uint64_t index, MutableBytes bits) {
    each_metadata_part(index, [&](BlockRange part) { set_bits(bits, part.begin, part.end); });
    if (!references_) {
      VDE_TRY_ASSIGN(named, named_blocks(repair_));
      references_ = std::move(named);
    }
    const BlockRange range = covers(index);
    for (const BlockRange& used : *references_) {
      const uint64_t begin = std::max(used.begin, range.begin);
      const uint64_t end = std::min(used.end, range.end);
      if (begin < end) set_bits(bits, begin - range.begin, end - range.begin);
    }
    return add_written(range, bits);
  }

  Result<void> add_written(BlockRange range, MutableBytes bits) {
    for (uint64_t at = range.begin; at < range.end; ++at) {
      if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(next, repair_.next_written({at, range.end}));
      at = next;
      if (at == range.end) break;
      VDE_TRY_ASSIGN(block, repair_.read(at));
      if (!block.is_unwritten()) set_bits(bits, at - range.begin, at - range.begin + 1);
    }
    return {};
  }

  Result<MutableBytes> edit(uint64_t index) {
    return repair_.edit(region_.begin + index, block_types::kBitmap);
  }

  Result<void> complete() {
    repair_.step("mark all blocks of regions and modules as allocated",
                 "the region slots and the code cache");
    for (const uint64_t index : incomplete_) {
      VDE_TRY_ASSIGN(payload, edit(index));
      each_metadata_part(index, [&](BlockRange part) { set_bits(payload, part.begin, part.end); });
    }
    return {};
  }

  Result<void> clear_past_end() {
    repair_.step("clear bitmap bits past the end of the volume", "the superblock's block count");
    for (const uint64_t index : past_end_) {
      VDE_TRY_ASSIGN(payload, edit(index));
      clear_bits(payload, covers(index).count(), bits_);
    }
    return {};
  }

  void set_counts() {
    Superblock& superblock = repair_.superblock();
    const auto allocated = static_cast<int64_t>(allocated_);
    const int64_t free = static_cast<int64_t>(total_) - allocated;
    if (superblock.total_allocated_blocks == allocated && superblock.free_blocks == free) return;
    repair_.step(fmt::format("set the superblock's counts to {} allocated and {} free blocks",
                             allocated, free),
                 "the bitmap and the regions");
    superblock.total_allocated_blocks = allocated;
    superblock.free_blocks = free;
  }

  StructureRepair& repair_;
  PlacedRegion placed_;
  BlockRange region_;
  uint64_t total_;
  uint64_t bits_;
  uint64_t needed_;                   // bitmap blocks that hold bits of the volume
  std::vector<BlockRange> metadata_;  // all blocks that must be allocated, modules included
  std::optional<std::vector<BlockRange>> references_;
  std::vector<uint64_t> damaged_;     // indices
  std::vector<uint64_t> incomplete_;  // bitmap blocks that miss bits of metadata
  std::vector<uint64_t> past_end_;    // bitmap blocks with set bits past the volume's end
  uint64_t allocated_ = 0;
};

}  // namespace

std::optional<PlacedRegion> bitmap_region(StructureRepair& repair) {
  const auto region = repair.sole_region(block_types::kBitmap);
  const uint64_t total = repair.total_blocks();
  if (!region || total == 0) return std::nullopt;
  // If a region lies outside the volume, its slot is wrong, and its blocks may be these.
  const auto used =
      std::ranges::count_if(repair.slots(), [](const RegionSlot& slot) { return !slot.is_free(); });
  if (static_cast<size_t>(used) != repair.regions().size()) return std::nullopt;
  if (region->blocks.count() < bitmap_blocks_for(total, repair.io().block_size()))
    return std::nullopt;
  return region;
}

Result<void> repair_bitmap(StructureRepair& repair) {
  const auto region = bitmap_region(repair);
  if (region) return BitmapRepairer(repair, *region, repair.total_blocks()).repair_all();
  repair.note(
      "the bitmap is missing, too small for the volume, or shares blocks with another region");
  return {};
}

}  // namespace vde
