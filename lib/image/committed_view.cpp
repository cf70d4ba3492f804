#include "image/committed_view.h"

namespace vde {

Result<CommittedView> view_committed(BlockFile& file, const Survey& survey) {
  VDE_TRY_ASSIGN(plan, plan_recovery(BlockIo(file, survey.block_size), survey));
  auto view = std::make_unique<OverlayFile>(file, survey.block_size);
  VDE_TRY(apply_recovery(BlockIo(*view, survey.block_size), survey, plan));
  return CommittedView{std::move(view), std::move(plan)};
}

}  // namespace vde
