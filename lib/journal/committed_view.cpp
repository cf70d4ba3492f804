#include "journal/committed_view.h"

#include <algorithm>

namespace vde {

Result<CommittedView> view_committed(BlockFile& file, const Probe& probe, LostRecords lost) {
  VDE_TRY_ASSIGN(plan, plan_recovery(BlockIo(file, probe.block_size), probe, lost));
  auto view = std::make_unique<OverlayFile>(file, probe.block_size);
  // The after-images stay where they are: a commit may have more of them than fit in memory.
  RecoveryPlan rest = plan;
  rest.after_images.clear();
  for (const ReplayedBlock& image : plan.after_images)
    view->redirect(image.target * probe.block_size,
                   image.is_hole() ? OverlayFile::kZeros : image.place * probe.block_size);
  VDE_TRY(apply_recovery(BlockIo(*view, probe.block_size), probe, rest));
  return CommittedView{std::move(view), std::move(plan)};
}

Result<std::optional<Probe>> probe_replayed(const CommittedView& view) {
  if (view.plan.records == 0) return std::optional<Probe>();
  VDE_TRY_ASSIGN(probe, probe_to_judge(*view.file));
  return std::optional(std::move(probe));
}

int64_t last_sequence(BlockFile& file, const Probe& probe) {
  const int64_t sequence = probe.superblock.checkpoint_sequence;
  const auto view = view_committed(file, probe);
  if (!view) return sequence;
  const auto replayed = probe_replayed(*view);
  if (!replayed || !*replayed) return sequence;
  return std::max(sequence, (*replayed)->superblock.checkpoint_sequence);
}

}  // namespace vde
