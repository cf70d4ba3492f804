#include <fmt/format.h>
#include <sys/stat.h>

#include <array>

#include "module_text.h"
#include "output_file.h"
#include "progress.h"
#include "usage.h"
#include "vde/image.h"
#include "vde/text.h"
#include "verb.h"

namespace vde::cli {
namespace {

struct ModuleArguments {
  std::string image;
  std::string file;
  std::string reference;
  std::vector<std::string> references;
  SealChoice seal;
};

constexpr const char* kReferenceHelp = "module: hash, id, or a unique prefix (4+ characters)";

Result<void> run_list(Context& context, const ModuleArguments& arguments) {
  VDE_TRY_ASSIGN(open, context.open_reader(arguments.image, &Image::modules));
  Result<void> written;
  const bool has_columns = Context::is_terminal() && !context.globals.json;
  bool is_first = true;
  VDE_TRY(open.reader.list([&](const Module& module) {
    if (has_columns)
      written = context.out.write((is_first ? module_heading() : "") + module_row(module));
    else
      written =
          context.globals.json
              ? context.write_json(with_header("module list", arguments.image, module_json(module)))
              : context.out.write(module_line(module));
    is_first = false;
    if (written && context.activity.stop) written = fail(ErrorCode::kInterrupted, "interrupted");
    return written.has_value();
  }));
  return written;
}

Result<void> run_show(Context& context, const ModuleArguments& arguments) {
  VDE_TRY_ASSIGN(open, context.open_reader(arguments.image, &Image::modules));
  VDE_TRY_ASSIGN(module, open.reader.find(arguments.reference));
  // The entry is shown even if the bytes of the module are damaged.
  Result<ModuleFacts> facts = open.reader.facts(module, context.activity);
  if (context.globals.json) {
    Json json = module_json(module);
    if (facts) json.update(facts_json(*facts));
    VDE_TRY(context.write_json(with_header("module show", arguments.image, json)));
  } else {
    VDE_TRY(context.out.write(module_text(module) + (facts ? facts_text(module, *facts) : "")));
  }
  if (!facts) return propagate(facts);
  return {};
}

// True if `path` is written as a stream: a pipe, a terminal, or standard output by another name.
bool is_stream(const std::string& path) {
  struct stat status {};
  if (names_standard_output(path)) return true;
  return stat(path.c_str(), &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode));
}

Result<void> extract_to_stream(Context& context, const ModuleArguments& arguments,
                               ModuleReader& reader, const Module& module) {
  VDE_TRY_ASSIGN(
      target, context.about(arguments.file,
                            OutputFile::open(arguments.file, arguments.image, true, context.out)));
  Output& output = target->output();
  VDE_TRY(reader.read(module, context.activity, [&](Bytes bytes) { return output.write(bytes); }));
  return target->finish();
}

Result<void> run_extract(Context& context, const ModuleArguments& arguments) {
  VDE_TRY_ASSIGN(open, context.open_reader(arguments.image, &Image::modules));
  VDE_TRY_ASSIGN(module, open.reader.find(arguments.reference));
  const ProgressLine line(context.activity, context.wants_progress());
  if (is_stream(arguments.file)) return extract_to_stream(context, arguments, open.reader, module);
  Result<void> extracted = open.reader.extract(module, arguments.file, context.activity);
  // What a block of the image caused names the block.
  const bool is_about_file =
      !extracted && !extracted.error().block && extracted.error().code != ErrorCode::kDamaged;
  if (is_about_file) return context.about(arguments.file, std::move(extracted));
  if (!extracted || !context.globals.json) return extracted;
  Json json = module_json(module);
  put_name(json, "file", arguments.file);
  return context.write_json(with_header("module extract", arguments.image, json));
}

Json verdict_json(const Module& module, const Result<void>& verdict) {
  Json json = module_json(module);
  json["state"] = verdict ? "good" : "damaged";
  json["message"] = verdict ? "" : verdict.error().message;
  json["block"] = !verdict && verdict.error().block ? Json(*verdict.error().block) : Json(nullptr);
  return json;
}

Result<void> write_verdict(Context& context, const std::string& image, const Module& module,
                           const Result<void>& verdict) {
  if (context.globals.json)
    return context.write_json(with_header("module verify", image, verdict_json(module, verdict)));
  if (verdict && context.globals.quiet) return {};
  std::string line = to_hex(module.hash) + (verdict ? ": good" : ": damaged: ");
  if (!verdict) line += verdict.error().message;
  if (!verdict && verdict.error().block) line += fmt::format(" (block {})", *verdict.error().block);
  return context.out.write(line + "\n");
}

Result<void> run_verify_modules(Context& context, const ModuleArguments& arguments) {
  VDE_TRY_ASSIGN(open, context.open_reader(arguments.image, &Image::modules));
  std::vector<Module> modules;
  for (const std::string& reference : arguments.references) {
    VDE_TRY_ASSIGN(module, open.reader.find(reference));
    modules.push_back(std::move(module));
  }
  if (arguments.references.empty())
    VDE_TRY(open.reader.list([&](const Module& module) {
      modules.push_back(module);
      return true;
    }));
  const ProgressLine line(context.activity, context.wants_progress());
  uint64_t damaged = 0;
  VDE_TRY(open.reader.verify(modules, context.activity,
                             [&](const Module& module, const Result<void>& verdict) {
                               if (!verdict) ++damaged;
                               return write_verdict(context, arguments.image, module, verdict);
                             }));
  if (damaged == 0) return {};
  return fail(ErrorCode::kDamaged,
              fmt::format("{} of {} modules {} damaged", damaged, modules.size(),
                          damaged == 1 ? "is" : "are"),
              "run 'vdetool verify'");
}

Result<void> run_remove(Context& context, const ModuleArguments& arguments) {
  VDE_TRY_ASSIGN(opened, context.begin_change(arguments.image, arguments.seal));
  VDE_TRY_ASSIGN(removed, opened.change.modules().remove(arguments.references));
  VDE_TRY(context.commit(arguments.image, opened.change));
  if (!context.globals.json) return {};
  for (const Module& module : removed)
    VDE_TRY(context.write_json(with_header("module remove", arguments.image, module_json(module))));
  return {};
}

struct ModuleVerb : Verb<ModuleArguments> {
  using Verb::Verb;
  void add_reference() {
    command.add_option("REF", arguments->reference, kReferenceHelp)->required();
  }
};

constexpr std::array<Command, 6> kModuleVerbs = {{
    {"register",
     "Store a WebAssembly module",
     {"vdetool module register photos.dwvd thumbnail.wasm",
      "vdetool module register photos.dwvd filter.wasm --entry main"},
     define_module_register},
    {"list",
     "List modules",
     {"vdetool module list photos.dwvd", "vdetool module list photos.dwvd --json"},
     define_module_list},
    {"show",
     "Show one module",
     {"vdetool module show photos.dwvd 93a44bbb",
      "vdetool module show photos.dwvd 93a44bbb --json"},
     define_module_show},
    {"extract",
     "Write a module to a new file or standard output",
     {"vdetool module extract photos.dwvd 93a44bbb copy.wasm",
      "vdetool module extract photos.dwvd 93a44bbb | sha256sum"},
     define_module_extract},
    {"verify",
     "Re-hash stored modules (default: all)",
     {"vdetool module verify photos.dwvd", "vdetool module verify photos.dwvd 93a44bbb"},
     define_module_verify},
    {"remove",
     "Remove modules and free their blocks",
     {"vdetool module remove photos.dwvd 93a44bbb", "vdetool module remove photos.dwvd 93a4 c50e"},
     define_module_remove},
}};

}  // namespace

std::span<const Command> module_verbs() {
  return kModuleVerbs;
}

Runner define_module_list(CLI::App& command) {
  return ModuleVerb(command, run_list).runner();
}

Runner define_module_show(CLI::App& command) {
  ModuleVerb verb(command, run_show);
  verb.add_reference();
  return verb.runner();
}

Runner define_module_extract(CLI::App& command) {
  ModuleVerb verb(command, run_extract);
  verb.add_reference();
  command.add_option("FILE", verb.arguments->file,
                     "output file, must not exist, or a pipe (default: standard output)");
  return verb.runner();
}

Runner define_module_verify(CLI::App& command) {
  ModuleVerb verb(command, run_verify_modules);
  add_list(command, "REF", verb.arguments->references, kReferenceHelp);
  return verb.runner();
}

Runner define_module_remove(CLI::App& command) {
  ModuleVerb verb(command, run_remove);
  add_list(command, "REF", verb.arguments->references, kReferenceHelp)->required();
  verb.add_seal();
  return verb.runner();
}

}  // namespace vde::cli
