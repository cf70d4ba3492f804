#include "vde/verify.h"

#include "check/exact/search.h"
#include "check/intact.h"
#include "check/passes.h"
#include "check/verification.h"

namespace vde {

// Without an intact group or a journal there is nothing to replay; other passes report that.
JournalOnDisk read_journal(BlockFile& file, const Probe& probe) {
  JournalOnDisk found;
  found.groups_from_copy = probe.superblock_source == SuperblockSource::kCopy;
  if (!probe.has_group() || !find_journal(probe)) return found;
  Result<CommittedView> view = view_committed(file, probe);
  if (!view) {
    // A block that cannot be read is reported by the pass that checks it.
    if (view.error().code == ErrorCode::kDamaged) found.error = std::move(view.error());
    return found;
  }
  // A header with a bad checksum that no session ever wrote was not torn by a crash: it is damaged.
  const bool damaged = view->plan.header.kind != HeaderKind::kForeign && !view->plan.header.valid &&
                       !view->plan.torn_header;
  if (!damaged) found.view = std::move(*view);
  return found;
}

Result<VerifySummary> verify_image(BlockFile& file, const VerifyOptions& options,
                                   Activity& activity,
                                   const std::function<void(const Finding&)>& report) {
  ExactSearch search(options.search_seconds, activity);
  return verify_image_with(file, options, search, activity, report);
}

Result<VerifySummary> verify_image_with(BlockFile& file, const VerifyOptions& options,
                                        ExactSearch& search, Activity& activity,
                                        const std::function<void(const Finding&)>& report) {
  // Superblocks without a valid trailer can still be checked if the directory is intact.
  VDE_TRY_ASSIGN(on_disk, probe_to_judge(file));
  VDE_TRY(check_features(on_disk));
  const JournalOnDisk journal = read_journal(file, on_disk);
  BlockFile& checked = journal.view ? *journal.view->file : file;
  VDE_TRY_ASSIGN(probe, probe_to_judge(checked));
  activity.total = activity.done + probe.file_size;
  // What is found in a file that cannot be reached says nothing about the image.
  const std::function<void(const Finding&)> report_reachable = [&](const Finding& finding) {
    if (file.check_reachable()) report(finding);
  };
  Reporter reporter(report_reachable, &file, probe.block_size, &search);
  VerifyContext context{
      BlockIo(checked, probe.block_size), probe, options, activity, reporter, journal, search, {}};
  for (const NamedPass& pass : passes()) {
    if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    activity.phase = pass.name;
    VDE_TRY(pass.run(context));
    VDE_TRY(file.check_reachable());
  }
  activity.phase = nullptr;
  VerifySummary& summary = reporter.summary();
  summary.intact = intact_structures(context);
  // The bitmap tells which data blocks are checked.
  const bool bitmap_counts =
      context.find(block_types::kBitmap) != nullptr && reporter.is_clean(block_types::kBitmap);
  if (options.scope == VerifyScope::kMetadata || !bitmap_counts)
    summary.not_checked = {"data blocks"};
  add_not_tried(search, summary);
  return summary;
}

}  // namespace vde
