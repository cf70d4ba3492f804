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

// Places before contents, and the bitmap after what tells it what is in use. Tags may need blocks
// that it calls free.
constexpr Repairer kStructures[] = {mend_geometry,     mend_fixed_slots,    mend_slots,
                                    mend_inode_layout, mend_snapshot_count, mend_snapshot_chains,
                                    mend_module_count, mend_empty_regions,  mend_bitmap,
                                    mend_tags};

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
    facts.group = mending.survey().superblock_source == SuperblockSource::kGroup;
    facts.journal = facts.group && mending.journal_area().has_value();
  }
  facts.commit = mending.can_commit();
  if (!facts.commit) return {};
  VDE_TRY(mending.begin());
  VDE_TRY_ASSIGN(geometry, acts(mending, mend_geometry));
  VDE_TRY_ASSIGN(fixed_slots, acts(mending, mend_fixed_slots));
  VDE_TRY_ASSIGN(slots, acts(mending, mend_slots));
  VDE_TRY_ASSIGN(inode_layout, acts(mending, mend_inode_layout));
  VDE_TRY_ASSIGN(snapshot_count, acts(mending, mend_snapshot_count));
  VDE_TRY_ASSIGN(snapshot_chains, acts(mending, mend_snapshot_chains));
  VDE_TRY_ASSIGN(module_count, acts(mending, mend_module_count));
  VDE_TRY_ASSIGN(empty_regions, acts(mending, mend_empty_regions));
  facts.geometry = geometry;
  facts.fixed_slots = fixed_slots;
  facts.slots = slots;
  facts.inode_layout = inode_layout;
  facts.snapshot_count = snapshot_count;
  facts.snapshot_chains = snapshot_chains;
  facts.module_count = module_count;
  facts.empty_regions = empty_regions;
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
  for (const Repairer repairer : kStructures) VDE_TRY(repairer(mending));
  if (!mending.steps().empty()) VDE_TRY(clear_seal(mending));
  if (mending.steps().size() > direct) VDE_TRY(mending.finish());
  return cut_tail_of(mending);
}

}  // namespace vde
