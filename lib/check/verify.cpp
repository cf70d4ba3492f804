#include "vde/verify.h"

#include <fmt/format.h>

#include "check/context.h"

namespace vde {
namespace {

// Later passes build on what earlier ones found out: regions before what lies in them, blocks
// before the bitmap, whose damaged blocks decide nothing.
constexpr Pass kPasses[] = {check_geometry,     check_superblocks, check_regions, check_journal,
                            check_inode_layout, check_blocks,      check_tags,    check_bitmap};

Result<void> check_features(const Survey& survey) {
  if (!survey.superblock_verified()) return {};
  const uint32_t unknown = unknown_incompatible_features(survey.superblock.incompatible_features);
  if (unknown == 0) return {};
  std::string bits;
  for (uint32_t bit = 0; bit < 32; ++bit)
    if ((unknown >> bit & 1) != 0) bits += fmt::format("{}{}", bits.empty() ? "" : ", ", bit);
  return fail_at(survey.superblock_block, ErrorCode::kUnsupported,
                 fmt::format("uses unknown incompatible features (bit {})", bits),
                 "use the program that made the image, or a later version of this one");
}

// The state to judge is the committed one, also where part of it still waits in the journal.
// Without a whole group or a journal there is nothing to replay; other passes say so.
JournalLook look_at_journal(BlockFile& file, const Survey& survey) {
  JournalLook look;
  if (survey.superblock_source != SuperblockSource::kGroup || !find_journal(survey)) return look;
  Result<CommittedView> view = view_committed(file, survey);
  if (!view) {
    // A block that cannot be read is reported where it is judged.
    if (view.error().code == ErrorCode::kDamaged) look.error = std::move(view.error());
    return look;
  }
  // A header that fails its trailer though no session ever wrote it is simply damaged.
  const bool damaged = view->plan.header.kind != HeaderKind::kForeign &&
                       !view->plan.header.sealed && !view->plan.torn_header;
  if (!damaged) look.view = std::move(*view);
  return look;
}

}  // namespace

void Reporter::pass_on(const Finding& finding) {
  switch (finding.kind->severity) {
    case Severity::kError:
      ++summary_.errors;
      break;
    case Severity::kWarning:
      ++summary_.warnings;
      break;
    case Severity::kNote:
      ++summary_.notes;
      break;
  }
  sink_(finding);
}

const PlacedRegion* VerifyContext::find(Tag tag) const {
  for (const PlacedRegion& region : regions)
    if (region.tag == tag) return &region;
  return nullptr;
}

Result<VerifySummary> verify_image(BlockFile& file, const VerifyOptions& options,
                                   Activity& activity,
                                   const std::function<void(const Finding&)>& report) {
  // Unsealed superblocks whose directory is whole can still be judged; survey_image knows.
  VDE_TRY_ASSIGN(on_disk, survey_image(file, false));
  VDE_TRY(check_features(on_disk));
  const JournalLook journal = look_at_journal(file, on_disk);
  BlockFile& judged = journal.view ? *journal.view->file : file;
  VDE_TRY_ASSIGN(survey, survey_image(judged, false));
  Reporter reporter(report);
  VerifyContext context{
      BlockIo(judged, survey.block_size), survey, options, activity, reporter, journal, {}};
  for (const Pass pass : kPasses) {
    if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY(pass(context));
  }
  return reporter.summary();
}

}  // namespace vde
