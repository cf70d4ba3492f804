#include "repairing.h"

#include <fmt/format.h>

#include <climits>
#include <filesystem>
#include <optional>

#include "lost_file.h"
#include "plan_file.h"
#include "progress.h"
#include "vde/nbd/nbd.h"
#include "vde/text.h"

namespace vde::cli {

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

int CopyFiles::open(Context& context, const std::vector<std::string>& images,
                    const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    for (const std::string& image : images)
      if (is_same_file(image, path))
        return context.report(path, {ErrorCode::kUsage,
                                     "is the image itself, not an older copy",
                                     "give another file to --from",
                                     {}});
    auto file = context.open_storage(path, OpenMode::kRead);
    if (!file) return context.report(path, file.error());
    sources_.push_back({escape(path), file->get()});
    files_.push_back(std::move(*file));
  }
  return kDone;
}

namespace {

bool is_name_too_long(const std::string& path) {
  return std::filesystem::path(path).filename().native().size() > NAME_MAX;
}

}  // namespace

Result<std::unique_ptr<UndoTarget>> make_undo_target(const RepairArguments& arguments,
                                                     const BlockFile& file,
                                                     const std::string& image, std::string& path) {
  if (arguments.no_undo) return std::unique_ptr<UndoTarget>{};
  path = arguments.undo;
  if (path.empty() && file.is_device())
    return fail(ErrorCode::kUsage, "no default undo file for devices and NBD exports",
                "use --undo FILE or --no-undo");
  if (path.empty()) {
    VDE_TRY_ASSIGN(found, free_undo_path(image));
    if (is_name_too_long(found))
      return fail(ErrorCode::kUsage, "the name of the default undo file would be too long",
                  "use --undo FILE or --no-undo");
    path = found;
  }
  return new_undo_file(path);
}

namespace {

// The path of the list of lost entries: next to a file; next to the undo file of a device, or of a
// file whose name has no room for an ending.
Result<std::string> lost_path(const RepairArguments& arguments, const BlockFile& file,
                              const std::string& image) {
  if (!file.is_device()) {
    VDE_TRY_ASSIGN(path, free_lost_path(image));
    if (!is_name_too_long(path)) return path;
  }
  if (arguments.undo.empty())
    return fail(ErrorCode::kUsage,
                file.is_device()
                    ? "no default place for the list of lost entries of a device or NBD export"
                    : "the name of the list of lost entries would be too long",
                "use --undo FILE: the list goes to FILE.lost.jsonl");
  return free_lost_path(arguments.undo);
}

bool is_file(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// An export is changed only with the option that the repair had, too.
std::string revert_command(const std::string& image, const std::string& undo_file) {
  return fmt::format("vdetool undo {} {}{}", escape(image), escape(undo_file),
                     is_nbd_uri(image) ? " --sole-writer" : "");
}

// A repair of one image, from the plan to the last check.
class RepairRun {
 public:
  RepairRun(Context& context, const std::string& image, PlanFile request, const CopyFiles& copies,
            const VerifyOptions& verify)
      : context_(context),
        image_(image),
        request_(std::move(request)),
        copies_(copies),
        jobs_(verify.jobs),
        keys_(verify.keys) {}

  Result<Repaired> run(const std::function<void(const RepairPlan&)>& show, const PlanFile* agreed) {
    const RepairArguments& arguments = request_.arguments;
    const bool writes = !arguments.dry_run && arguments.plan.empty();
    VDE_TRY_ASSIGN(file,
                   context_.open_storage(image_, writes ? OpenMode::kReadWrite : OpenMode::kRead));
    const ProgressLine progress(context_.activity, context_.wants_progress());
    RepairOptions options{request_.now, arguments.unseal, {request_.scope, jobs_}};
    options.verify.keys = keys_;
    options.allow_loss = arguments.allow_loss;
    options.sources = copies_.sources();
    if (writes) options.lost = [&](const LostEntry& entry) { return name_lost(*file, entry); };
    VDE_TRY_ASSIGN(plan, plan_repair(*file, options, context_.activity));
    if (agreed != nullptr) VDE_TRY(check_same_plan(*agreed, plan));
    Repaired result{std::move(plan), false, {}, {}};
    show(result.plan);
    if (!arguments.plan.empty())
      VDE_TRY(context_.about(arguments.plan,
                             write_plan(arguments.plan, request_, result.plan, context_.out)));
    if (writes && !result.plan.steps.empty()) VDE_TRY(apply(*file, options, result));
    return result;
  }

 private:
  Result<void> name_lost(const BlockFile& file, const LostEntry& entry) {
    if (!lost_) {
      VDE_TRY_ASSIGN(path, lost_path(request_.arguments, file, image_));
      VDE_TRY_ASSIGN(created, LostFile::create(image_, std::move(path)));
      lost_ = std::move(created);
    }
    return lost_->add(entry);
  }

  Result<void> apply(BlockFile& file, const RepairOptions& options, Repaired& result) {
    std::string path;
    VDE_TRY_ASSIGN(undo, make_undo_target(request_.arguments, file, image_, path));
    if (lost_) VDE_TRY(lost_->publish());
    auto left = apply_repair(file, result.plan, options, undo.get(), context_.activity);
    if (!left && undo != nullptr && is_file(path))
      left.error().hint = fmt::format("to revert: {}", revert_command(image_, path));
    VDE_TRY_ASSIGN(found, std::move(left));
    context_.note_change(image_);
    result.applied = true;
    result.undo = path;
    if (lost_) result.lost_file = lost_->path();
    result.plan.left = std::move(found);
    return {};
  }

  Context& context_;
  const std::string& image_;
  PlanFile request_;
  const CopyFiles& copies_;
  unsigned jobs_;
  SecretKeys keys_;               // never a part of the request
  std::optional<LostFile> lost_;  // once an entry is lost
};

}  // namespace

Result<Repaired> repair(Context& context, const RepairArguments& arguments,
                        const VerifyOptions& verify, const PlanFile* agreed,
                        const CopyFiles& copies, const std::string& image,
                        const std::function<void(const RepairPlan&)>& show) {
  PlanFile request;
  if (agreed != nullptr) {
    request = *agreed;
  } else {
    request.arguments = arguments;
    request.scope = verify.scope;
    VDE_TRY_ASSIGN(now, current_ticks());
    request.now = now;
  }
  request.image = image;
  return RepairRun(context, image, std::move(request), copies, verify).run(show, agreed);
}

std::string revert_text(const std::string& image, const std::string& undo_file) {
  return fmt::format("{}: to revert: {}\n", escape(image), revert_command(image, undo_file));
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
  for (const RepairStep& step : plan.withheld) {
    line("left", fmt::format("{}{} ({})", step.what, blocks_text(step.blocks),
                             step.loses.empty() ? "depends on a step that loses data"
                                                : "needs --allow-loss"));
    line("  source", step.source);
    if (!step.loses.empty()) line("  would lose", step.loses);
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

Json repair_step_json(const RepairStep& step) {
  Json blocks = Json::array();
  for (const BlockRange& range : step.blocks)
    blocks.push_back(Json{{"first", range.begin}, {"last", range.end - 1}});
  return Json{{"what", step.what},
              {"source", step.source},
              {"blocks", blocks},
              {"loses", step.loses.empty() ? Json(nullptr) : Json(step.loses)},
              {"lost", step.lost.total()}};
}

std::vector<Json> repair_plan_json(const std::string& image, const RepairPlan& plan) {
  std::vector<Json> lines;
  const auto add = [&](std::string_view type, const RepairStep& step) {
    Json json{{"type", type}};
    json.update(repair_step_json(step));
    lines.push_back(with_header("verify", image, json));
  };
  for (const RepairStep& step : plan.steps) add("repair", step);
  for (const RepairStep& step : plan.withheld) add("withheld", step);
  for (const std::string& note : plan.notes)
    if (!plan.left.empty())
      lines.push_back(with_header("verify", image, Json{{"type", "left"}, {"message", note}}));
  return lines;
}

}  // namespace vde::cli
