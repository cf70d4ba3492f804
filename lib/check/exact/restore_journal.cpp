// The journal's header, and the records of commits that wait: one flipped bit in a record would
// cost that commit and all after it.
#include "check/exact/exact_run.h"
#include "check/exact/restore.h"
#include "check/exact/restored_block.h"
#include "journal/recovery.h"

namespace vde {
namespace {

// A crash in the middle of a commit leaves blocks that are torn for good: no search ends there.
constexpr int kMaxDamaged = 16;

// Restores a block that does not verify, in place; true where that was possible.
Result<bool> restore_block(FoundationRepair& repair, uint64_t number, bool is_header) {
  BlockBuffer buffer = repair.io().make_buffer();
  VDE_TRY_ASSIGN(block, repair.io().read(number, buffer));
  if (block.state() != BlockState::kBadChecksum) return false;
  const auto original = restore_by_trying(*repair.exact(), number, buffer);
  if (!original) return false;
  // After-images have the types of the blocks that they are for.
  const UncheckedBlock restored(number, original->bytes);
  const bool fits = is_header ? PlaceCheck(repair.probe()).fault(number, original->bytes).empty()
                              : restored.check_any().has_value();
  if (!fits) return false;
  VDE_TRY(write_restored(repair, *original));
  return true;
}

Result<bool> commits_may_wait(const FoundationRepair& repair, const JournalArea& area) {
  VDE_TRY_ASSIGN(header, read_journal_header(repair.io(), area, repair.probe().superblock.uuid));
  return header.last_marked || (header.kind == HeaderKind::kOurs && !header.clean);
}

Result<void> restore_records(FoundationRepair& repair, const JournalArea& area) {
  const BlockIo& io = repair.io();
  BlockBuffer buffer = io.make_buffer();
  int damaged = 0;
  for (uint64_t at = area.used().begin; at < area.used().end && damaged < kMaxDamaged; ++at) {
    VDE_TRY_ASSIGN(data, io.file().next_data(io.bytes_of({at, area.used().end})));
    if (data.empty()) break;
    at = data.begin / io.block_size();
    VDE_TRY_ASSIGN(block, io.read(at, buffer));
    if (block.state() != BlockState::kBadChecksum) continue;
    ++damaged;
    VDE_TRY(restore_block(repair, at, false));
  }
  return {};
}

// After-images that have no room in the journal lie in free blocks, which its plan names.
Result<void> restore_spilled(FoundationRepair& repair, const JournalArea& area) {
  for (int i = 0; i < kMaxDamaged; ++i) {
    const auto plan = plan_recovery(repair.io(), repair.probe());
    if (plan || plan.error().code != ErrorCode::kDamaged || !plan.error().block) return {};
    const uint64_t number = *plan.error().block;
    if (number < kFirstRegionBlock || area.region.contains(number)) return {};
    VDE_TRY_ASSIGN(restored, restore_block(repair, number, false));
    if (!restored) return {};
  }
  return {};
}

}  // namespace

Result<void> restore_journal(FoundationRepair& repair) {
  const auto area = repair.journal_area();
  if (repair.exact() == nullptr || !area || !repair.probe().superblock_verified()) return {};
  const size_t before = repair.exact_step_count();
  VDE_TRY(restore_block(repair, area->header(), true));
  VDE_TRY_ASSIGN(waits, commits_may_wait(repair, *area));
  if (waits) {
    VDE_TRY(restore_block(repair, area->last(), false));
    VDE_TRY(restore_records(repair, *area));
    VDE_TRY(restore_spilled(repair, *area));
  }
  return repair.exact_step_count() == before ? Result<void>{} : repair.sync();
}

}  // namespace vde
