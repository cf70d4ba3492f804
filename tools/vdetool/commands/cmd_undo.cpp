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

Result<void> run_undo(Context& context, const UndoArguments& arguments, BlockFile& image,
                      BlockFile& file) {
  std::string path;
  VDE_TRY_ASSIGN(redo, make_undo_target(arguments.undo, image, arguments.image, path));
  VDE_TRY_ASSIGN(done, undo_repair(image, file, redo.get()));
  if (context.globals.json) {
    Json json;
    put_text(json, "undo_file", arguments.file);
    json["bytes"] = done.bytes;
    json["old_size"] = done.new_size;
    json["new_size"] = done.old_size;
    if (done.redo_written)
      put_text(json, "redo_file", path);
    else
      json["redo_file"] = nullptr;
    return context.write_json(with_header("undo", arguments.image, json));
  }
  if (context.globals.quiet) return {};
  std::string text = fmt::format("{}: restored {} bytes\n", escape(arguments.image), done.bytes);
  if (done.redo_written) text += revert_text(arguments.image, path);
  return context.out.write(text);
}

int undo(Context& context, const UndoArguments& arguments) {
  const auto other = check_is_other_file(arguments.file, arguments.image, "the undo file");
  if (!other) return context.report(arguments.file, other.error());
  const auto image = context.open_storage(arguments.image, OpenMode::kReadWrite);
  if (!image) return context.report(arguments.image, image.error());
  const auto file = context.open_storage(arguments.file, OpenMode::kReadWrite);
  if (!file) return context.report(arguments.file, file.error());
  const Result<void> done = run_undo(context, arguments, **image, **file);
  // Malformed is the undo file, not the image.
  const bool is_about_file = !done && done.error().code == ErrorCode::kMalformed;
  return context.finish(is_about_file ? arguments.file : arguments.image, done);
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
  return [arguments](Context& context) { return undo(context, *arguments); };
}

}  // namespace vde::cli
