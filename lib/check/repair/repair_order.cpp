// The order of a repair. What the journal depends on is repaired first, with direct writes;
// everything else goes through the journal.
#include <span>

#include "check/exact/exact_run.h"
#include "check/exact/restore.h"
#include "check/repair/fixed_places.h"
#include "check/repair/repair_generations.h"
#include "check/repair/structure_repair.h"
#include "probe/seal_key.h"

namespace vde {
namespace {

// Blocks that lie in a fixed place go back before anything is written there; so they are looked for
// again whenever the tables may have changed, which say what belongs where. A file that is too
// short is extended early, because regions may end after it; again at the end, if there was no
// group. Slots are chosen from all tables, so before a group or the directory is copied over the
// others. The groups come before the journal, which is checked against them. The tables come after
// the journal, because its commits may change them. Then groups and journal again, because the
// tables define the journal's place.
constexpr Result<void> (*kFoundations[])(FoundationRepair&) = {restore_fixed_blocks,
                                                               return_misplaced_blocks,
                                                               repair_length,
                                                               repair_slot_choice,
                                                               return_misplaced_blocks,
                                                               repair_groups,
                                                               restore_journal,
                                                               repair_journal,
                                                               repair_tables,
                                                               return_misplaced_blocks,
                                                               repair_groups,
                                                               repair_journal,
                                                               repair_length};

// A repairer that uses the journal, and the fact that is set if it found something to do.
struct Structure {
  Result<void> (*repairer)(StructureRepair&);
  RepairNeed fact;
};

// Where everything is, before what it holds.
constexpr Structure kPlaces[] = {
    {repair_geometry, RepairNeed::kGeometry},   {repair_fixed_slots, RepairNeed::kFixedSlots},
    {repair_slots, RepairNeed::kSlots},         {repair_inode_layout, RepairNeed::kInodeLayout},
    {repair_migration, RepairNeed::kMigration}, {repair_block_types, RepairNeed::kBlockType},
};
constexpr Structure kStructures[] = {
    {repair_snapshot_blocks, RepairNeed::kSnapshotBlocks},
    {repair_module_blocks, RepairNeed::kModuleBlocks},
    {repair_snapshot_entries, RepairNeed::kSnapshotBlocks},
    {repair_module_entries, RepairNeed::kModuleBlocks},
    {repair_snapshot_count, RepairNeed::kSnapshotCount},
    {repair_snapshot_chains, RepairNeed::kSnapshotChains},
    {repair_module_count, RepairNeed::kModuleCount},
    {repair_fields, RepairNeed::kFields},
    {repair_empty_regions, RepairNeed::kEmptyRegions},
};

// The bitmap comes after the structures that tell which blocks are in use, and the tags after the
// bitmap, because they may need free blocks.
constexpr Result<void> (*kLast[])(StructureRepair&) = {repair_bitmap, repair_tags,
                                                       repair_generations, repair_spare_blocks};

// Renews the seal, or removes it.
Result<void> settle_seal(StructureRepair& repair) {
  if (!repair.seal().is_set()) return {};
  if (repair.seal_key() != nullptr) {
    // Each commit does that (Journal::renew_seal_with).
    repair.step("renew the header seal", "the key in --key-file, which the old seal fits");
    return {};
  }
  if (!repair.options().verify.keys.empty()) return seal_misfit(repair.probe());
  if (!repair.options().unseal)
    return fail(ErrorCode::kUnsupported, "the image is sealed",
                "use --key-file to renew the seal, or --unseal to remove it");
  repair.step("remove the header seal", "the image changes, and the key of the seal is not in it");
  repair.seal() = HeaderSeal{};
  return {};
}

// Runs `repairer`; true if it found something to do.
template <class Repair>
Result<bool> acts(Repair& repair, Result<void> (*repairer)(Repair&)) {
  const size_t before = repair.step_count();
  VDE_TRY(repairer(repair));
  return repair.step_count() > before;
}

struct Begun {
  StructureRepair repair;
  size_t steps_before;
};

Result<Begun> begin(FoundationRepair foundation) {
  const size_t before = foundation.step_count();
  VDE_TRY_ASSIGN(repair, std::move(foundation).begin());
  return Begun{std::move(repair), before};
}

// Repairs where everything is. Then what exact repair found before may fit.
Result<Begun> repair_places(FoundationRepair foundation) {
  VDE_TRY_ASSIGN(begun, begin(std::move(foundation)));
  StructureRepair& repair = begun.repair;
  for (const Structure& structure : kPlaces) VDE_TRY(structure.repairer(repair));
  const bool has_dropped = repair.exact() != nullptr && !repair.exact()->dropped().empty();
  if (repair.step_count() == begun.steps_before || !has_dropped) return std::move(begun);
  VDE_TRY(settle_seal(repair));
  VDE_TRY_ASSIGN(settled, std::move(repair).finish());
  VDE_TRY(restore_dropped(settled));
  return begin(std::move(settled));
}

}  // namespace

Result<void> dry_run(const RepairTarget& target, RepairFacts& facts) {
  VDE_TRY_ASSIGN(foundation, FoundationRepair::start(target));
  for (const auto repairer : kFoundations) {
    VDE_TRY_ASSIGN(acted, acts(foundation, repairer));
    facts.set_completed(target.log.completed);
    if (repairer == repair_length)
      facts.set(RepairNeed::kLength, acted || facts.has(RepairNeed::kLength));
    if (repairer == repair_slot_choice) facts.set(RepairNeed::kSlotChoice, acted);
    const bool group = foundation.probe().superblock_source == SuperblockSource::kGroup;
    facts.set(RepairNeed::kGroup, group);
    facts.set(RepairNeed::kJournal, group && foundation.journal_area().has_value());
  }
  if (!foundation.can_commit()) return {};
  VDE_TRY_ASSIGN(repair, std::move(foundation).begin());
  // All of them, or none.
  RepairFacts found = facts;
  const std::span<const Structure> parts[] = {kPlaces, kStructures};
  for (const auto structures : parts)
    for (const Structure& structure : structures) {
      VDE_TRY_ASSIGN(acted, acts(repair, structure.repairer));
      found.set(structure.fact, acted || found.has(structure.fact));
    }
  // Replacing blocks of a table sets its count, too.
  if (found.has(RepairNeed::kSnapshotBlocks)) found.set(RepairNeed::kSnapshotCount, true);
  if (found.has(RepairNeed::kModuleBlocks)) found.set(RepairNeed::kModuleCount, true);
  VDE_TRY(repair_generations(repair));
  found.set_solved(target.log.solved);
  facts = found;
  facts.set(RepairNeed::kBitmap, bitmap_region(repair).has_value());
  VDE_TRY_ASSIGN(tag_tree, can_repair_tags(repair));
  facts.set(RepairNeed::kTagTree, tag_tree);
  VDE_TRY_ASSIGN(spares, acts(repair, repair_spare_blocks));
  facts.set(RepairNeed::kSpareBlocks, spares);
  VDE_TRY_ASSIGN(after, std::move(repair).finish());
  VDE_TRY_ASSIGN(tail, acts(after, truncate_file));
  facts.set(RepairNeed::kTail, tail);
  return {};
}

Result<Probe> repair_all(const RepairTarget& target) {
  VDE_TRY_ASSIGN(foundation, FoundationRepair::start(target));
  for (const auto repairer : kFoundations) {
    // What the journal withheld before the tables were repaired is judged again after it.
    if (repairer == repair_tables) target.log.withheld = false;
    VDE_TRY(repairer(foundation));
  }
  VDE_TRY(restore_contents(foundation));
  if (!foundation.can_commit() || target.log.withheld) {
    note_dropped(foundation);
    foundation.note(
        "further repairs need intact superblock groups, matching region tables and a journal");
    return foundation.probe();
  }
  VDE_TRY_ASSIGN(begun, repair_places(std::move(foundation)));
  StructureRepair& repair = begun.repair;
  note_dropped(repair);
  for (const Structure& structure : kStructures) VDE_TRY(structure.repairer(repair));
  for (const auto repairer : kLast) VDE_TRY(repairer(repair));
  // What is exactly as it was breaks no seal.
  if (repair.step_count() > repair.exact_step_count()) VDE_TRY(settle_seal(repair));
  const bool changed = repair.step_count() > begun.steps_before;
  auto after = changed ? std::move(repair).finish() : std::move(repair).leave();
  if (!after) return propagate(after);
  VDE_TRY(truncate_file(*after));
  return after->probe();
}

}  // namespace vde
