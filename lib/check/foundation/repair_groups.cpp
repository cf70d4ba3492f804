// Repairs the superblock groups: assembles an intact one from what there is if needed, then copies
// it over the other.
#include <fmt/format.h>

#include <algorithm>

#include "check/foundation/group_assembly.h"
#include "journal/recovery.h"

namespace vde {
namespace {

std::string name_of(uint64_t group) {
  return group == kPrimaryGroup ? "primary" : "mirror";
}

// The number of intact blocks of a group that would be overwritten and have no other copy.
int sole_copies(const Probe& probe, const GroupProbe& group, const GroupProbe& other,
                const GroupAssembly& assembly) {
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
  VDE_TRY_ASSIGN(assembly, assemble_group(repair));
  if (!assembly) return {};
  const Probe& probe = repair.probe();
  const bool mirror_first = sole_copies(probe, probe.primary, probe.mirror, *assembly) >
                            sole_copies(probe, probe.mirror, probe.primary, *assembly);
  std::vector<uint64_t> groups = {kPrimaryGroup};
  if (!assembly->is_of_waiting_commits)
    groups.insert(mirror_first ? groups.begin() : groups.end(), kMirrorGroup);
  const std::vector<BlockRange> written = {{0, kDirectoryStart}};
  Loss loss = repair.loss_in(written);
  loss.what += (loss.what.empty() || assembly->loss.what.empty() ? "" : "; ") + assembly->loss.what;
  loss.counts += assembly->loss.counts;
  if (!repair.lossy_step(groups.size() == 2
                             ? "rebuild both superblock groups from what there is"
                             : "rebuild the primary superblock group from what there is",
                         assembly->sources, std::move(loss)))
    return {};
  VDE_TRY(repair.lose_in(written));
  for (const uint64_t group : groups) VDE_TRY(write_group(repair, group, assembly->blocks));
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

// Whether the journal restores both groups, from its copy of one.
bool journal_restores(const FoundationRepair& repair) {
  return repair.probe().superblock_source == SuperblockSource::kCopy &&
         plan_recovery(repair.io(), repair.probe(), LostRecords::kDrop, OddBlocks::kOverwrite);
}

}  // namespace

Result<void> repair_groups(FoundationRepair& repair) {
  const Probe& probe = repair.probe();
  if (journal_restores(repair)) return {};
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
