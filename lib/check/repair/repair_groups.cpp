// The superblock groups: one made whole from what verifies of both, then the other from it.
#include <fmt/format.h>

#include <algorithm>

#include "check/repair/foundation_repair.h"
#include "format/region/bitmap.h"

namespace vde {
namespace {

constexpr std::string_view kNames[] = {"superblock", "pointer table", "extended metadata",
                                       "integrity anchor"};

std::string name_of(uint64_t group) {
  return group == kPrimaryGroup ? "primary group" : "mirror group";
}

// Bit by bit over the bytes as they are: whether the bitmap marks every block of a region, as far
// as its first block goes, which is all that the existing writer fills.
Result<bool> bitmap_covers(const FoundationRepair& repair, const std::vector<RegionSlot>& slots) {
  const BlockIo& io = repair.io();
  const auto regions = place_regions(slots, repair.probe().blocks_in_file());
  const auto bitmap = std::find_if(regions.begin(), regions.end(),
                                   [](const auto& r) { return r.tag == block_types::kBitmap; });
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

// The payload of both superblocks where neither has a trailer, and all the evidence that the format
// asks for is there: they are the same, block 1 agrees with a sealed directory, and the bitmap
// covers every region.
Result<std::optional<Bytes>> unsealed_superblock(const FoundationRepair& repair) {
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

// A group put together: four payloads, and where each came from.
struct Assembly {
  std::vector<BlockBuffer> blocks;  // whole ones, sealed
  std::string sources;
};

// Block `index` of either group that verifies; one of this generation if there is one, else the
// newest.
const FixedBlock* best_block(const Probe& probe, uint64_t index, uint32_t generation) {
  const FixedBlock* best = nullptr;
  for (const GroupProbe* group : {&probe.primary, &probe.mirror}) {
    const FixedBlock& block = group->blocks[index];
    if (!block.is(group_block_type(index))) continue;
    if (block.trailer.generation == generation) return &block;
    if (best == nullptr || block.trailer.generation > best->trailer.generation) best = &block;
  }
  return best;
}

void add_block(Assembly& assembly, uint64_t index, Bytes payload, uint32_t generation,
               std::string_view source) {
  BlockBuffer block(payload.begin(), payload.end());
  block.resize(block.size() + kTrailerSize);
  seal(block, group_block_type(index), generation);
  assembly.blocks.push_back(std::move(block));
  assembly.sources +=
      fmt::format("{}{}: {}", assembly.sources.empty() ? "" : "; ", kNames[index], source);
}

Result<bool> add_superblock(const FoundationRepair& repair, Assembly& assembly,
                            Superblock& superblock) {
  const Probe& probe = repair.probe();
  if (probe.superblock_source == SuperblockSource::kBlock) {
    const GroupProbe& group =
        probe.superblock_block == kPrimaryGroup ? probe.primary : probe.mirror;
    superblock = probe.superblock;
    add_block(assembly, 0, group.blocks[0].payload(),
              static_cast<uint32_t>(superblock.checkpoint_sequence),
              fmt::format("block {}", probe.superblock_block));
    return true;
  }
  VDE_TRY_ASSIGN(payload, unsealed_superblock(repair));
  if (!payload) return false;
  superblock = kSuperblockLayout.decode(*payload);
  add_block(assembly, 0, *payload, static_cast<uint32_t>(superblock.checkpoint_sequence),
            "blocks 0 and 4, which have no trailer but hold the same, while block 1 agrees with "
            "the sealed directory and the bitmap covers every region");
  return true;
}

// The pointer table of the superblock's own generation, else the directory's slots, else any.
bool add_table(const Probe& probe, Assembly& assembly, uint32_t generation) {
  const FixedBlock* block = best_block(probe, 1, generation);
  if (probe.directory.whole && (block == nullptr || block->trailer.generation != generation)) {
    const size_t size = slots_per_block(probe.block_size) * kRegionSlotLayout.size();
    BlockBuffer payload(probe.directory.blocks[0].payload().size());
    std::copy_n(probe.directory.blocks[0].payload().begin(), size, payload.begin());
    add_block(assembly, 1, payload, generation, "the region directory");
    return true;
  }
  if (block == nullptr) return false;
  add_block(assembly, 1, block->payload(), generation, fmt::format("block {}", block->number));
  return true;
}

Result<std::optional<Assembly>> assemble(FoundationRepair& repair) {
  const Probe& probe = repair.probe();
  Assembly assembly;
  Superblock superblock;
  VDE_TRY_ASSIGN(found, add_superblock(repair, assembly, superblock));
  if (!found) {
    repair.note("no superblock verifies, and nothing vouches for the bytes that look like one");
    return std::optional<Assembly>{};
  }
  const auto generation = static_cast<uint32_t>(superblock.checkpoint_sequence);
  if (!add_table(probe, assembly, generation)) {
    repair.note("the pointer table is damaged in both groups, and so is the directory");
    return std::optional<Assembly>{};
  }
  for (uint64_t i = 2; i < kGroupBlocks; ++i) {
    const FixedBlock* block = best_block(probe, i, generation);
    if (block == nullptr) {
      repair.note(fmt::format("the {} is damaged in both groups", kNames[i]));
      return std::optional<Assembly>{};
    }
    add_block(assembly, i, block->payload(), generation, fmt::format("block {}", block->number));
  }
  return std::optional(std::move(assembly));
}

// Blocks of a group that would be overwritten though no other block holds what they do.
int sole_copies(const Probe& probe, const GroupProbe& group, const GroupProbe& other,
                const Assembly& assembly) {
  int count = 0;
  for (uint64_t i = 0; i < kGroupBlocks; ++i) {
    const FixedBlock& block = group.blocks[i];
    const FixedBlock& duplicate = other.blocks[i];
    if (block.bytes == assembly.blocks[i] || !block.is(group_block_type(i))) continue;
    const bool copied = (duplicate.is(group_block_type(i)) &&
                         std::ranges::equal(duplicate.payload(), block.payload())) ||
                        (i == 1 && probe.directory.whole);
    if (!copied) ++count;
  }
  return count;
}

// Only what differs is written, so that no good block is at risk.
Result<void> write_group(FoundationRepair& repair, uint64_t start,
                         const std::vector<BlockBuffer>& blocks) {
  const Probe& probe = repair.probe();
  const GroupProbe& group = start == kPrimaryGroup ? probe.primary : probe.mirror;
  for (uint64_t i = 0; i < kGroupBlocks; ++i)
    if (group.blocks[i].bytes != blocks[i]) VDE_TRY(repair.write_direct(start + i, blocks[i]));
  return repair.sync();
}

std::vector<BlockBuffer> blocks_of(const GroupProbe& group) {
  std::vector<BlockBuffer> blocks;
  for (const FixedBlock& block : group.blocks) blocks.push_back(block.bytes);
  return blocks;
}

// Neither group is whole. The one whose writing risks less comes first.
Result<void> make_whole(FoundationRepair& repair) {
  VDE_TRY_ASSIGN(assembly, assemble(repair));
  if (!assembly) return {};
  const Probe& probe = repair.probe();
  const bool mirror_first = sole_copies(probe, probe.primary, probe.mirror, *assembly) >
                            sole_copies(probe, probe.mirror, probe.primary, *assembly);
  repair.step("a whole superblock group is put together and sealed, and the other made equal to it",
              assembly->sources);
  for (const uint64_t group :
       {mirror_first ? kMirrorGroup : kPrimaryGroup, mirror_first ? kPrimaryGroup : kMirrorGroup})
    VDE_TRY(write_group(repair, group, assembly->blocks));
  return repair.check_again();
}

bool table_is_directory(const Probe& probe, const GroupProbe& group) {
  return decode_slots(group.blocks[1].payload()) ==
         decode_slots(probe.directory.blocks[0].payload());
}

// Both are whole, of the same sequence and differ: readers take the primary one, unless it is the
// mirror that the directory agrees with.
bool mirror_counts(const Probe& probe) {
  const GroupProbe& primary = probe.primary;
  const GroupProbe& mirror = probe.mirror;
  if (!primary.whole || !mirror.whole) return mirror.whole;
  const int64_t one = primary.superblock->checkpoint_sequence;
  const int64_t two = mirror.superblock->checkpoint_sequence;
  if (one != two) return two > one;
  return probe.directory.whole && !table_is_directory(probe, primary) &&
         table_is_directory(probe, mirror);
}

// A journal in which commits wait repairs the groups itself, and knows what to make of two states.
bool commits_wait(const FoundationRepair& repair) {
  if (!repair.journal_area()) return false;
  const auto plan = plan_recovery(repair.io(), repair.probe(), LostRecords::kDrop);
  return plan && plan->records > 0;
}

}  // namespace

Result<void> repair_groups(FoundationRepair& repair) {
  const Probe& probe = repair.probe();
  if (!probe.primary.whole && !probe.mirror.whole) VDE_TRY(make_whole(repair));
  if (!probe.primary.whole && !probe.mirror.whole) return {};
  if (probe.primary.whole && probe.mirror.whole &&
      blocks_of(probe.primary) == blocks_of(probe.mirror))
    return {};
  if (commits_wait(repair)) return {};
  const bool from_mirror = mirror_counts(probe);
  const uint64_t to = from_mirror ? kPrimaryGroup : kMirrorGroup;
  const GroupProbe& good = from_mirror ? probe.mirror : probe.primary;
  const GroupProbe& bad = from_mirror ? probe.primary : probe.mirror;
  const bool equals =
      bad.whole && bad.superblock->checkpoint_sequence == good.superblock->checkpoint_sequence;
  const std::string why =
      !bad.whole    ? "whole, while the other is not"
      : !equals     ? "newer"
      : from_mirror ? "whole like the other, but the directory agrees with its pointer table alone"
                    : "whole like the other, and the one that readers take";
  repair.step(
      fmt::format("the {} is made equal to the {}", name_of(to), name_of(kMirrorGroup - to)),
      fmt::format("the {}: {}", name_of(kMirrorGroup - to), why));
  VDE_TRY(write_group(repair, to, blocks_of(good)));
  return repair.check_again();
}

}  // namespace vde
