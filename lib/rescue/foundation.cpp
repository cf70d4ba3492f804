#include "rescue/foundation.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "base/ranges.h"
#include "check/foundation/group_assembly.h"
#include "check/foundation/lost_superblock.h"
#include "check/written_blocks.h"
#include "format/region/bitmap.h"
#include "probe/region_table.h"
#include "probe/slot_guess.h"
#include "rescue/fixed_blocks.h"
#include "rescue/journal_salvage.h"
#include "vde/create.h"

namespace vde {
namespace {

// A table of slots, and where it was found.
struct SlotTable {
  std::vector<RegionSlot> slots;
  uint64_t block = 0;
  uint32_t generation = 0;
};

// `used` is a hint, which commits change.
bool has_same_place(const RegionSlot& one, const RegionSlot& other) {
  return one.type == other.type && one.start == other.start && one.count == other.count;
}

class Foundation {
 public:
  Foundation(const RescueSource& source, const RescueOptions& options, const RescueVisitor& show,
             Activity& activity)
      : source_(source), options_(options), show_(show), activity_(activity) {}

  Result<void> run() {
    VDE_TRY_ASSIGN(remains, find_journal_remains(source_.io, source_.runs, activity_));
    journal_ = std::move(remains);
    VDE_TRY(choose_superblock());
    VDE_TRY(find_tables());
    VDE_TRY(choose_slots());
    VDE_TRY(complete_superblock());
    VDE_TRY(keep_extended());
    VDE_TRY(source_.io.file().resize(total_ * source_.io.block_size()));
    VDE_TRY(write_fixed_blocks(source_.io, state_));
    VDE_TRY_ASSIGN(commits, apply_waiting_commits(source_.io));
    if (commits == 0) return {};
    if (guessed_) VDE_TRY(guess_again());
    return found("commit", commits, {}, "waited in the journal; applied");
  }

 private:
  Result<void> tell(RescueVerdict verdict, std::string_view kind, uint64_t count,
                    std::vector<BlockRange> blocks, std::string reason) {
    return show_({verdict, kind, count, std::move(blocks), std::move(reason)});
  }
  Result<void> found(std::string_view kind, uint64_t count, std::vector<BlockRange> blocks,
                     std::string reason) {
    return tell(RescueVerdict::kFound, kind, count, std::move(blocks), std::move(reason));
  }

  Result<void> choose_superblock() {
    const Probe& probe = source_.probe;
    state_.head.resize(payload_size(source_.io.block_size()));
    if (probe.superblock_verified()) {
      take_head(probe.group());
      known_ = true;
      const uint64_t block = probe.superblock_block;
      return found("superblock", 1, {{block, block + 1}}, fmt::format("block {}", block));
    }
    if (journal_.newest) {
      state_.superblock = kSuperblockLayout.decode(journal_.newest->head.superblock);
      state_.seal = {journal_.newest->head.seal};
      known_ = true;
      return found("superblock", 1, {{journal_.block, journal_.block + 1}},
                   "the newest record of the journal");
    }
    return find_stray_superblock();
  }

  void take_head(const GroupProbe& group) {
    const Bytes head = group.blocks[0].payload();
    state_.head.assign(head.begin(), head.end());
    state_.superblock = kSuperblockLayout.decode(head);
    state_.seal =
        kHeaderSealLayout.decode(head.subspan(header_seal_offset(source_.io.block_size())));
  }

  // A copy of the superblock in another place than its own.
  Result<void> find_stray_superblock() {
    constexpr uint64_t kMaxRead = 4096;
    BlockBuffer buffer = source_.io.make_buffer();
    uint64_t read = 0;
    for (const BlockRun& run : source_.runs.runs) {
      if (run.type != block_types::kSuperblock) continue;
      for (uint64_t at = run.blocks.begin; at < run.blocks.end && read < kMaxRead; ++at, ++read) {
        const auto block = source_.io.read_checked(at, block_types::kSuperblock, buffer);
        if (!block) continue;
        const Superblock superblock = kSuperblockLayout.decode(block->payload());
        if (!check_identity(superblock) ||
            superblock.block_size != static_cast<int64_t>(source_.io.block_size()))
          continue;
        state_.superblock = superblock;
        state_.head.assign(block->payload().begin(), block->payload().end());
        known_ = true;
        return tell(RescueVerdict::kDoubted, "superblock", 1, {{at, at + 1}},
                    "a superblock outside its places: it may be that of another volume");
      }
    }
    return {};
  }

  // All valid tables of slots: pointer tables, directory, and copies of them anywhere.
  Result<void> find_tables() {
    constexpr uint64_t kMaxRead = 4096;
    BlockBuffer buffer = source_.io.make_buffer();
    uint64_t read = 0;
    for (const BlockRun& run : source_.runs.runs) {
      if (run.type != block_types::kRegionMap) continue;
      for (uint64_t at = run.blocks.begin; at < run.blocks.end && read < kMaxRead; ++at, ++read) {
        const auto block = source_.io.read_checked(at, block_types::kRegionMap, buffer);
        if (block && at != kDirectoryStart + 1) add_table(*block);
      }
    }
    return {};
  }

  void add_table(const CheckedBlock& block) {
    std::vector<RegionSlot> slots = decode_slots(block.payload());
    const auto used = std::ranges::count_if(
        slots, [](const RegionSlot& slot) { return !slot.is_free() && is_known(slot.type); });
    constexpr int64_t kMinSlots = 3;
    if (used >= kMinSlots)
      keep_table({std::move(slots), block.number(), block.trailer().generation});
  }

  // Of the tables outside blocks 0 to 9 the newest ones, each place of regions once: to compare a
  // table with all blocks takes time.
  void keep_table(SlotTable table) {
    constexpr size_t kMaxTables = 64;
    const auto is_copy = [](const SlotTable& any) { return any.block >= kFirstRegionBlock; };
    const auto same = std::ranges::find_if(tables_, [&](const SlotTable& other) {
      return std::ranges::equal(table.slots, other.slots, has_same_place);
    });
    if (same != tables_.end()) {
      if (is_copy(*same) && is_later_generation(table.generation, same->generation))
        *same = std::move(table);
      return;
    }
    if (tables_.size() < kMaxTables) return tables_.push_back(std::move(table));
    const auto oldest =
        std::ranges::min_element(tables_, [&](const SlotTable& one, const SlotTable& other) {
          if (is_copy(one) != is_copy(other)) return is_copy(one);
          return is_later_generation(other.generation, one.generation);
        });
    if (is_copy(*oldest) && is_later_generation(table.generation, oldest->generation))
      *oldest = std::move(table);
  }

  // The table that the blocks contradict least; its contradicted slots from the blocks.
  Result<void> choose_slots() {
    const uint64_t limit = block_limit();
    const SlotTable* best = nullptr;
    size_t best_wrong = 0;
    for (const SlotTable& table : tables_) {
      const size_t wrong = contradicted_slots(table.slots, source_.runs, limit).size();
      const bool is_better =
          best == nullptr || wrong < best_wrong ||
          (wrong == best_wrong && is_later_generation(table.generation, best->generation) &&
           table.block >= kFirstRegionBlock && best->block >= kFirstRegionBlock);
      if (!is_better) continue;
      best = &table;
      best_wrong = wrong;
    }
    if (best == nullptr) return guess_all();
    state_.slots = best->slots;
    total_ = volume_blocks();
    VDE_TRY(found("region", used_slots(), {{best->block, best->block + 1}},
                  best->block < kFirstRegionBlock ? "a region table" : "a copy of a region table"));
    return best_wrong == 0 ? Result<void>{} : correct_slots();
  }

  Result<void> guess_all() {
    total_ = volume_blocks();
    VDE_TRY_ASSIGN(slots, guess_slots(source_.io, source_.runs, total_, activity_));
    state_.slots = std::move(slots);
    guessed_ = true;
    return tell(RescueVerdict::kDoubted, "region", used_slots(), {},
                "no region table is left; the blocks show where the regions are");
  }

  // The commits wrote blocks that show more, unless they wrote the table itself.
  Result<void> guess_again() {
    VDE_TRY_ASSIGN(probe, probe_image(source_.io.file()));
    state_.slots.resize(probe.slots.size());
    if (!probe.primary.whole || probe.slots != state_.slots) return {};
    VDE_TRY_ASSIGN(runs, find_block_runs(source_.io, blocks_in_file(), activity_));
    VDE_TRY_ASSIGN(slots, guess_slots(source_.io, runs, total_, activity_));
    GroupState state = decode_group(probe.primary);
    state.slots = std::move(slots);
    return write_fixed_blocks(source_.io, state);
  }

  Result<void> correct_slots() {
    VDE_TRY_ASSIGN(guessed, guess_slots(source_.io, source_.runs, total_, activity_));
    for (const size_t wrong : contradicted_slots(state_.slots, source_.runs, total_)) {
      RegionSlot& slot = state_.slots[wrong];
      const auto right = std::ranges::find(guessed, slot.type, &RegionSlot::type);
      if (right == guessed.end()) continue;
      const auto old = static_cast<uint64_t>(std::max<int64_t>(0, slot.start));
      slot.start = right->start;
      slot.count = right->count;
      slot.used = 0;
      VDE_TRY(tell(
          RescueVerdict::kDoubted, "region", 1,
          {{static_cast<uint64_t>(slot.start), static_cast<uint64_t>(slot.start + slot.count)}},
          fmt::format("the tables place {} at block {}, but its blocks are here",
                      to_string(slot.type), old)));
    }
    return {};
  }

  [[nodiscard]] uint64_t used_slots() const {
    return static_cast<uint64_t>(std::ranges::count_if(
        state_.slots, [](const RegionSlot& slot) { return !slot.is_free(); }));
  }

  // The maximum number of blocks of a volume.
  [[nodiscard]] uint64_t block_limit() const { return kMaxVolumeBytes / source_.io.block_size(); }
  [[nodiscard]] uint64_t blocks_in_file() const { return source_.probe.blocks_in_file(); }

  // The superblock's count; else the end of the last region, because the data area reaches the end
  // of the volume; else what the file has.
  [[nodiscard]] uint64_t volume_blocks() const {
    const int64_t total = state_.superblock.total_blocks;
    if (known_ && total > static_cast<int64_t>(kFirstRegionBlock) &&
        static_cast<uint64_t>(total) <= block_limit())
      return static_cast<uint64_t>(total);
    uint64_t end = 0;
    for (const RegionSlot& slot : state_.slots) {
      const auto range = block_range(slot.start, slot.count);
      if (!slot.is_free() && range && range->end <= block_limit()) end = std::max(end, range->end);
    }
    return end > kFirstRegionBlock ? end : std::min(blocks_in_file(), block_limit());
  }

  Result<void> complete_superblock() {
    if (!known_) VDE_TRY(take_fields());
    Superblock& superblock = state_.superblock;
    const auto block_size = static_cast<int64_t>(source_.io.block_size());
    superblock.block_size = static_cast<int32_t>(block_size);
    superblock.total_blocks = static_cast<int64_t>(total_);
    superblock.expected_file_size = superblock.total_blocks * block_size;
    state_.table.assign(payload_size(source_.io.block_size()), 0);
    return known_ ? Result<void>{} : count_blocks();
  }

  // As a repair does where no superblock is left.
  Result<void> take_fields() {
    Probe probe = source_.probe;
    probe.slots = state_.slots;
    VDE_TRY_ASSIGN(fields,
                   superblock_of_fields(source_.io, probe, newest_generation(source_.runs)));
    state_.head = std::move(fields.head);
    Superblock& superblock = state_.superblock;
    superblock = kSuperblockLayout.decode(state_.head);
    if (superblock.created.value == 0)
      superblock.created = superblock.modified = superblock.last_writer = options_.now;
    const std::vector<BlockRange> places = {{kPrimaryGroup, kPrimaryGroup + 1},
                                            {kMirrorGroup, kMirrorGroup + 1}};
    if (fields.is_unverified)
      VDE_TRY(tell(RescueVerdict::kDoubted, "superblock", 1, places,
                   "fields of it are kept that no checksum confirms; " + fields.source));
    else
      VDE_TRY(tell(RescueVerdict::kLost, "superblock", 1, places,
                   "no copy of it was found; label and other settings are lost"));
    return take_uuid(fields.has_uuid);
  }

  // If the whole bitmap is valid; else the counts stay 0, and a repair determines them.
  Result<void> count_blocks() {
    const auto slot = std::ranges::find(state_.slots, block_types::kBitmap, &RegionSlot::type);
    const uint64_t needed = bitmap_blocks_for(total_, source_.io.block_size());
    if (slot == state_.slots.end()) return {};
    const auto bitmap = block_range(slot->start, slot->count);
    if (!bitmap || bitmap->end > total_ || bitmap->count() < needed) return {};
    const std::vector<BlockRange> metadata =
        RegionTable(state_.slots, total_, state_.superblock.module_manifest).metadata();
    uint64_t allocated = vde::count_blocks(metadata);
    const uint64_t bits = bits_per_bitmap_block(source_.io.block_size());
    const uint64_t begin = bitmap->begin;
    bool valid = true;
    VDE_TRY(each_written_block(
        source_.io, {begin, std::min(begin + needed, blocks_in_file())}, activity_,
        [&](const UncheckedBlock& block) -> Result<void> {
          valid = valid && (block.is_unwritten() || block.check(block_types::kBitmap));
          const uint64_t first = (block.number() - begin) * bits;
          for (const BlockRange& data :
               subtract({{first, std::min(first + bits, total_)}}, metadata))
            allocated +=
                count_bits(block.unchecked_payload(), data.begin - first, data.end - first);
          return {};
        }));
    if (!valid) return {};
    state_.superblock.total_allocated_blocks = static_cast<int64_t>(allocated);
    state_.superblock.free_blocks = static_cast<int64_t>(total_ - allocated);
    return {};
  }

  Result<void> take_uuid(bool known) {
    if (!known && !journal_.mark) {
      if (!state_.superblock.uuid.is_zero()) return {};
      state_.superblock.uuid = random_guid();
      return tell(RescueVerdict::kLost, "uuid", 1, {}, "the volume gets a new one");
    }
    if (!known) state_.superblock.uuid = journal_.mark->uuid;
    std::vector<BlockRange> blocks;
    if (journal_.mark) blocks.push_back({journal_.mark_block, journal_.mark_block + 1});
    return found("uuid", 1, std::move(blocks), "the mark of the journal");
  }

  // Blocks 2 and 3, and their copies in 6 and 7.
  Result<void> keep_extended() {
    VDE_TRY(keep_block(2, "extended metadata", state_.extended));
    return keep_block(3, "integrity anchor", state_.anchor);
  }

  Result<void> keep_block(size_t index, std::string_view kind, BlockBuffer& payload) {
    for (const GroupProbe* group :
         {&source_.probe.primary, &source_.probe.mirror, &source_.probe.copy}) {
      const FixedBlock& block = group->blocks[index];
      if (!block.is(group_block_type(index))) continue;
      payload.assign(block.payload().begin(), block.payload().end());
      return found(kind, 1, {{block.number, block.number + 1}},
                   fmt::format("block {}", block.number));
    }
    payload = fresh_payload(index, source_.io.block_size());
    return tell(RescueVerdict::kLost, kind, 1,
                {{index, index + 1}, {kMirrorGroup + index, kMirrorGroup + index + 1}},
                "both copies are gone; it becomes that of a new image");
  }

  const RescueSource& source_;
  const RescueOptions& options_;
  const RescueVisitor& show_;
  Activity& activity_;
  JournalRemains journal_;
  GroupState state_;
  std::vector<SlotTable> tables_;
  bool known_ = false;    // there is a superblock
  bool guessed_ = false;  // the slots are what the blocks show
  uint64_t total_ = 0;    // blocks of the volume
};

}  // namespace

Result<void> make_foundation(const RescueSource& source, const RescueOptions& options,
                             const RescueVisitor& show, Activity& activity) {
  return Foundation(source, options, show, activity).run();
}

}  // namespace vde
