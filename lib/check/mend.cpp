// The order of a repair. What the journal stands on comes first and is written directly; all else
// goes through the journal.
#include "check/mending.h"

namespace vde {
namespace {

using Repairer = Result<void> (*)(Mending&);

// Groups before the journal, which is judged by them; the tables after it, because commits that
// wait may change them, and then the journal again, whose place the tables tell.
constexpr Repairer kFoundations[] = {mend_groups, mend_journal, mend_tables,
                                     mend_groups, mend_journal, mend_length};

// A structure that is mended through the journal, and what it means that there was something to do.
struct Structure {
  Repairer mend;
  bool RepairFacts::*fact;
};

// Places before contents.
constexpr Structure kStructures[] = {
    {mend_geometry, &RepairFacts::geometry},
    {mend_fixed_slots, &RepairFacts::fixed_slots},
    {mend_slots, &RepairFacts::slots},
    {mend_inode_layout, &RepairFacts::inode_layout},
    {mend_snapshot_blocks, &RepairFacts::snapshot_blocks},
    {mend_module_blocks, &RepairFacts::module_blocks},
    {mend_snapshot_count, &RepairFacts::snapshot_count},
    {mend_snapshot_chains, &RepairFacts::snapshot_chains},
    {mend_module_count, &RepairFacts::module_count},
    {mend_empty_regions, &RepairFacts::empty_regions},
};

// After what tells the bitmap what is in use. Tags may need blocks that it calls free.
constexpr Repairer kLast[] = {mend_bitmap, mend_tags};

Result<void> clear_seal(Mending& mending) {
  if (!mending.seal().is_set()) return {};
  mending.step("the header seal is cleared", "the image changes, and the seal's key is not here");
  mending.seal() = HeaderSeal{};
  return {};
}

// Runs `repairer`; true where it found something to do.
Result<bool> acts(Mending& mending, Repairer repairer) {
  const size_t before = mending.steps().size();
  VDE_TRY(repairer(mending));
  return mending.steps().size() > before;
}

}  // namespace

Result<void> try_out(Mending& mending, RepairFacts& facts) {
  VDE_TRY(mending.look());
  for (const Repairer repairer : kFoundations) {
    VDE_TRY_ASSIGN(acted, acts(mending, repairer));
    if (repairer == mend_length) facts.length = acted;
    facts.group = mending.probe().superblock_source == SuperblockSource::kGroup;
    facts.journal = facts.group && mending.journal_area().has_value();
  }
  facts.commit = mending.can_commit();
  if (!facts.commit) return {};
  VDE_TRY(mending.begin());
  // All of them, or none.
  RepairFacts found = facts;
  for (const Structure& structure : kStructures) {
    VDE_TRY_ASSIGN(acted, acts(mending, structure.mend));
    found.*structure.fact = acted;
  }
  facts = found;
  facts.bitmap = bitmap_region(mending).has_value();
  VDE_TRY_ASSIGN(tag_tree, can_mend_tags(mending));
  facts.tag_tree = tag_tree;
  VDE_TRY(mending.finish());
  VDE_TRY_ASSIGN(tail, acts(mending, cut_tail_of));
  facts.tail = tail;
  return {};
}

Result<void> mend(Mending& mending) {
  VDE_TRY(mending.look());
  for (const Repairer repairer : kFoundations) VDE_TRY(repairer(mending));
  if (!mending.can_commit()) {
    mending.note("the rest needs whole superblock groups, region tables that agree and a journal");
    return {};
  }
  const size_t direct = mending.steps().size();
  VDE_TRY(mending.begin());
  for (const Structure& structure : kStructures) VDE_TRY(structure.mend(mending));
  for (const Repairer repairer : kLast) VDE_TRY(repairer(mending));
  if (!mending.steps().empty()) VDE_TRY(clear_seal(mending));
  if (mending.steps().size() > direct) VDE_TRY(mending.finish());
  return cut_tail_of(mending);
}

}  // namespace vde
