#include "check/repair/fixed_places.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "check/exact/place_check.h"
#include "check/lost/lost_lines.h"
#include "check/passes/lost_entries.h"
#include "check/salvage/tag_blocks.h"
#include "check/written_blocks.h"
#include "format/tag/tag_extension.h"
#include "journal/recovery.h"
#include "table/module_table.h"
#include "table/snapshot_table.h"

namespace vde {
namespace {

constexpr std::array kFixedTypes = {block_types::kSuperblock, block_types::kRegionMap,
                                    block_types::kExtendedMetadata, block_types::kIntegrityAnchor};

std::vector<const FixedBlock*> fixed_blocks(const Probe& probe) {
  std::vector<const FixedBlock*> blocks;
  for (const FixedBlock& block : probe.primary.blocks) blocks.push_back(&block);
  for (const FixedBlock& block : probe.mirror.blocks) blocks.push_back(&block);
  for (const FixedBlock& block : probe.directory.blocks) blocks.push_back(&block);
  return blocks;
}

// Whether another block of the groups or the directory holds the same. Block 9 holds a checksum.
bool has_fixed_copy(const Probe& probe, Bytes payload, uint64_t number) {
  const auto blocks = fixed_blocks(probe);
  return std::ranges::any_of(blocks, [&](const FixedBlock* other) {
    if (other->number == number) return false;
    const uint64_t listed = kDirectoryHeaderLayout.decode(payload).slots_checksum;
    return std::ranges::equal(other->payload(), payload) ||
           (number == kDirectoryStart + 1 && listed == checksum(other->payload()));
  });
}

// Whether a payload can only be the one of this fixed place.
bool is_of_place(Bytes payload, uint64_t number) {
  if (number == kDirectoryStart + 1) return false;
  if (number < kDirectoryStart && number % kGroupBlocks == 0)
    return kSuperblockLayout.decode(payload).signature == Superblock{}.signature;
  if (number < kDirectoryStart && number % kGroupBlocks != 1) return false;
  return std::ranges::any_of(decode_slots(payload), [](const RegionSlot& slot) {
    return slot.type == block_types::kRegionMap &&
           slot.start == static_cast<int64_t>(kDirectoryStart);
  });
}

// The checksum does not cover the type, so a block of the place itself may have a wrong one.
bool is_misplaced(const Probe& probe, const FixedBlock& block) {
  return block.readable && block.state == BlockState::kValid && is_known(block.trailer.type) &&
         std::ranges::find(kFixedTypes, block.trailer.type) == kFixedTypes.end() &&
         !all_zero(block.payload()) && !is_of_place(block.payload(), block.number) &&
         !has_fixed_copy(probe, block.payload(), block.number);
}

const PackedTable* table_of(BlockType type) {
  for (const PackedTable* table : {&snapshot_table(), &kModuleTable})
    if (table->type == type) return table;
  return nullptr;
}

uint64_t likely_entries(const PackedTable& table, const UncheckedBlock& block, bool first,
                        uint64_t total_blocks) {
  uint64_t count = 0;
  each_likely_record(table, block, first, total_blocks, [&](Bytes) { ++count; });
  return count;
}

// What the image says about the place of a misplaced block, the best first.
enum class Evidence {
  kExchanged,  // it holds what belongs in the fixed place, and a copy of that exists
  kSwapped,    // it holds a block that may belong in the fixed place
  kChecksum,   // it is damaged, and its trailer names the checksum
  kOther,      // as kSwapped, but the misplaced block does not fit
  kNone,
};

// Looks for the place of one misplaced block.
class HomeSearch {
 public:
  HomeSearch(const FoundationRepair& repair, const FixedBlock& misplaced)
      : repair_(repair), misplaced_(misplaced), places_(repair.probe()) {}

  Result<void> run() {
    const auto recovery =
        plan_recovery(repair_.io(), repair_.probe(), LostRecords::kDrop, OddBlocks::kOverwrite);
    if (recovery) waiting_ = recovery->after_images;
    const std::vector<PlacedRegion> regions = place_regions(repair_.probe());
    bool has_region = false;
    for (const PlacedRegion& region : regions) {
      if (region.is_data_area || region.blocks.begin < kFirstRegionBlock) continue;
      const bool carries = may_carry(region.type, region.content, misplaced_.trailer.type);
      has_region |= carries;
      VDE_TRY(look_through(region, carries));
    }
    if (has_region || is_elsewhere_) return {};
    // It is from the data area: bytes of a module, for example.
    for (const PlacedRegion& region : regions)
      if (region.is_data_area) VDE_TRY(look_through_data(region));
    return {};
  }

  [[nodiscard]] Evidence evidence() const { return evidence_; }
  [[nodiscard]] uint64_t place() const { return place_; }
  // Whether a structure holds the same block.
  [[nodiscard]] bool is_elsewhere() const { return is_elsewhere_; }
  // The place that is damaged or unwritten, if there is only one in which the block fits.
  [[nodiscard]] std::optional<uint64_t> only_gap() const {
    return gaps_ == 1 ? std::optional(gap_) : std::nullopt;
  }

 private:
  Result<void> look_through(const PlacedRegion& region, bool carries) {
    VDE_TRY_ASSIGN(used, used_blocks(region));
    const uint64_t used_end = region.blocks.begin + std::min(used, region.blocks.count());
    uint64_t next = region.blocks.begin;
    const auto visit = [&](const UncheckedBlock& block) -> Result<void> {
      const uint64_t number = block.number();
      if (carries) judge_hole({next, std::min(number, used_end)});
      next = number + 1;
      if (block.state() == BlockState::kValid)
        judge_valid(region, block);
      else if (carries && (!block.is_unwritten() || number < used_end))
        judge_damaged(block);
      return {};
    };
    VDE_TRY(each_written_block(repair_.io(), region.blocks, repair_.activity(), visit));
    if (carries) judge_hole({next, used_end});
    return {};
  }

  Result<void> look_through_data(const PlacedRegion& region) {
    return each_written_block(repair_.io(), region.blocks, repair_.activity(),
                              [&](const UncheckedBlock& block) -> Result<void> {
                                if (block.state() == BlockState::kValid) judge_valid(region, block);
                                return {};
                              });
  }

  void judge_valid(const PlacedRegion& region, const UncheckedBlock& block) {
    const Trailer trailer = block.unchecked_trailer();
    // What the journal holds of other structures may be overwritten, unless it waits there.
    const bool waits =
        std::ranges::find(waiting_, block.number(), &ReplayedBlock::place) != waiting_.end();
    const bool stays =
        waits || (!region.is_data_area && (region.type != block_types::kMetadataWal ||
                                           misplaced_.trailer.type == block_types::kMetadataWal));
    is_elsewhere_ |= stays && trailer.type == misplaced_.trailer.type &&
                     trailer.checksum == misplaced_.trailer.checksum;
    // Commits would be lost.
    if (waits || is_in_records(region, block.number())) return;
    if (!may_be_exchanged(region, trailer.type)) return;
    if (!places_.fault(misplaced_.number, block.bytes()).empty()) return;
    const bool copied =
        has_fixed_copy(repair_.probe(), block.unchecked_payload(), misplaced_.number);
    // Data blocks may hold anything.
    if (region.is_data_area && !copied) return;
    keep(!fits(block.number()) ? Evidence::kOther
         : copied              ? Evidence::kExchanged
                               : Evidence::kSwapped,
         block.number());
  }

  // Whether the block lies among the records of commits that wait. They depend on every one of
  // them, not only on the last version of each block.
  [[nodiscard]] bool is_in_records(const PlacedRegion& region, uint64_t number) const {
    return region.type == block_types::kMetadataWal && number > region.blocks.begin &&
           std::ranges::any_of(waiting_,
                               [&](const ReplayedBlock& image) { return image.place >= number; });
  }

  // The journal also holds copies of the directory.
  [[nodiscard]] bool may_be_exchanged(const PlacedRegion& region, BlockType type) const {
    const bool is_copy = region.type == block_types::kMetadataWal &&
                         type == block_types::kRegionMap &&
                         misplaced_.trailer.type != block_types::kMetadataWal;
    return type == places_.type_at(misplaced_.number) && !is_copy;
  }

  // The number of blocks at the start of the region that were used at some time; all of them if
  // that is unknown.
  [[nodiscard]] Result<uint64_t> used_blocks(const PlacedRegion& region) const {
    if (region.type != block_types::kTagIndex) {
      const int64_t used = repair_.probe().slots[region.slot].used;
      return used > 0 ? static_cast<uint64_t>(used) : region.blocks.count();
    }
    BlockBuffer buffer = repair_.io().make_buffer();
    VDE_TRY_ASSIGN(head, repair_.io().read(region.blocks.begin, buffer));
    const auto extension =
        head.check(region.type) ? decode_tag_extension(head.unchecked_payload()) : std::nullopt;
    return extension ? uint64_t{extension->high_water} : region.blocks.count();
  }

  void judge_damaged(const UncheckedBlock& block) {
    if (!fits(block.number())) return;
    if (block.state() == BlockState::kBadChecksum &&
        block.unchecked_trailer().checksum == misplaced_.trailer.checksum)
      keep(Evidence::kChecksum, block.number());
    ++gaps_;
    gap_ = block.number();
  }

  // Blocks that are in a hole of the file, although they were used. Where the misplaced block fits,
  // only the ends of the hole make a difference.
  void judge_hole(BlockRange hole) {
    std::set<uint64_t> places;
    if (hole.begin < hole.end) places = {hole.begin, hole.end - 1};
    if (hole.begin + 2 < hole.end) places.insert(hole.begin + 1);
    for (const uint64_t place : places) {
      if (!fits(place)) continue;
      ++gaps_;
      gap_ = place;
    }
  }

  [[nodiscard]] bool fits(uint64_t place) const {
    if (!places_.fault(place, misplaced_.bytes).empty()) return false;
    const PlacedRegion* region = places_.region_of(place);
    const bool first = region != nullptr && region->blocks.begin == place;
    const UncheckedBlock block(place, misplaced_.bytes);
    if (region != nullptr && region->type == block_types::kTagIndex)
      return first != is_tag_node(block.unchecked_payload(), region->blocks.count());
    const PackedTable* table = table_of(misplaced_.trailer.type);
    if (table == nullptr) return true;
    const uint64_t total = repair_.probe().usable_blocks();
    return likely_entries(*table, block, first, total) >=
           likely_entries(*table, block, !first, total);
  }

  void keep(Evidence evidence, uint64_t place) {
    if (evidence >= evidence_) return;
    evidence_ = evidence;
    place_ = place;
  }

  const FoundationRepair& repair_;
  const FixedBlock& misplaced_;
  PlaceCheck places_;
  std::vector<ReplayedBlock> waiting_;
  Evidence evidence_ = Evidence::kNone;
  uint64_t place_ = 0;
  bool is_elsewhere_ = false;
  uint64_t gaps_ = 0;
  uint64_t gap_ = 0;  // the last one
};

// Writes the misplaced block first: the other one has a copy in its group, more often than not.
Result<void> exchange(FoundationRepair& repair, const FixedBlock& misplaced,
                      const HomeSearch& search) {
  const BlockBuffer ours = misplaced.bytes;
  const uint64_t number = misplaced.number;
  BlockBuffer theirs = repair.io().make_buffer();
  VDE_TRY(repair.io().read(search.place(), theirs));
  std::string what = fmt::format("exchange blocks {} and {}", number, search.place());
  std::string source = "their block types: each is valid and belongs in the place of the other";
  if (search.evidence() == Evidence::kOther) {
    source = fmt::format("their block types: the one in block {} belongs in block {}",
                         search.place(), number);
    repair.step(std::move(what), std::move(source));
  } else {
    repair.exact_step(std::move(what), std::move(source));
  }
  repair.completes(PlaceCheck(repair.probe()).type_at(search.place()));
  VDE_TRY(repair.write_direct(search.place(), ours));
  VDE_TRY(repair.sync());
  VDE_TRY(repair.write_direct(number, theirs));
  VDE_TRY(repair.sync());
  return repair.check_again();
}

Result<void> copy_back(FoundationRepair& repair, const FixedBlock& misplaced, uint64_t place) {
  const BlockBuffer bytes = misplaced.bytes;
  repair.completes(misplaced.trailer.type);
  VDE_TRY(repair.write_direct(place, bytes));
  VDE_TRY(repair.sync());
  return repair.check_again();
}

// The only damaged block of the region. Entries that can still be read there are lost.
Result<bool> fill_gap(FoundationRepair& repair, const FixedBlock& misplaced, uint64_t gap) {
  const BlockType type = misplaced.trailer.type;
  const uint64_t total = repair.probe().usable_blocks();
  BlockBuffer buffer = repair.io().make_buffer();
  VDE_TRY_ASSIGN(block, repair.io().read(gap, buffer));
  LostEntry entry{{}, gap, "the block is damaged, and another one is copied over it"};
  LostCounts counts;
  VDE_TRY(each_entry_in(block, type, total, entry, [&](const LostEntry& lost) -> Result<void> {
    ++counts.of(lost.kind);
    return {};
  }));
  Loss loss;
  if (counts.total() > 0)
    loss = {fmt::format("what can still be read in block {}, unverified", gap), counts};
  if (!repair.lossy_step(
          fmt::format("copy block {} to block {}", misplaced.number, gap),
          fmt::format("its block type; no other block of {} is damaged", to_string(type)), loss))
    return false;
  VDE_TRY(each_entry_in(block, type, total, entry,
                        [&](const LostEntry& lost) { return repair.lose(lost); }));
  VDE_TRY(copy_back(repair, misplaced, gap));
  return true;
}

// By what says where the block belongs, or, if `by_any`, by anything.
Result<void> return_block(FoundationRepair& repair, const FixedBlock& misplaced, bool by_any) {
  HomeSearch search(repair, misplaced);
  VDE_TRY(search.run());
  if (search.is_elsewhere()) return {};
  if (search.evidence() == Evidence::kChecksum) {
    repair.exact_step(fmt::format("copy block {} to block {}", misplaced.number, search.place()),
                      "its payload, which has the checksum that the damaged block names");
    return copy_back(repair, misplaced, search.place());
  }
  if (search.evidence() < Evidence::kOther) return exchange(repair, misplaced, search);
  if (!by_any) return {};
  if (search.evidence() == Evidence::kOther) return exchange(repair, misplaced, search);
  bool moved = false;
  if (const auto gap = search.only_gap()) {
    VDE_TRY_ASSIGN(filled, fill_gap(repair, misplaced, *gap));
    moved = filled;
  }
  if (!moved) repair.set_sole(misplaced.number);
  return {};
}

}  // namespace

Result<void> return_misplaced_blocks(FoundationRepair& repair) {
  if (repair.probe().slot_source == SlotSource::kNone) return {};
  repair.forget_sole();
  for (const bool by_any : {false, true})
    for (uint64_t number = 0; number < kFirstRegionBlock; ++number) {
      const FixedBlock* block = fixed_blocks(repair.probe())[number];
      if (is_misplaced(repair.probe(), *block)) VDE_TRY(return_block(repair, *block, by_any));
    }
  return {};
}

}  // namespace vde
