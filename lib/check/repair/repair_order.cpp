// The order of a repair. What the journal stands on comes first and is written directly; all else
// goes through the journal.
#include "check/repair/structure_repair.h"

namespace vde {
namespace {

// Groups before the journal, which is judged by them; the tables after it, because commits that
// wait may change them, and then the journal again, whose place the tables tell.
constexpr Result<void> (*kFoundations[])(FoundationRepair&) = {
    repair_groups, repair_journal, repair_tables, repair_groups, repair_journal, repair_length};

// A structure that is repaired through the journal, and what it means that there was something to
// do.
struct Structure {
  Result<void> (*repairer)(StructureRepair&);
  bool RepairFacts::*fact;
};

// Places before contents.
constexpr Structure kStructures[] = {
    {repair_geometry, &RepairFacts::geometry},
    {repair_fixed_slots, &RepairFacts::fixed_slots},
    {repair_slots, &RepairFacts::slots},
    {repair_inode_layout, &RepairFacts::inode_layout},
    {repair_snapshot_blocks, &RepairFacts::snapshot_blocks},
    {repair_module_blocks, &RepairFacts::module_blocks},
    {repair_snapshot_count, &RepairFacts::snapshot_count},
    {repair_snapshot_chains, &RepairFacts::snapshot_chains},
    {repair_module_count, &RepairFacts::module_count},
    {repair_empty_regions, &RepairFacts::empty_regions},
};

// After what tells the bitmap what is in use. Tags may need blocks that it calls free.
constexpr Result<void> (*kLast[])(StructureRepair&) = {repair_bitmap, repair_tags};

void clear_seal(StructureRepair& repair) {
  if (!repair.seal().is_set()) return;
  repair.step("the header seal is cleared", "the image changes, and the seal's key is not here");
  repair.seal() = HeaderSeal{};
}

// Runs `repairer`; true where it found something to do.
template <class Repair>
Result<bool> acts(Repair& repair, Result<void> (*repairer)(Repair&)) {
  const size_t before = repair.step_count();
  VDE_TRY(repairer(repair));
  return repair.step_count() > before;
}

}  // namespace

Result<void> try_out(const RepairTarget& target, RepairFacts& facts) {
  VDE_TRY_ASSIGN(foundation, FoundationRepair::start(target));
  for (const auto repairer : kFoundations) {
    VDE_TRY_ASSIGN(acted, acts(foundation, repairer));
    if (repairer == repair_length) facts.length = acted;
    facts.group = foundation.probe().superblock_source == SuperblockSource::kGroup;
    facts.journal = facts.group && foundation.journal_area().has_value();
  }
  facts.commit = foundation.can_commit();
  if (!facts.commit) return {};
  VDE_TRY_ASSIGN(repair, std::move(foundation).begin());
  // All of them, or none.
  RepairFacts found = facts;
  for (const Structure& structure : kStructures) {
    VDE_TRY_ASSIGN(acted, acts(repair, structure.repairer));
    found.*structure.fact = acted;
  }
  facts = found;
  facts.bitmap = bitmap_region(repair).has_value();
  VDE_TRY_ASSIGN(tag_tree, can_repair_tags(repair));
  facts.tag_tree = tag_tree;
  VDE_TRY_ASSIGN(after, std::move(repair).finish());
  VDE_TRY_ASSIGN(tail, acts(after, cut_tail));
  facts.tail = tail;
  return {};
}

Result<Probe> repair_all(const RepairTarget& target) {
  VDE_TRY_ASSIGN(foundation, FoundationRepair::start(target));
  for (const auto repairer : kFoundations) VDE_TRY(repairer(foundation));
  if (!foundation.can_commit()) {
    foundation.note(
        "the rest needs whole superblock groups, region tables that agree and a journal");
    return foundation.probe();
  }
  const size_t direct = foundation.step_count();
  VDE_TRY_ASSIGN(repair, std::move(foundation).begin());
  for (const Structure& structure : kStructures) VDE_TRY(structure.repairer(repair));
  for (const auto repairer : kLast) VDE_TRY(repairer(repair));
  if (repair.step_count() > 0) clear_seal(repair);
  const bool changed = repair.step_count() > direct;
  auto after = changed ? std::move(repair).finish() : std::move(repair).leave();
  if (!after) return propagate(after);
  VDE_TRY(cut_tail(*after));
  return after->probe();
}

}  // namespace vde
