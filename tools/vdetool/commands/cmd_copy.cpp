#include <fmt/format.h>

#include "commands.h"
#include "commands/remote.h"
#include "progress.h"
#include "vde/copy.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

struct CopyArguments {
  std::string image;
  std::string dest;
  bool force = false;
  bool metadata = false;
  bool scrub = false;
};

CopyContent content_of(const CopyArguments& arguments) {
  if (arguments.scrub) return CopyContent::kScrubbed;
  return arguments.metadata ? CopyContent::kMetadata : CopyContent::kAll;
}

std::string_view content_name(CopyContent content) {
  switch (content) {
    case CopyContent::kMetadata:
      return "metadata";
    case CopyContent::kScrubbed:
      return "scrubbed";
    case CopyContent::kAll:
      break;
  }
  return "all";
}

std::string copy_count(uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

Json damage_json(const std::string& image, const DamagedBlock& damage) {
  return with_header("copy", image,
                     Json{{"type", "damaged"},
                          {"block", damage.block},
                          {"region", damage.region},
                          {"code", damage.code},
                          {"message", damage.reason}});
}

std::string damage_text(const std::string& image, const DamagedBlock& damage) {
  const std::string region = damage.region.empty() ? "" : fmt::format(" ({})", damage.region);
  return fmt::format("{}: damaged: {} block {}{}: {}\n", escape(image), damage.code, damage.block,
                     region, escape(damage.reason));
}

Json summary_json(const CopyArguments& arguments, const CopySummary& summary, int status) {
  Json json{{"type", "summary"}};
  put_name(json, "output", arguments.dest);
  json["content"] = content_name(content_of(arguments));
  json["size"] = summary.size;
  json["block_size"] = summary.block_size;
  json["written"] = summary.written;
  json["blocks_checked"] = summary.blocks_checked;
  json["commits"] = summary.commits;
  json["damaged"] = summary.damaged;
  json["not_checked"] = summary.not_checked;
  json["keys_stay"] = arguments.scrub;
  json["status"] = status;
  json["meaning"] = status_meaning(status);
  return with_header("copy", arguments.image, json);
}

std::string summary_text(const CopyArguments& arguments, const CopySummary& summary) {
  const std::string dest = escape(arguments.dest);
  const CopyContent content = content_of(arguments);
  const std::string_view what = content == CopyContent::kAll        ? "complete copy"
                                : content == CopyContent::kMetadata ? "metadata"
                                                                    : "scrubbed metadata";
  std::string text =
      fmt::format("{}: {} of '{}': {}, {} checked", dest, what, escape(arguments.image),
                  describe_size(summary.size), copy_count(summary.blocks_checked, "block"));
  if (summary.commits > 0)
    text += fmt::format(", {} of the journal applied", copy_count(summary.commits, "commit"));
  if (summary.damaged > 0) text += fmt::format(", {} damaged", summary.damaged);
  for (const std::string& name : summary.not_checked) text += fmt::format("; {} not checked", name);
  text += "\n";
  if (content == CopyContent::kScrubbed)
    text += fmt::format(
        "{}: keys of tags stay, those of removed tags too, and so do ids, times, counts and sizes; "
        "check them before you pass it on: vdetool dump {} --region TAGI\n",
        dest, dest);
  return text;
}

Result<int> run_copy(Context& context, const CopyArguments& arguments) {
  if (arguments.dest.empty())
    return fail(ErrorCode::kUsage, "the copy has no name", "name a file or a device");
  VDE_TRY(refuse_standard_output(arguments.dest, "copy"));
  VDE_TRY(context.about(arguments.dest, refuse_remote(arguments.dest, "a copy cannot be made")));
  VDE_TRY(refuse_image(arguments.image, arguments.dest, "copy"));
  VDE_TRY_ASSIGN(source, context.open_storage(arguments.image, OpenMode::kRead));
  const ProgressLine progress(context.activity, context.wants_progress());
  const auto show = [&](const DamagedBlock& damage) -> Result<void> {
    if (context.globals.json) return context.write_json(damage_json(arguments.image, damage));
    if (context.globals.quiet) return {};
    return context.out.write(damage_text(arguments.image, damage));
  };
  ImageCopy copy(*source, {content_of(arguments), arguments.force, context.globals.patience()},
                 show, context.activity);
  auto summary = copy.write(arguments.dest);
  if (copy.output_failed()) summary = context.about(arguments.dest, std::move(summary));
  if (!summary) return propagate(summary);
  context.note_change(arguments.dest);
  const int status = summary->damaged > 0 ? kDamageLeft : kDone;
  if (context.globals.json)
    VDE_TRY(context.write_json(summary_json(arguments, *summary, status)));
  else if (!context.globals.quiet)
    VDE_TRY(context.out.write(summary_text(arguments, *summary)));
  return status;
}

}  // namespace

Runner define_copy(CLI::App& command) {
  auto arguments = std::make_shared<CopyArguments>();
  command.add_option("IMAGE", arguments->image, "image file, block device or NBD URI, only read")
      ->required();
  command.add_option("DEST", arguments->dest, "new or empty file, or block device")->required();
  command.add_flag("--force", arguments->force, "overwrite a DEST that is not empty");
  command.add_flag("--metadata", arguments->metadata,
                   "copy metadata only, damaged or not; data blocks and modules become holes");
  command.add_flag("--scrub", arguments->scrub,
                   "as --metadata, without values, labels, keys of encryption, logs and free "
                   "blocks; keys of tags stay");
  return [arguments](Context& context) {
    const Result<int> done = run_copy(context, *arguments);
    return done ? *done : context.report(arguments->image, done.error());
  };
}

}  // namespace vde::cli
