#include <fmt/format.h>
#include <unistd.h>

#include <array>

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
  std::string entry = "_start";
  std::string abi = "auto";
  std::string id;
  bool force = false;
  bool unseal = false;
};

constexpr const char* kReferenceHelp = "module: hash, id, or a unique prefix (4+ characters)";

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

Json module_json(const Module& module) {
  Json json{{"hash", to_hex(module.hash)},
            {"id", to_string(module.id)},
            {"first_block", module.first_block},
            {"block_count", module.block_count},
            {"size", module.size},
            {"abi", module.abi},
            {"abi_name", module_abi_name(module.abi)},
            {"registered", to_string(module.registered)},
            {"registered_ticks", module.registered.value}};
  if (is_utf8(module.entry_point))
    json["entry_point"] = module.entry_point;
  else
    json["entry_point_base64"] = to_base64(bytes_of(module.entry_point));
  return json;
}

std::string_view validation_name(ModuleFacts::Validation validation) {
  switch (validation) {
    case ModuleFacts::Validation::kValid:
      return "valid";
    case ModuleFacts::Validation::kInvalid:
      return "invalid";
    case ModuleFacts::Validation::kNotUnderstood:
      return "not understood";
    case ModuleFacts::Validation::kNotDone:
      break;
  }
  return "not done";
}

Json facts_json(const ModuleFacts& facts) {
  Json json{{"webassembly", facts.problem.empty()}};
  if (!facts.problem.empty()) {
    json["problem"] = facts.problem;
    return json;
  }
  json["layer"] = facts.is_component ? "component" : "core";
  json["sections"] = facts.sections;
  json["imports"] = facts.imports;
  json["exports"] = facts.exports;
  json["entry_exported"] = facts.entry_exported;
  json["validation"] = validation_name(facts.validation);
  json["validation_note"] = facts.validation_note;
  return json;
}

std::string facts_text(const ModuleFacts& facts) {
  if (!facts.problem.empty()) return fmt::format("content      {}\n", facts.problem);
  std::string text =
      fmt::format("content      {}: {} sections, {} imports, {} exports; the entry point is {}\n",
                  facts.is_component ? "component" : "core module", facts.sections, facts.imports,
                  facts.exports, facts.entry_exported ? "exported" : "not exported");
  text += fmt::format("validation   {}", validation_name(facts.validation));
  if (!facts.validation_note.empty()) text += ": " + escape(facts.validation_note);
  return text + "\n";
}

std::string module_line(const Module& module) {
  return fmt::format("{}  {}  {:>10}  {:<8}  {}  {}\n", to_hex(module.hash), to_string(module.id),
                     module.size, module_abi_name(module.abi), to_string(module.registered),
                     escape(module.entry_point));
}

std::string module_text(const Module& module) {
  return fmt::format(
      "hash         {}\nid           {}\nsize         {}\nblocks       {} from {}\nABI          {} "
      "({})\nregistered   {}\nentry point  {}\n",
      to_hex(module.hash), to_string(module.id),
      describe_size(static_cast<uint64_t>(std::max(module.size, 0))), module.block_count,
      module.first_block, module_abi_name(module.abi), module.abi, to_string(module.registered),
      escape(module.entry_point));
}

// Work that takes long if modules are large.
class Work {
 public:
  explicit Work(Context& context) : line_(context.activity, context.wants_progress()) {}

 private:
  ProgressLine line_;
};

// Warnings about a module that was stored.
void warn(Context& context, const ModuleFacts& facts, const std::string& entry) {
  if (context.globals.quiet || context.globals.json) return;
  const auto say = [](const std::string& words) {
    std::fputs(("vdetool: warning: " + words + "\n").c_str(), stderr);
  };
  if (facts.validation == ModuleFacts::Validation::kNotUnderstood ||
      facts.validation == ModuleFacts::Validation::kInvalid)
    say("the module could not be validated: " + escape(facts.validation_note));
  if (!facts.entry_exported) say(fmt::format("the module does not export '{}'", escape(entry)));
}

Result<ModuleOptions> module_options(const ModuleArguments& arguments) {
  ModuleOptions options;
  options.entry = arguments.entry;
  options.force = arguments.force;
  if (arguments.abi != "auto") options.abi = parse_module_abi(arguments.abi);
  if (!arguments.id.empty()) {
    options.id = parse_guid(arguments.id);
    if (!options.id || options.id->is_zero())
      return fail(ErrorCode::kUsage,
                  fmt::format("invalid id '{}' (expected {})", escape(arguments.id), kUuidForm));
  }
  return options;
}

struct Registered {
  Module module;
  ModuleFacts facts;
};

// Opens the image only after the module is read and checked: it may arrive slowly, and an image
// that is open for a change is locked.
Result<Registered> register_module(Context& context, const ModuleArguments& arguments) {
  VDE_TRY_ASSIGN(options, module_options(arguments));
  const Work work(context);
  name_wait("input");
  VDE_TRY_ASSIGN(file, ModuleFile::open(arguments.file, options, context.activity));
  VDE_TRY_ASSIGN(opened, context.begin_change(arguments.image, arguments.unseal));
  VDE_TRY_ASSIGN(module, opened.change.modules().add(file, context.activity));
  VDE_TRY(opened.change.commit());
  return Registered{module, file.facts()};
}

Result<void> run_register(Context& context, const ModuleArguments& arguments) {
  VDE_TRY_ASSIGN(registered, register_module(context, arguments));
  warn(context, registered.facts, registered.module.entry_point);
  if (!context.globals.json)
    return context.globals.quiet ? Result<void>{}
                                 : context.out.write(to_hex(registered.module.hash) + "\n");
  Json json = module_json(registered.module);
  json.update(facts_json(registered.facts));
  return context.write_json(with_header("module-register", arguments.image, json));
}

Result<void> run_list(Context& context, const ModuleArguments& arguments) {
  VDE_TRY_ASSIGN(open, context.open_reader(arguments.image, &Image::modules));
  Result<void> written;
  VDE_TRY(open.reader.list([&](const Module& module) {
    written =
        context.globals.json
            ? context.write_json(with_header("module list", arguments.image, module_json(module)))
            : context.out.write(module_line(module));
    if (written && context.activity.stop)
      written = fail(ErrorCode::kInterrupted, "interrupted", "nothing was changed");
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
    VDE_TRY(context.out.write(module_text(module) + (facts ? facts_text(*facts) : "")));
  }
  if (!facts) return propagate(facts);
  return {};
}

Result<void> run_extract(Context& context, const ModuleArguments& arguments) {
  VDE_TRY_ASSIGN(open, context.open_reader(arguments.image, &Image::modules));
  VDE_TRY_ASSIGN(module, open.reader.find(arguments.reference));
  const Work work(context);
  if (!arguments.file.empty() && arguments.file != "-")
    return open.reader.extract(module, arguments.file, context.activity);
  return open.reader.read(module, context.activity,
                          [&](Bytes bytes) { return context.out.write(bytes); });
}

Json verdict_json(const Module& module, const Result<void>& verdict) {
  Json json = module_json(module);
  json["state"] = verdict ? "good" : "damaged";
  json["message"] = verdict ? "" : verdict.error().message;
  json["block"] = !verdict && verdict.error().block ? Json(*verdict.error().block) : Json(nullptr);
  return json;
}

// Whether the module is good; an error if that could not be checked.
Result<bool> verify_one(Context& context, const ModuleArguments& arguments, ModuleReader& reader,
                        const Module& module) {
  const auto nowhere = [](Bytes) { return Result<void>{}; };
  Result<void> verdict = reader.read(module, context.activity, nowhere);
  const bool judged = verdict || verdict.error().code == ErrorCode::kDamaged;
  if (!judged) return propagate(verdict);
  if (context.globals.json) {
    VDE_TRY(context.write_json(
        with_header("module verify", arguments.image, verdict_json(module, verdict))));
  } else if (!verdict || !context.globals.quiet) {
    std::string line = to_hex(module.hash) + (verdict ? ": good" : ": damaged: ");
    if (!verdict) line += verdict.error().message;
    if (!verdict && verdict.error().block)
      line += fmt::format(" (block {})", *verdict.error().block);
    VDE_TRY(context.out.write(line + "\n"));
  }
  return verdict.has_value();
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
  const Work work(context);
  uint64_t damaged = 0;
  for (const Module& module : modules) {
    VDE_TRY_ASSIGN(good, verify_one(context, arguments, open.reader, module));
    if (!good) ++damaged;
  }
  if (damaged == 0) return {};
  return fail(ErrorCode::kDamaged,
              fmt::format("{} of {} modules {} damaged", damaged, modules.size(),
                          damaged == 1 ? "is" : "are"),
              "run 'vdetool verify'");
}

Result<void> run_remove(Context& context, const ModuleArguments& arguments) {
  VDE_TRY_ASSIGN(opened, context.begin_change(arguments.image, arguments.unseal));
  VDE_TRY_ASSIGN(removed, opened.change.modules().remove(arguments.references));
  VDE_TRY(opened.change.commit());
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

Runner define_module_register(CLI::App& command) {
  ModuleVerb verb(command, run_register);
  ModuleArguments& arguments = *verb.arguments;
  command.add_option("FILE", arguments.file, "WebAssembly module; - for standard input")
      ->required();
  command
      .add_option("--entry", arguments.entry, "entry point, an exported function (default: _start)")
      ->type_name("NAME");
  command.add_option("--abi", arguments.abi, "auto, preview1, preview2 or stable (default: auto)")
      ->type_name("ABI")
      ->check(one_of({"auto", "preview1", "preview2", "stable"}));
  command.add_option("--id", arguments.id, "module id (default: derived from the hash)")
      ->type_name("ID");
  command.add_flag("--force", arguments.force,
                   "store it even if the entry point is missing or validation fails");
  verb.add_unseal();
  return verb.runner();
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
                     "output file, must not exist (default: standard output)");
  return verb.runner();
}

Runner define_module_verify(CLI::App& command) {
  ModuleVerb verb(command, run_verify_modules);
  command.add_option("REF", verb.arguments->references, kReferenceHelp);
  return verb.runner();
}

Runner define_module_remove(CLI::App& command) {
  ModuleVerb verb(command, run_remove);
  command.add_option("REF", verb.arguments->references, kReferenceHelp)->required();
  verb.add_unseal();
  return verb.runner();
}

}  // namespace vde::cli
