#include "repairing.h"

#include <fmt/format.h>

#include "progress.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

std::string blocks_text(const std::vector<BlockRange>& blocks) {
  constexpr size_t kMax = 8;
  std::string text;
  for (size_t i = 0; i < blocks.size() && i < kMax; ++i) {
    const BlockRange& range = blocks[i];
    text += fmt::format("{}{}", text.empty() ? "" : ", ", range.begin);
    if (range.count() > 1) text += fmt::format("-{}", range.end - 1);
  }
  if (blocks.size() > kMax) text += fmt::format(" and {} runs more", blocks.size() - kMax);
  return text;
}

}  // namespace

Result<std::unique_ptr<UndoTarget>> make_undo_target(const RepairArguments& arguments,
                                                     const BlockFile& file,
                                                     const std::string& image, std::string& path) {
  if (arguments.no_undo) return std::unique_ptr<UndoTarget>{};
  path = arguments.undo;
  if (path.empty() && file.is_device())
    return fail(ErrorCode::kUsage, "a device has no place beside it for an undo file",
                "give --undo FILE, or --no-undo");
  if (path.empty()) {
    VDE_TRY_ASSIGN(found, free_undo_path(image));
    path = found;
  }
  return new_undo_file(path);
}

Result<Repaired> repair(Context& context, const RepairArguments& arguments,
                        const VerifyOptions& verify, const std::string& image,
                        const std::function<void(const RepairPlan&)>& show) {
  VDE_TRY_ASSIGN(now, current_ticks());
  const RepairOptions options{now, arguments.unseal, verify};
  const OpenMode mode = arguments.dry_run ? OpenMode::kRead : OpenMode::kReadWrite;
  VDE_TRY_ASSIGN(file, context.open_storage(image, mode));
  const ProgressLine progress(context.activity, context.wants_progress());
  VDE_TRY_ASSIGN(plan, plan_repair(*file, options, context.activity));
  Repaired result{std::move(plan), false, {}};
  show(result.plan);
  if (arguments.dry_run || result.plan.steps.empty()) return result;
  std::string path;
  VDE_TRY_ASSIGN(undo, make_undo_target(arguments, *file, image, path));
  auto left = apply_repair(*file, result.plan, options, undo.get(), context.activity);
  if (!left && undo != nullptr)
    left.error().hint = fmt::format("'vdetool undo {} {}' puts everything back", image, path);
  VDE_TRY_ASSIGN(found, std::move(left));
  result.applied = true;
  result.undo = path;
  result.plan.left = std::move(found);
  return result;
}

std::string repair_plan_text(const std::string& image, const RepairPlan& plan) {
  std::string text;
  const auto line = [&](std::string_view word, const std::string& rest) {
    text += fmt::format("{}: {} {}\n", escape(image), word, rest);
  };
  for (const RepairStep& step : plan.steps) {
    const std::string blocks = blocks_text(step.blocks);
    line("repair",
         fmt::format("{}{}", step.what, blocks.empty() ? "" : fmt::format(" (blocks {})", blocks)));
    line("  from", step.source);
    if (!step.loses.empty()) line("  lost", step.loses);
  }
  for (const std::string& note : plan.notes)
    if (!plan.left.empty()) line("left", note);
  return text;
}

std::vector<Json> repair_plan_json(const std::string& image, const RepairPlan& plan) {
  std::vector<Json> lines;
  for (const RepairStep& step : plan.steps) {
    Json blocks = Json::array();
    for (const BlockRange& range : step.blocks)
      blocks.push_back(Json{{"first", range.begin}, {"last", range.end - 1}});
    lines.push_back(
        with_header("verify", image,
                    Json{{"type", "repair"},
                         {"what", step.what},
                         {"source", step.source},
                         {"blocks", blocks},
                         {"loses", step.loses.empty() ? Json(nullptr) : Json(step.loses)}}));
  }
  for (const std::string& note : plan.notes)
    if (!plan.left.empty())
      lines.push_back(with_header("verify", image, Json{{"type", "left"}, {"message", note}}));
  return lines;
}

}  // namespace vde::cli
