#include <fmt/format.h>

#include "commands.h"
#include "repairing.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

struct UndoArguments {
  std::string image;
  std::string file;
  RepairArguments undo;  // of the undo file that this writes
};

Result<void> run_undo(Context& context, const UndoArguments& arguments) {
  VDE_TRY_ASSIGN(image, context.open_storage(arguments.image, OpenMode::kReadWrite));
  VDE_TRY_ASSIGN(file, context.open_storage(arguments.file, OpenMode::kReadWrite));
  std::string path;
  VDE_TRY_ASSIGN(redo, make_undo_target(arguments.undo, *image, arguments.image, path));
  VDE_TRY_ASSIGN(done, undo_repair(*image, *file, redo.get()));
  if (context.globals.json)
    return context.write_json(
        with_header("undo", arguments.image,
                    Json{{"undo_file", arguments.file},
                         {"bytes", done.bytes},
                         {"old_size", done.new_size},
                         {"new_size", done.old_size},
                         {"redo_file", done.redo_written ? Json(path) : Json(nullptr)}}));
  if (context.globals.quiet) return {};
  std::string text =
      fmt::format("{}: {} bytes are as they were\n", escape(arguments.image), done.bytes);
  if (done.redo_written)
    text += fmt::format("{}: 'vdetool undo' with {} takes this back\n", escape(arguments.image),
                        escape(path));
  return context.out.write(text);
}

}  // namespace

Runner define_undo(CLI::App& command) {
  auto arguments = std::make_shared<UndoArguments>();
  command.add_option("IMAGE", arguments->image, "the image")->required();
  command.add_option("FILE", arguments->file, "the undo file that its repair wrote")->required();
  command.add_option("--undo", arguments->undo.undo,
                     "where the undo file of this goes; beside the image without it");
  command.add_flag("--no-undo", arguments->undo.no_undo, "write no undo file");
  return [arguments](Context& context) {
    return context.finish(arguments->image, run_undo(context, *arguments));
  };
}

}  // namespace vde::cli
