// The order of a repair. What the journal stands on comes first and is written directly; all else
// goes through the journal.
#include "check/repair/repair_session.h"

namespace vde {
namespace {

using Repairer = Result<void> (*)(RepairSession&);

// Groups before the journal, which is judged by them; the tables after it, because commits that
// wait may change them, and then the journal again, whose place the tables tell.
constexpr Repairer kFoundations[] = {repair_groups, repair_journal, repair_tables,
                                     repair_groups, repair_journal, repair_length};

// A structure that is repaired through the journal, and what it means that there was something to
// do.
struct Structure {
  Repairer repair;
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
constexpr Repairer kLast[] = {repair_bitmap, repair_tags};

Result<void> clear_seal(RepairSession& session) {
  if (!session.seal().is_set()) return {};
  session.step("the header seal is cleared", "the image changes, and the seal's key is not here");
  session.seal() = HeaderSeal{};
  return {};
}

// Runs `repairer`; true where it found something to do.
Result<bool> acts(RepairSession& session, Repairer repairer) {
  const size_t before = session.steps().size();
  VDE_TRY(repairer(session));
  return session.steps().size() > before;
}

}  // namespace

Result<void> try_out(RepairSession& session, RepairFacts& facts) {
  VDE_TRY(session.look());
  for (const Repairer repairer : kFoundations) {
    VDE_TRY_ASSIGN(acted, acts(session, repairer));
    if (repairer == repair_length) facts.length = acted;
    facts.group = session.probe().superblock_source == SuperblockSource::kGroup;
    facts.journal = facts.group && session.journal_area().has_value();
  }
  facts.commit = session.can_commit();
  if (!facts.commit) return {};
  VDE_TRY(session.begin());
  // All of them, or none.
  RepairFacts found = facts;
  for (const Structure& structure : kStructures) {
    VDE_TRY_ASSIGN(acted, acts(session, structure.repair));
    found.*structure.fact = acted;
  }
  facts = found;
  facts.bitmap = bitmap_region(session).has_value();
  VDE_TRY_ASSIGN(tag_tree, can_repair_tags(session));
  facts.tag_tree = tag_tree;
  VDE_TRY(session.finish());
  VDE_TRY_ASSIGN(tail, acts(session, cut_tail_of));
  facts.tail = tail;
  return {};
}

Result<void> repair_all(RepairSession& session) {
  VDE_TRY(session.look());
  for (const Repairer repairer : kFoundations) VDE_TRY(repairer(session));
  if (!session.can_commit()) {
    session.note("the rest needs whole superblock groups, region tables that agree and a journal");
    return {};
  }
  const size_t direct = session.steps().size();
  VDE_TRY(session.begin());
  for (const Structure& structure : kStructures) VDE_TRY(structure.repair(session));
  for (const Repairer repairer : kLast) VDE_TRY(repairer(session));
  if (!session.steps().empty()) VDE_TRY(clear_seal(session));
  if (session.steps().size() > direct) VDE_TRY(session.finish());
  return cut_tail_of(session);
}

}  // namespace vde
