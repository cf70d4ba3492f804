#include <fmt/format.h>

#include "commands.h"
#include "repairing.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

struct UndoArguments {
  std::string image;
  std::string file;
  RepairArguments undo;  // for the undo file of this step
};

// Sets `path` to the path of the undo file of this step.
Result<UndoSummary> revert(const UndoArguments& arguments, BlockFile& image, BlockFile& file,
                           std::string& path) {
  if (arguments.undo.dry_run) return check_undo(image, file);
  VDE_TRY_ASSIGN(redo, make_undo_target(arguments.undo, image, arguments.image, path));
  return undo_repair(image, file, redo.get());
}

Result<void> run_undo(Context& context, const UndoArguments& arguments, BlockFile& image,
                      BlockFile& file) {
  std::string path;
  VDE_TRY_ASSIGN(done, revert(arguments, image, file, path));
  const bool is_dry = arguments.undo.dry_run;
  if (!is_dry) context.note_change(arguments.image);
  if (context.globals.json) {
    Json json;
    put_text(json, "undo_file", arguments.file);
    json["bytes"] = done.bytes;
    json["old_size"] = done.new_size;
    json["new_size"] = done.old_size;
    json["dry_run"] = is_dry;
    put_name(json, "redo_file", done.redo_written ? path : "");
    return context.write_json(with_header("undo", arguments.image, json));
  }
  if (context.globals.quiet) return {};
  std::string text = fmt::format("{}: {} {} bytes\n", escape(arguments.image),
                                 is_dry ? "would restore" : "restored", done.bytes);
  if (done.redo_written) text += revert_text(arguments.image, path);
  return context.out.write(text);
}

// The file of --undo must be another one than the image and the undo file.
Result<void> check_redo_path(const UndoArguments& arguments) {
  const std::string& redo = arguments.undo.undo;
  if (redo.empty()) return {};
  VDE_TRY(refuse_standard_output(redo, "undo file"));
  VDE_TRY(refuse_image(arguments.image, redo, "file of --undo"));
  if (!is_same_file(arguments.file, redo)) return {};
  return fail(ErrorCode::kUsage, "the file of --undo is the undo file that is read",
              "name another file");
}

int undo(Context& context, const UndoArguments& arguments) {
  const OpenMode mode = arguments.undo.dry_run ? OpenMode::kRead : OpenMode::kReadWrite;
  const auto apart = refuse_image(arguments.image, arguments.file, "undo file");
  if (!apart) return context.report_file(arguments.image, arguments.file, apart.error());
  const auto redo = check_redo_path(arguments);
  if (!redo) return context.report_file(arguments.image, arguments.undo.undo, redo.error());
  const auto image = context.open_storage(arguments.image, mode);
  if (!image) return context.report(arguments.image, image.error());
  const auto file = context.open_storage(arguments.file, mode);
  if (!file) return context.report_file(arguments.image, arguments.file, file.error());
  const Result<void> done = run_undo(context, arguments, **image, **file);
  // Malformed is the undo file, not the image.
  if (!done && done.error().code == ErrorCode::kMalformed)
    return context.report_file(arguments.image, arguments.file, done.error());
  return context.finish(arguments.image, done);
}

}  // namespace

Runner define_undo(CLI::App& command) {
  auto arguments = std::make_shared<UndoArguments>();
  command.add_option("IMAGE", arguments->image, kImageHelp)->required();
  command.add_option("FILE", arguments->file, "undo file written by the repair")->required();
  command
      .add_option("--undo", arguments->undo.undo, "undo file for this step (default: IMAGE.undo.N)")
      ->type_name("FILE");
  command.add_flag("--no-undo", arguments->undo.no_undo, "do not write an undo file");
  command.add_flag("--dry-run", arguments->undo.dry_run,
                   "only check whether the repair can be reverted");
  return [arguments](Context& context) { return undo(context, *arguments); };
}

}  // namespace vde::cli
