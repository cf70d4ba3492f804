#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands.h"
#include "commands/remote.h"
#include "commands/volume_options.h"
#include "entry_json.h"
#include "progress.h"
#include "repairing.h"
#include "usage.h"
#include "vde/part_of_file.h"
#include "vde/rescue.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

struct RescueArguments {
  std::string source;
  std::string output;
  std::optional<std::string> block_size;
  std::optional<std::string> volume_offset;
  bool list = false;
};

std::string plural(uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

// "25 snapshots", "tag 'year' of inode 42", "superblock".
std::string item_name(const RescueItem& item) {
  constexpr std::array<std::string_view, 6> kCounted = {"tag",    "snapshot", "module",
                                                        "region", "block",    "commit"};
  if (const auto* tag = std::get_if<TagView>(&item.content))
    return fmt::format("tag '{}' of inode {}", escape(tag->key), tag->inode);
  if (const auto* snapshot = std::get_if<Snapshot>(&item.content))
    return "snapshot " + to_string(snapshot->id);
  if (const auto* module = std::get_if<Module>(&item.content))
    return "module " + to_hex(module->hash);
  const bool is_counted = std::ranges::find(kCounted, item.kind) != kCounted.end();
  return is_counted ? plural(item.count, item.kind) : std::string(item.kind);
}

std::string item_text(const std::string& source, const RescueItem& item) {
  return fmt::format("{}: {}: {}{}: {}\n", escape(source), verdict_name(item.verdict),
                     item_name(item), blocks_text(item.blocks), escape(item.reason));
}

Json item_json(const std::string& source, const RescueItem& item) {
  Json blocks = Json::array();
  for (const BlockRange& range : item.blocks)
    blocks.push_back(Json{{"first", range.begin}, {"last", range.end - 1}});
  Json json{{"type", verdict_name(item.verdict)},
            {"kind", item.kind},
            {"count", item.count},
            {"used", item.used},
            {"blocks", std::move(blocks)},
            {"reason", item.reason}};
  put_entry(json, item.content);
  return with_header("rescue", source, json);
}

int status_of(const RescueSummary& summary) {
  return summary.lost.total() == 0 && summary.doubted == 0 ? kDone : kDamageLeft;
}

Json summary_json(const RescueArguments& arguments, const RescueSummary& summary) {
  const int status = status_of(summary);
  Json json{{"type", "summary"}, {"written", !arguments.list}};
  put_name(json, "output", arguments.list ? "" : arguments.output);
  json["block_size"] = summary.block_size;
  json["size"] = summary.size;
  json["uuid"] = to_string(summary.uuid);
  put_text(json, "label", summary.label);
  json["tags"] = summary.tags;
  json["snapshots"] = summary.snapshots;
  json["modules"] = summary.modules;
  json["old"] = summary.old;
  json["doubted"] = summary.doubted;
  json["lost"] = summary.lost.total();
  json["status"] = status;
  json["meaning"] = status_meaning(status);
  return with_header("rescue", arguments.source, json);
}

std::string summary_text(const RescueArguments& arguments, const RescueSummary& summary) {
  const std::string name = arguments.list ? arguments.source : arguments.output;
  std::string text =
      fmt::format("{}: {}: {}, {}, {}", escape(name),
                  arguments.list ? "could be rescued" : "written", plural(summary.tags, "tag"),
                  plural(summary.snapshots, "snapshot"), plural(summary.modules, "module"));
  if (summary.old > 0) text += fmt::format("; {} old", summary.old);
  if (summary.doubted > 0) text += fmt::format("; {} doubted", summary.doubted);
  if (summary.lost.total() > 0) text += fmt::format("; {} lost", summary.lost.total());
  return text + "\n";
}

Result<RescueOptions> options_of(const RescueArguments& arguments) {
  RescueOptions options;
  VDE_TRY_ASSIGN(now, current_ticks());
  options.now = now;
  VDE_TRY_ASSIGN(block_size, parse_block_size(arguments.block_size));
  options.block_size = block_size;
  return options;
}

Result<void> check_arguments(const RescueArguments& arguments) {
  if (arguments.list && !arguments.output.empty())
    return fail(ErrorCode::kUsage, "--list writes nothing, so it cannot have an --output");
  if (!arguments.list && arguments.output.empty())
    return fail(ErrorCode::kUsage, "--output is missing",
                "name a new file for the image, or use --list");
  VDE_TRY(refuse_remote(arguments.output, "an image cannot be created"));
  return arguments.output.empty() ? Result<void>{}
                                  : refuse_image(arguments.source, arguments.output, "output");
}

Result<int> run_rescue(Context& context, const RescueArguments& arguments) {
  VDE_TRY(check_arguments(arguments));
  // Before the work, which may take long.
  if (!arguments.list)
    VDE_TRY(context.about(arguments.output, check_rescue_output(arguments.output)));
  VDE_TRY_ASSIGN(options, options_of(arguments));
  VDE_TRY_ASSIGN(offset, parse_volume_offset(arguments.volume_offset));
  VDE_TRY_ASSIGN(whole, context.open_storage(arguments.source, OpenMode::kRead));
  const auto source = part_of_file(std::move(whole), offset);
  const ProgressLine progress(context.activity, context.wants_progress());
  const auto show = [&](const RescueItem& item) -> Result<void> {
    if (context.globals.json) return context.write_json(item_json(arguments.source, item));
    if (context.globals.quiet) return {};
    return context.out.write(item_text(arguments.source, item));
  };
  VDE_TRY_ASSIGN(rescue, Rescue::plan(*source, options, show, context.activity));
  if (!arguments.list) {
    VDE_TRY(context.about(arguments.output, rescue->write(arguments.output, context.activity)));
    context.note_change(arguments.output);
  }
  const RescueSummary& summary = rescue->summary();
  if (context.globals.json)
    VDE_TRY(context.write_json(summary_json(arguments, summary)));
  else if (!context.globals.quiet)
    VDE_TRY(context.out.write(summary_text(arguments, summary)));
  return status_of(summary);
}

}  // namespace

Runner define_rescue(CLI::App& command) {
  auto arguments = std::make_shared<RescueArguments>();
  command
      .add_option("SOURCE", arguments->source,
                  "damaged image: a file, block device or NBD URI, only read")
      ->required();
  command.add_option("--output", arguments->output, "new file for the image")->type_name("IMAGE");
  add_text(command, "--block-size", arguments->block_size,
           "block size (default: that of the superblock, else of the blocks' trailers)")
      ->type_name("SIZE");
  add_text(command, "--volume-offset", arguments->volume_offset, kVolumeOffsetHelp)
      ->type_name("BYTE");
  command.add_flag("--list", arguments->list, "only report what could be rescued");
  return [arguments](Context& context) {
    const Result<int> done = run_rescue(context, *arguments);
    return done ? *done : context.report(arguments->source, done.error());
  };
}

}  // namespace vde::cli
