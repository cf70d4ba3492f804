#include "vde/verify.h"

#include "check/context.h"

namespace vde {
namespace {

// Later passes build on what earlier ones found out: regions before what lies in them, blocks
// before the bitmap, whose damaged blocks decide nothing.
constexpr NamedPass kPasses[] = {
    {"geometry", check_geometry, OnStream::kAtEnd},
    {"superblock groups", check_superblocks, OnStream::kAtStart},
    {"region tables", check_regions, OnStream::kAtStart},
    {"journal", check_journal},
    {"inode layout", check_inode_layout, OnStream::kAtEnd},
    {"tag index, quietly", find_sound_tags, OnStream::kNotNeeded},
    {"block trailers", check_blocks, OnStream::kItself},
    {"tag index", check_tags},
    {"snapshot table", check_snapshots},
    {"code cache", check_modules},
    {"dictionary table", check_dictionaries},
    {"allocation bitmap", check_bitmap, OnStream::kAtEnd},
};

// The state to judge is the committed one, also where part of it still waits in the journal.
// Without a whole group or a journal there is nothing to replay; other passes say so.
JournalLook look_at_journal(BlockFile& file, const Probe& probe) {
  JournalLook look;
  if (probe.superblock_source != SuperblockSource::kGroup || !find_journal(probe)) return look;
  Result<CommittedView> view = view_committed(file, probe);
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

std::span<const NamedPass> passes() {
  return kPasses;
}

const PlacedRegion* VerifyContext::find(BlockType tag) const {
  for (const PlacedRegion& region : regions)
    if (region.tag == tag) return &region;
  return nullptr;
}

const PlacedRegion* VerifyContext::find_plain(BlockType tag) const {
  const PlacedRegion* region = find(tag);
  return region != nullptr && probe.slots[region->slot].is_plain() ? region : nullptr;
}

Result<VerifySummary> verify_image(BlockFile& file, const VerifyOptions& options,
                                   Activity& activity,
                                   const std::function<void(const Finding&)>& report) {
  // Unsealed superblocks whose directory is whole can still be judged; probe_image knows.
  VDE_TRY_ASSIGN(on_disk, probe_to_judge(file));
  VDE_TRY(check_features(on_disk));
  const JournalLook journal = look_at_journal(file, on_disk);
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
