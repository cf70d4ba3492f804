#include "vde/verify.h"

#include "check/intact.h"
#include "check/passes.h"

namespace vde {
namespace {

// The state to judge is the committed one, also where part of it still waits in the journal.
// Without a whole group or a journal there is nothing to replay; other passes say so.
JournalOnDisk read_journal(BlockFile& file, const Probe& probe) {
  JournalOnDisk found;
  if (probe.superblock_source != SuperblockSource::kGroup || !find_journal(probe)) return found;
  Result<CommittedView> view = view_committed(file, probe);
  if (!view) {
    // A block that cannot be read is reported where it is judged.
    if (view.error().code == ErrorCode::kDamaged) found.error = std::move(view.error());
    return found;
  }
  // A header that fails its trailer though no session ever wrote it is simply damaged.
  const bool damaged = view->plan.header.kind != HeaderKind::kForeign &&
                       !view->plan.header.sealed && !view->plan.torn_header;
  if (!damaged) found.view = std::move(*view);
  return found;
}

}  // namespace

Result<VerifySummary> verify_image(BlockFile& file, const VerifyOptions& options,
                                   Activity& activity,
                                   const std::function<void(const Finding&)>& report) {
  // Unsealed superblocks whose directory is whole can still be judged; probe_image knows.
  VDE_TRY_ASSIGN(on_disk, probe_to_judge(file));
  VDE_TRY(check_features(on_disk));
  const JournalOnDisk journal = read_journal(file, on_disk);
  BlockFile& judged = journal.view ? *journal.view->file : file;
  VDE_TRY_ASSIGN(probe, probe_to_judge(judged));
  activity.total = activity.done + probe.file_size;
  Reporter reporter(report, &file, probe.block_size);
  VerifyContext context{
      BlockIo(judged, probe.block_size), probe, options, activity, reporter, journal, {}};
  for (const NamedPass& pass : passes()) {
    if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY(pass.run(context));
  }
  VerifySummary& summary = reporter.summary();
  summary.intact = intact_structures(context);
  // Which data blocks count is the bitmap's to say.
  const bool bitmap_counts =
      context.find(block_types::kBitmap) != nullptr && reporter.is_clean(block_types::kBitmap);
  if (options.scope == VerifyScope::kMetadata || !bitmap_counts)
    summary.not_checked = {"data blocks"};
  return summary;
}

}  // namespace vde
