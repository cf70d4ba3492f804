// Opening a journal: recovery, the header's first mark, and two equal superblock groups.
#include "journal/faults.h"
#include "journal/journal.h"

namespace vde {
namespace {

// Checks that the region tables agree, as writers need it.
Result<void> check_tables(const Probe& probe) {
  if (probe.superblock_source != SuperblockSource::kGroup)
    return fail(ErrorCode::kDamaged, "no superblock group is intact", kRunRepair);
  if (!probe.directory.whole || decode_slots(probe.directory.blocks[0].payload()) != probe.slots)
    return fail_at(kDirectoryStart, ErrorCode::kDamaged,
                   "the region directory is damaged or disagrees with the pointer table",
                   kRunRepair);
  return {};
}

// Writes vdetool's mark to a header without it, durably, before any record is written.
Result<uint64_t> adopt_header(const BlockIo& io, const JournalArea& area,
                              const Superblock& superblock) {
  VDE_TRY_ASSIGN(highest, highest_epoch(io, area.records()));
  VDE_TRY(write_journal_header(io, area, superblock, highest + 1));
  VDE_TRY(sync_unless(JournalFault::kAdoptionUnsynced, io.file()));
  return highest + 1;
}

bool are_equal(const Probe& probe) {
  return probe.primary.whole && probe.mirror.whole &&
         group_bytes(probe.primary) == group_bytes(probe.mirror);
}

// Makes both groups equal before anything depends on one of them: recovery treats a third content
// as another program's. `epoch` is that of the header's mark.
Result<void> heal_groups(const BlockIo& io, const JournalArea& area, const Probe& probe,
                         uint64_t epoch) {
  // Of two checkpoints the later one counts. If both groups have the same sequence, it is unclear
  // which one is right.
  if (probe.primary.whole && probe.mirror.whole &&
      probe.primary.superblock->checkpoint_sequence == probe.mirror.superblock->checkpoint_sequence)
    return fail_at(kMirrorGroup, ErrorCode::kDamaged,
                   "the superblock groups have the same sequence but differ", kRunRepair);
  const bool use_primary = probe.superblock_block == kPrimaryGroup;
  const BlockBuffer good = group_bytes(probe.group());
  const bool keeps_copy = area.keeps_group() && !fault(JournalFault::kHealingCopyLeft);
  if (keeps_copy) {
    VDE_TRY(write_journal_end(io, area, probe.superblock, epoch, good));
    VDE_TRY(io.file().sync());
  }
  VDE_TRY(io.file().write((use_primary ? kMirrorGroup : kPrimaryGroup) * io.block_size(), good));
  VDE_TRY(sync_unless(JournalFault::kHealingUnsynced, io.file()));
  if (!keeps_copy) return {};
  VDE_TRY(wipe_journal_end(io, area, probe.superblock));
  return io.file().sync();
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(BlockFile& file, const Probe& found,
                                               const RecoveryPlan& plan) {
  const BlockIo io(file, found.block_size);
  if (plan.header.lost)
    return fail_at(plan.area.header(), ErrorCode::kDamaged, "the journal's header is all zero",
                   kRunRepair);
  if (plan.header.misplaced)
    return fail_at(plan.area.header(), ErrorCode::kDamaged,
                   "another block is in the place of the journal's header", kRunRepair);
  VDE_TRY_ASSIGN(recovered_epoch, apply_recovery(io, found, plan));
  std::optional<Probe> recovered;
  if (plan.needs_reset) {
    VDE_TRY_ASSIGN(again, probe_to_judge(file));
    recovered = std::move(again);
  }
  const Probe& probe = recovered ? *recovered : found;
  VDE_TRY(check_tables(probe));
  std::unique_ptr<Journal> journal(new Journal(io, plan.area, probe.group(), recovered_epoch));
  journal->unmarked_ = plan.header.kind == HeaderKind::kForeign;
  if (are_equal(probe)) return journal;
  // The copy of the group counts only together with the header's mark.
  if (plan.area.keeps_group()) VDE_TRY(journal->mark_header());
  VDE_TRY(heal_groups(io, plan.area, probe, journal->epoch_));
  return journal;
}

// Done only now: a session that commits nothing does not change another program's header.
Result<void> Journal::mark_header() {
  if (!unmarked_) return {};
  look_at_chain();
  VDE_TRY_ASSIGN(adopted, adopt_header(io_, area_, state_.superblock));
  epoch_ = adopted;
  unmarked_ = false;
  return {};
}

}  // namespace vde
