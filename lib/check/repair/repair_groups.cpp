// Repairs the superblock groups: assembles an intact one from the intact blocks of both if needed,
// then copies it over the other.
#include <fmt/format.h>

#include <algorithm>

#include "check/repair/foundation_repair.h"
#include "format/region/bitmap.h"
#include "probe/recovery_footer.h"

namespace vde {
namespace {

constexpr std::string_view kNames[] = {"superblock", "pointer table", "extended metadata",
                                       "integrity anchor"};

std::string name_of(uint64_t group) {
  return group == kPrimaryGroup ? "primary" : "mirror";
}

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

// A group assembled from single blocks, and the source of each.
struct Assembly {
  std::vector<BlockBuffer> blocks;  // with trailers
  std::string sources;
};

// An intact block `index` of either group: one of this generation if there is one, else the newest.
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
  write_trailer(block, group_block_type(index), generation);
  assembly.blocks.push_back(std::move(block));
  assembly.sources +=
      fmt::format("{}{}: {}", assembly.sources.empty() ? "" : "; ", kNames[index], source);
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
  if (const auto footer = current_footer(repair)) {
    superblock = kSuperblockLayout.decode(*footer);
    add_block(assembly, 0, *footer, static_cast<uint32_t>(superblock.checkpoint_sequence),
              "the recovery footer in the last block, whose sequence is the generation of the "
              "other blocks");
    return true;
  }
  VDE_TRY_ASSIGN(payload, superblock_without_trailer(repair));
  if (!payload) return false;
  superblock = kSuperblockLayout.decode(*payload);
  add_block(assembly, 0, *payload, static_cast<uint32_t>(superblock.checkpoint_sequence),
            "blocks 0 and 4, which have no trailer but are identical; block 1 matches the region "
            "directory, and the bitmap covers every region");
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
    repair.note("no superblock has a valid trailer, and no other evidence confirms one");
    return std::optional<Assembly>{};
  }
  const auto generation = static_cast<uint32_t>(superblock.checkpoint_sequence);
  if (!add_table(probe, assembly, generation)) {
    repair.note("the pointer table is damaged in both groups, and so is the region directory");
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

// The number of intact blocks of a group that would be overwritten and have no other copy.
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

// Writes only blocks that differ, so that no good block is at risk.
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

// Neither group is intact. The one with fewer sole copies is written first.
Result<void> assemble_groups(FoundationRepair& repair) {
  VDE_TRY_ASSIGN(assembly, assemble(repair));
  if (!assembly) return {};
  const Probe& probe = repair.probe();
  const bool mirror_first = sole_copies(probe, probe.primary, probe.mirror, *assembly) >
                            sole_copies(probe, probe.mirror, probe.primary, *assembly);
  VDE_TRY_ASSIGN(begun, repair.fixed_step("rebuild both superblock groups from intact blocks",
                                          assembly->sources, {{0, kDirectoryStart}}));
  if (!begun) return {};
  for (const uint64_t group :
       {mirror_first ? kMirrorGroup : kPrimaryGroup, mirror_first ? kPrimaryGroup : kMirrorGroup})
    VDE_TRY(write_group(repair, group, assembly->blocks));
  return repair.check_again();
}

bool table_is_directory(const Probe& probe, const GroupProbe& group) {
  return decode_slots(group.blocks[1].payload()) ==
         decode_slots(probe.directory.blocks[0].payload());
}

// Whether the journal holds commits. Then the replay repairs the groups: it knows both states.
bool has_commits(const FoundationRepair& repair) {
  if (!repair.journal_area()) return false;
  const auto plan =
      plan_recovery(repair.io(), repair.probe(), LostRecords::kDrop, OddBlocks::kOverwrite);
  return plan && plan->records > 0;
}

// Whether the journal holds commits that are based on this group, with the other one left out.
bool fits_commits(const FoundationRepair& repair, uint64_t start) {
  Probe alone = repair.probe();
  const bool is_mirror = start == kMirrorGroup;
  (is_mirror ? alone.primary : alone.mirror).whole = false;
  const GroupProbe& group = is_mirror ? alone.mirror : alone.primary;
  alone.superblock = *group.superblock;
  alone.slots = decode_slots(group.blocks[1].payload());
  const auto plan = plan_recovery(repair.io(), alone, LostRecords::kDrop, OddBlocks::kOverwrite);
  return plan && plan->records > 0;
}

// The group to keep, and why.
struct Choice {
  uint64_t start;
  std::string_view why;
};

// Two intact groups with the same sequence differ. Readers use the primary one, but here the mirror
// wins if the journal, the directory or the image says that the primary's slots are wrong.
Result<Choice> choose_equal_group(const FoundationRepair& repair) {
  const Probe& probe = repair.probe();
  const bool primary_fits = fits_commits(repair, kPrimaryGroup);
  if (primary_fits != fits_commits(repair, kMirrorGroup))
    return Choice{primary_fits ? kPrimaryGroup : kMirrorGroup,
                  "which the commits in the journal are based on; both are intact"};
  if (probe.directory.whole && !table_is_directory(probe, probe.primary) &&
      table_is_directory(probe, probe.mirror))
    return Choice{kMirrorGroup,
                  "the only one whose pointer table matches the directory; both are intact"};
  const auto slots_of = [](const GroupProbe& group) {
    return decode_slots(group.blocks[1].payload());
  };
  if (!probe.directory.whole || !table_is_directory(probe, probe.primary)) {
    VDE_TRY_ASSIGN(primary_wrong, contradictions(repair, slots_of(probe.primary)));
    VDE_TRY_ASSIGN(mirror_wrong, contradictions(repair, slots_of(probe.mirror)));
    if (mirror_wrong < primary_wrong)
      return Choice{kMirrorGroup, "whose pointer table matches the image better; both are intact"};
  }
  return Choice{kPrimaryGroup, "which readers use; both are intact"};
}

Result<Choice> choose_group(const FoundationRepair& repair) {
  const GroupProbe& primary = repair.probe().primary;
  const GroupProbe& mirror = repair.probe().mirror;
  if (!primary.whole || !mirror.whole)
    return Choice{mirror.whole ? kMirrorGroup : kPrimaryGroup, "which is intact"};
  const int64_t one = primary.superblock->checkpoint_sequence;
  const int64_t two = mirror.superblock->checkpoint_sequence;
  if (one != two) return Choice{two > one ? kMirrorGroup : kPrimaryGroup, "which is newer"};
  return choose_equal_group(repair);
}

}  // namespace

Result<void> repair_groups(FoundationRepair& repair) {
  const Probe& probe = repair.probe();
  if (!probe.primary.whole && !probe.mirror.whole) VDE_TRY(assemble_groups(repair));
  if (!probe.primary.whole && !probe.mirror.whole) return {};
  if (probe.primary.whole && probe.mirror.whole &&
      blocks_of(probe.primary) == blocks_of(probe.mirror))
    return {};
  if (has_commits(repair)) return {};
  VDE_TRY_ASSIGN(good, choose_group(repair));
  const uint64_t to = kMirrorGroup - good.start;
  VDE_TRY_ASSIGN(begun,
                 repair.fixed_step(fmt::format("copy the {} superblock group over the {} group",
                                               name_of(good.start), name_of(to)),
                                   fmt::format("{} group, {}", name_of(good.start), good.why),
                                   {{to, to + kGroupBlocks}}));
  if (!begun) return {};
  VDE_TRY(write_group(repair, to,
                      blocks_of(good.start == kMirrorGroup ? probe.mirror : probe.primary)));
  return repair.check_again();
}

}  // namespace vde
