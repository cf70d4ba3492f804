#include "image/committed_view.h"

namespace vde {

Result<CommittedView> view_committed(BlockFile& file, const Survey& survey) {
  VDE_TRY_ASSIGN(plan, plan_recovery(BlockIo(file, survey.block_size), survey));
  auto view = std::make_unique<OverlayFile>(file, survey.block_size);
  // Images stay where they are: a commit may have far more of them than there is memory.
  RecoveryPlan rest = plan;
  for (const ReplayedBlock& image : std::exchange(rest.images, {}))
    view->redirect(image.target * survey.block_size, image.place * survey.block_size);
  VDE_TRY(apply_recovery(BlockIo(*view, survey.block_size), survey, rest));
  return CommittedView{std::move(view), std::move(plan)};
}

}  // namespace vde
