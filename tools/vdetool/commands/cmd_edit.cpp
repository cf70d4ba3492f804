#include <fmt/format.h>

#include "commands.h"
#include "commands/remote.h"
#include "commands/seal_options.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

struct LabelArguments {
  std::string image;
  std::string text;
  bool set = false;
  SealChoice seal;
};

struct ResizeArguments {
  std::string image;
  std::string size;
  SealChoice seal;
};

Result<void> show_label(Context& context, const LabelArguments& arguments) {
  VDE_TRY_ASSIGN(image, context.open_image(arguments.image));
  const std::string& label = image.label();
  if (!context.globals.json) return context.out.write(escape(label) + "\n");
  Json json;
  put_text(json, "label", label);
  return context.write_json(with_header("label", arguments.image, json));
}

Result<void> say_unchanged_label(Context& context, const std::string& image,
                                 const std::string& label) {
  if (context.globals.json) {
    Json json;
    put_text(json, "label", label);
    return context.write_json(with_header("label", image, json));
  }
  if (context.globals.quiet) return {};
  return context.out.write(
      fmt::format("{}: the label is already '{}'\n", escape(image), escape(label)));
}

Result<void> run_label(Context& context, const LabelArguments& arguments) {
  if (!arguments.set) return show_label(context, arguments);
  VDE_TRY_ASSIGN(label, parse_label(arguments.text));
  VDE_TRY_ASSIGN(opened, context.begin_change(arguments.image, arguments.seal));
  if (opened.image.label() == label) return say_unchanged_label(context, arguments.image, label);
  VDE_TRY(opened.change.set_label(label));
  VDE_TRY(context.commit(arguments.image, opened.change));
  if (!context.globals.json) return {};
  return context.write_json(with_header("label", arguments.image, Json{{"label", label}}));
}

// The old and the new size. They are equal if there was nothing to do.
Result<Resized> resized_image(Context& context, const ResizeArguments& arguments, uint64_t size) {
  VDE_TRY(refuse_remote(arguments.image, "a volume cannot be resized"));
  VDE_TRY_ASSIGN(keys, context.read_keys(arguments.seal.key_files));
  VDE_TRY_ASSIGN(image, context.open_image(arguments.image, {.mode = OpenMode::kReadWrite,
                                                             .unseal = arguments.seal.unseal,
                                                             .keys = std::move(keys)}));
  auto resized = image.resize(size);
  if (!resized && resized.error().code == ErrorCode::kUnchanged) return Resized{size, size};
  if (resized) context.note_change(arguments.image);
  return resized;
}

Result<void> run_resize(Context& context, const ResizeArguments& arguments) {
  VDE_TRY_ASSIGN(size, parse_size(arguments.size));
  VDE_TRY_ASSIGN(resized, resized_image(context, arguments, size));
  if (context.globals.json)
    return context.write_json(
        with_header("resize", arguments.image,
                    Json{{"old_size", resized.old_size}, {"new_size", resized.new_size}}));
  if (context.globals.quiet) return {};
  if (resized.old_size == resized.new_size)
    return context.out.write(fmt::format("{}: the volume is already {}\n", escape(arguments.image),
                                         describe_size(size)));
  return context.out.write(fmt::format("{}: {} -> {}\n", escape(arguments.image),
                                       describe_size(resized.old_size),
                                       describe_size(resized.new_size)));
}

}  // namespace

Runner define_label(CLI::App& command) {
  auto arguments = std::make_shared<LabelArguments>();
  command.add_option("IMAGE", arguments->image, kImageHelp)->required();
  auto* text = command.add_option("TEXT", arguments->text,
                                  "new label (up to 64 bytes of UTF-8; escapes such as \\n are "
                                  "read); omit to show the current one");
  add_seal_options(command, arguments->seal);
  return [arguments, text](Context& context) {
    arguments->set = text->count() > 0;
    return context.finish(arguments->image, run_label(context, *arguments));
  };
}

Runner define_resize(CLI::App& command) {
  auto arguments = std::make_shared<ResizeArguments>();
  command.add_option("IMAGE", arguments->image, kImageHelp)->required();
  command.add_option("--size", arguments->size, "new size, e.g. 1G")->type_name("SIZE")->required();
  add_seal_options(command, arguments->seal);
  return [arguments](Context& context) {
    return context.finish(arguments->image, run_resize(context, *arguments));
  };
}

}  // namespace vde::cli
