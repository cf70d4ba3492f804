#include "repairing.h"

#include <fmt/format.h>

#include "progress.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

// " (block 0)", " (blocks 4-7, 9)", or nothing.
std::string blocks_text(const std::vector<BlockRange>& blocks) {
  constexpr size_t kMax = 8;
  if (blocks.empty()) return {};
  std::string text;
  for (size_t i = 0; i < blocks.size() && i < kMax; ++i) {
    const BlockRange& range = blocks[i];
    text += fmt::format("{}{}", text.empty() ? "" : ", ", range.begin);
    if (range.count() > 1) text += fmt::format("-{}", range.end - 1);
  }
  if (blocks.size() > kMax) text += fmt::format(" and {} more runs", blocks.size() - kMax);
  const bool one = blocks.size() == 1 && blocks[0].count() == 1;
  return fmt::format(" ({} {})", one ? "block" : "blocks", text);
}

}  // namespace

Result<std::unique_ptr<UndoTarget>> make_undo_target(const RepairArguments& arguments,
                                                     const BlockFile& file,
                                                     const std::string& image, std::string& path) {
  if (arguments.no_undo) return std::unique_ptr<UndoTarget>{};
  path = arguments.undo;
  if (path.empty() && file.is_device())
    return fail(ErrorCode::kUsage, "no default undo file for devices",
                "use --undo FILE or --no-undo");
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
    left.error().hint = fmt::format("to revert: vdetool undo {} {}", escape(image), escape(path));
  VDE_TRY_ASSIGN(found, std::move(left));
  result.applied = true;
  result.undo = path;
  result.plan.left = std::move(found);
  return result;
}

std::string revert_text(const std::string& image, const std::string& undo_file) {
  return fmt::format("{0}: to revert: vdetool undo {0} {1}\n", escape(image), escape(undo_file));
}

std::string repair_plan_text(const std::string& image, const RepairPlan& plan) {
  std::string text;
  const auto line = [&](std::string_view word, const std::string& rest) {
    text += fmt::format("{}: {}: {}\n", escape(image), word, rest);
  };
  for (const RepairStep& step : plan.steps) {
    line("plan", step.what + blocks_text(step.blocks));
    line("  source", step.source);
    if (!step.loses.empty()) line("  LOST", step.loses);
  }
  for (const std::string& note : plan.notes)
    if (!plan.left.empty()) line("left", note);
  return text;
}

std::string repair_done_text(const std::string& image, const RepairPlan& plan) {
  std::string text;
  for (const RepairStep& step : plan.steps)
    text += fmt::format("{}: done: {}{}\n", escape(image), step.what, blocks_text(step.blocks));
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
