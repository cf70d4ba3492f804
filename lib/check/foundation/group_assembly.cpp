#include "check/foundation/group_assembly.h"

#include <fmt/format.h>

#include <algorithm>

#include "check/foundation/lost_superblock.h"
#include "format/region/bitmap.h"
#include "probe/recovery_footer.h"

namespace vde {
namespace {

using Slots = std::vector<RegionSlot>;

// The blocks of a group.
constexpr uint64_t kHead = 0;
constexpr uint64_t kTable = 1;
constexpr uint64_t kExtended = 2;
constexpr uint64_t kAnchor = 3;

constexpr std::string_view kNames[] = {"superblock", "pointer table", "extended metadata",
                                       "integrity anchor"};

// Whether the bitmap marks all blocks of regions as allocated, without checking its trailer. Only
// the first bitmap block is compared, because the SDK fills only that.
Result<bool> bitmap_covers(const FoundationRepair& repair, const std::vector<RegionSlot>& slots) {
  const BlockIo& io = repair.io();
  const auto regions =
      place_regions(slots, repair.probe().manifest(), repair.probe().blocks_in_file());
  const auto bitmap = std::find_if(regions.begin(), regions.end(),
                                   [](const auto& r) { return r.type == block_types::kBitmap; });
  if (bitmap == regions.end()) return false;
  BlockBuffer buffer = io.make_buffer();
  VDE_TRY_ASSIGN(block, io.read(bitmap->blocks.begin, buffer));
  const Bytes payload = block.unchecked_payload();
  const uint64_t bits = bits_per_bitmap_block(io.block_size());
  for (const PlacedRegion& region : regions) {
    if (region.is_data_area) continue;
    const uint64_t end = std::min(region.blocks.end, bits);
    const uint64_t begin = std::min(region.blocks.begin, end);
    if (count_bits(payload, begin, end) != end - begin) return false;
  }
  return true;
}

// The payload of the two superblocks if neither has a trailer and all evidence that the format asks
// for exists: they are identical, block 1 matches an intact directory, and the bitmap covers every
// region.
Result<std::optional<Bytes>> superblock_without_trailer(const FoundationRepair& repair) {
  const Probe& probe = repair.probe();
  const std::optional<Bytes> none;
  const FixedBlock& one = probe.primary.blocks[0];
  const FixedBlock& two = probe.mirror.blocks[0];
  for (const FixedBlock* block : {&one, &two})
    if (!block->readable || block->state != BlockState::kNoTrailer) return none;
  if (one.bytes != two.bytes || !probe.directory.whole) return none;
  const Superblock superblock = kSuperblockLayout.decode(one.payload());
  if (superblock.signature != Superblock{}.signature ||
      superblock.block_size != static_cast<int64_t>(probe.block_size))
    return none;
  const auto slots = decode_slots(probe.directory.blocks[0].payload());
  const FixedBlock& table = probe.primary.blocks[1];
  if (!table.readable || decode_slots(table.payload()) != slots) return none;
  VDE_TRY_ASSIGN(covered, bitmap_covers(repair, slots));
  return covered ? std::optional(one.payload()) : none;
}

// An intact block `index` of either group, or of the copy in the journal: one of this generation if
// there is one, else the newest.
const FixedBlock* best_block(const Probe& probe, uint64_t index, uint32_t generation) {
  const FixedBlock* best = nullptr;
  for (const GroupProbe* group : {&probe.primary, &probe.mirror, &probe.copy}) {
    const FixedBlock& block = group->blocks[index];
    if (!block.is(group_block_type(index))) continue;
    if (block.trailer.generation == generation) return &block;
    if (best == nullptr || block.trailer.generation > best->trailer.generation) best = &block;
  }
  return best;
}

// The payload of the recovery footer, if it is of the same commit as the other blocks of a group.
std::optional<BlockBuffer> current_footer(const FoundationRepair& repair) {
  auto footer = read_recovery_footer(repair.io());
  if (!footer) return std::nullopt;
  footer->resize(footer->size() - kTrailerSize);
  const auto sequence =
      static_cast<uint32_t>(kSuperblockLayout.decode(*footer).checkpoint_sequence);
  for (uint64_t i = 1; i < kGroupBlocks; ++i) {
    const FixedBlock* block = best_block(repair.probe(), i, sequence);
    if (block == nullptr || block->trailer.generation != sequence) return std::nullopt;
  }
  return footer;
}

// The group with the newest superblock, if the journal's copy counts.
const GroupProbe& newest_group(const Probe& probe) {
  const GroupProbe* newest = &probe.copy;
  for (const GroupProbe* group : {&probe.primary, &probe.mirror})
    if (group->superblock &&
        group->superblock->checkpoint_sequence > newest->superblock->checkpoint_sequence)
      newest = group;
  return *newest;
}

// Puts the blocks of a group together, from the superblock on.
class GroupAssembler {
 public:
  explicit GroupAssembler(FoundationRepair& repair) : repair_(repair), probe_(repair.probe()) {}

  Result<std::optional<GroupAssembly>> run() {
    VDE_TRY(find_superblock());
    if (assembly_.blocks.empty()) VDE_TRY(find_lost());
    if (assembly_.blocks.empty()) {
      repair_.note(
          "no superblock has a valid trailer, and no region table and no blocks show where "
          "the journal and the bitmap are");
      return std::optional<GroupAssembly>{};
    }
    VDE_TRY_ASSIGN(has_table, add_table());
    if (!has_table) {
      repair_.note("the pointer table is damaged in both groups, and so is the region directory");
      return std::optional<GroupAssembly>{};
    }
    for (uint64_t i = kExtended; i < kGroupBlocks; ++i) add_rest(i);
    return std::optional(std::move(assembly_));
  }

 private:
  void add(uint64_t index, Bytes payload, std::string_view source) {
    BlockBuffer block(payload.begin(), payload.end());
    block.resize(block.size() + kTrailerSize);
    write_trailer(block, group_block_type(index), generation_);
    assembly_.blocks.push_back(std::move(block));
    assembly_.sources +=
        fmt::format("{}{}: {}", assembly_.sources.empty() ? "" : "; ", kNames[index], source);
  }

  void add_superblock(Bytes payload, std::string_view source) {
    generation_ = static_cast<uint32_t>(kSuperblockLayout.decode(payload).checkpoint_sequence);
    add(kHead, payload, source);
  }

  void lose(std::string_view what) {
    Loss& loss = assembly_.loss;
    loss.what += fmt::format("{}{}", loss.what.empty() ? "" : "; ", what);
    ++loss.counts.others;
  }

  // A superblock that is there.
  Result<void> find_superblock() {
    if (probe_.superblock_source == SuperblockSource::kBlock) {
      const GroupProbe& group =
          probe_.superblock_block == kPrimaryGroup ? probe_.primary : probe_.mirror;
      add_superblock(group.blocks[0].payload(), fmt::format("block {}", probe_.superblock_block));
      return {};
    }
    if (probe_.superblock_source == SuperblockSource::kCopy) {
      const FixedBlock& head = newest_group(probe_).blocks[0];
      add_superblock(head.payload(), fmt::format("block {}", head.number));
      return {};
    }
    if (const auto footer = current_footer(repair_)) {
      add_superblock(*footer,
                     "the recovery footer in the last block, whose sequence is the generation of "
                     "the other blocks");
      return {};
    }
    VDE_TRY_ASSIGN(payload, superblock_without_trailer(repair_));
    if (payload)
      add_superblock(*payload,
                     "blocks 0 and 4, which have no trailer but are identical; block 1 matches the "
                     "region directory, and the bitmap covers every region");
    return {};
  }

  // One from the journal, or from fields.
  Result<void> find_lost() {
    Slots slots = probe_.slots;
    const bool has_slots = probe_.slot_source == SlotSource::kPointerTable ||
                           probe_.slot_source == SlotSource::kDirectory;
    if (!has_slots) {
      VDE_TRY_ASSIGN(found, slots_of_blocks());
      if (!found) return {};
      slots = std::move(*found);
    }
    VDE_TRY_ASSIGN(lost, find_lost_superblock(repair_, slots, survey_));
    add_superblock(lost.head, lost.source);
    if (!lost.lost.empty()) lose(lost.lost);
    assembly_.is_of_waiting_commits = lost.is_of_waiting_commits;
    slots_after_commits_ = std::move(lost.slots);
    return {};
  }

  Result<std::optional<Slots>> slots_of_blocks() {
    if (!survey_) {
      VDE_TRY_ASSIGN(made, BlockSurvey::make(repair_));
      survey_ = std::move(made);
    }
    return survey_->slots();
  }

  void add_slots(const Slots& slots, std::string_view source) {
    BlockBuffer payload(payload_size(probe_.block_size));
    encode_slots(slots, payload);
    add(kTable, payload, source);
  }

  // The pointer table of the superblock's own generation, else the directory's slots, else any,
  // else what the blocks say.
  Result<bool> add_table() {
    const FixedBlock* block = best_block(probe_, kTable, generation_);
    if (slots_after_commits_) {
      add_slots(*slots_after_commits_, "the commits that wait in the journal");
    } else if (probe_.directory.whole &&
               (block == nullptr || block->trailer.generation != generation_)) {
      add_slots(decode_slots(probe_.directory.blocks[0].payload()), "the region directory");
    } else if (block != nullptr) {
      add(kTable, block->payload(), fmt::format("block {}", block->number));
    } else {
      VDE_TRY_ASSIGN(slots, slots_of_blocks());
      if (!slots) return false;
      add_slots(*slots, "the types of the blocks, and what the bitmap marks as allocated");
      lose("of the region tables, flags, used counts, and regions of which no block is left");
    }
    return true;
  }

  // Blocks 2 and 3. A damaged copy may still have the checksum of what nearly every image has.
  void add_rest(uint64_t index) {
    if (const FixedBlock* block = best_block(probe_, index, generation_))
      return add(index, block->payload(), fmt::format("block {}", block->number));
    const BlockBuffer zeros(payload_size(probe_.block_size));
    const BlockBuffer fresh = fresh_payload(index, probe_.block_size);
    for (const BlockBuffer* payload : {&fresh, &zeros})
      if (const FixedBlock* block = with_checksum(index, checksum(*payload)))
        return add(
            index, *payload,
            fmt::format("the checksum in block {}, which is that of {}", block->number,
                        index == kAnchor && payload == &fresh ? "the format's fingerprint and zeros"
                                                              : "zeros"));
    add(index, fresh,
        index == kAnchor ? "the format's fingerprint and zeros, as in a new image"
                         : "zeros, as in a new image");
    lose(fmt::format("the {}, if it was not as in a new image", kNames[index]));
  }

  [[nodiscard]] const FixedBlock* with_checksum(uint64_t index, uint64_t wanted) const {
    for (const GroupProbe* group : {&probe_.primary, &probe_.mirror}) {
      const FixedBlock& block = group->blocks[index];
      if (block.readable && block.state == BlockState::kBadChecksum &&
          block.trailer.type == group_block_type(index) && block.trailer.checksum == wanted)
        return &block;
    }
    return nullptr;
  }

  FoundationRepair& repair_;
  const Probe& probe_;
  GroupAssembly assembly_;
  uint32_t generation_ = 0;
  std::optional<BlockSurvey> survey_;
  std::optional<Slots> slots_after_commits_;
};

}  // namespace

BlockBuffer fresh_payload(uint64_t index, uint32_t block_size) {
  BlockBuffer payload(payload_size(block_size));
  if (index != kAnchor) return payload;
  IntegrityAnchor anchor;
  anchor.format_fingerprint = format_fingerprint();
  kIntegrityAnchorLayout.encode(anchor, payload);
  return payload;
}

Result<std::optional<GroupAssembly>> assemble_group(FoundationRepair& repair) {
  return GroupAssembler(repair).run();
}

}  // namespace vde
