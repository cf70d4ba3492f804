#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "commands/seal_options.h"
#include "module_text.h"
#include "progress.h"
#include "usage.h"
#include "vde/image.h"
#include "vde/text.h"
#include "verb.h"

namespace vde::cli {
namespace {

struct RegisterArguments {
  std::string image;
  std::vector<std::string> files;
  std::string entry;
  const CLI::Option* entry_option = nullptr;
  std::string abi = "auto";
  std::optional<std::string> id;
  bool strict = false;
  bool force = false;
  SealChoice seal;
};

// A module, and whether this command stored it; else it was there.
struct Registered {
  Module module;
  bool is_new = true;
};

bool names_standard_input(const std::vector<std::string>& files) {
  return std::find(files.begin(), files.end(), "-") != files.end();
}

Result<ModuleOptions> module_options(const RegisterArguments& arguments) {
  ModuleOptions options;
  const bool has_entry = arguments.entry_option->count() != 0;
  if (has_entry) options.entry = arguments.entry;
  options.force = arguments.force;
  options.strict = arguments.strict;
  if (arguments.abi != "auto") options.abi = parse_module_abi(arguments.abi);
  if (arguments.files.size() > 1) {
    const char* single = has_entry                               ? "--entry"
                         : arguments.id                          ? "--id"
                         : names_standard_input(arguments.files) ? "-"
                                                                 : nullptr;
    if (single != nullptr)
      return fail(ErrorCode::kUsage, fmt::format("{} needs exactly one file", single));
  }
  if (arguments.id) {
    options.id = parse_guid(*arguments.id);
    if (!options.id || options.id->is_zero()) return invalid_id("id", *arguments.id);
  }
  return options;
}

// Every file stays open until all are stored.
void allow_open_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

class Registration {
 public:
  Registration(Context& context, const RegisterArguments& arguments)
      : context_(context), arguments_(arguments) {}

  // Returns the exit status. The image is opened only after all modules are read and checked: they
  // may arrive slowly, and an image that is open for a change is locked.
  int run() {
    const Result<ModuleOptions> options = module_options(arguments_);
    if (!options) return context_.report(arguments_.image, options.error());
    {
      const ProgressLine line(context_.activity, context_.wants_progress());
      if (const int status = open_files(*options)) return status;
      if (const int status = store_all()) return status;
    }
    if (const Result<void> printed = print(); !printed)
      return context_.report(arguments_.image, printed.error());
    return is_any_new() ? static_cast<int>(kDone) : report_nothing_stored();
  }

 private:
  int report_file(const std::string& file, const Error& error,
                  std::optional<int> status = {}) const {
    return context_.report_file(arguments_.image, file == "-" ? "standard input" : file, error,
                                status);
  }

  int open_files(const ModuleOptions& options) {
    for (const std::string& path : arguments_.files)
      if (const auto other = refuse_image(arguments_.image, path, "module"); !other)
        return context_.report(arguments_.image, other.error());
    if (arguments_.files.size() > 1) allow_open_files();
    name_wait("input");
    for (const std::string& path : arguments_.files) {
      Result<ModuleFile> file = ModuleFile::open(path, options, context_.activity);
      if (!file) return report_file(path, file.error());
      files_.push_back(std::move(*file));
    }
    name_wait(nullptr);
    return kDone;
  }

  int store_all() {
    auto opened = context_.begin_change(arguments_.image, arguments_.seal);
    if (!opened) return context_.report(arguments_.image, opened.error());
    for (size_t i = 0; i < files_.size(); ++i) {
      const Result<Registered> stored = store(opened->change.modules(), files_[i]);
      if (!stored && stored.error().code == ErrorCode::kMalformed)
        return report_file(arguments_.files[i], stored.error());
      if (!stored) return context_.report(arguments_.image, stored.error());
      registered_.push_back(*stored);
    }
    return is_any_new() ? context_.finish(arguments_.image,
                                          context_.commit(arguments_.image, opened->change))
                        : static_cast<int>(kDone);
  }

  Result<Registered> store(ModuleEditor& modules, ModuleFile& file) {
    VDE_TRY_ASSIGN(known, modules.find(file, context_.activity));
    if (known) return Registered{std::move(*known), false};
    VDE_TRY_ASSIGN(added, modules.add(file, context_.activity));
    return Registered{std::move(added), true};
  }

  [[nodiscard]] bool is_any_new() const {
    return std::any_of(registered_.begin(), registered_.end(),
                       [](const Registered& one) { return one.is_new; });
  }

  Result<void> print() {
    for (size_t i = 0; i < registered_.size(); ++i) {
      warn(i);
      if (context_.globals.json)
        VDE_TRY(context_.write_json(with_header("module-register", arguments_.image, json_of(i))));
      else if (!context_.globals.quiet)
        VDE_TRY(context_.out.write(to_hex(registered_[i].module.hash) + "\n"));
    }
    return {};
  }

  [[nodiscard]] Json json_of(size_t i) const {
    const std::string& file = arguments_.files[i];
    Json json = module_json(registered_[i].module);
    put_text(json, "file", file);
    json["state"] = registered_[i].is_new ? "stored" : "exists";
    json.update(facts_json(files_[i].facts()));
    return json;
  }

  // Warns about what was stored although it may not work.
  void warn(size_t i) const {
    if (context_.globals.quiet || context_.globals.json || !registered_[i].is_new) return;
    const auto say = [&](const std::string& words) {
      std::fputs(
          fmt::format("vdetool: warning: {}: {}\n", escape(arguments_.files[i]), words).c_str(),
          stderr);
    };
    const ModuleFacts& facts = files_[i].facts();
    const std::string& entry = registered_[i].module.entry_point;
    if (facts.validation == ModuleFacts::Validation::kNotUnderstood ||
        facts.validation == ModuleFacts::Validation::kInvalid)
      say("the module may not be valid: " + escape(facts.validation_note));
    if (!entry.empty() && !facts.entry_exported)
      say(fmt::format("the module does not export '{}'", escape(entry)));
  }

  int report_nothing_stored() const {
    const size_t count = registered_.size();
    Error error{ErrorCode::kExists,
                fmt::format("already stored as module {}", to_string(registered_[0].module.id)),
                {},
                {}};
    if (count == 1) return report_file(arguments_.files[0], error, kNothing);
    error.message = fmt::format("all {} modules are already stored", count);
    return context_.report_file(arguments_.image, {}, error, kNothing);
  }

  Context& context_;
  const RegisterArguments& arguments_;
  std::vector<ModuleFile> files_;
  std::vector<Registered> registered_;
};

}  // namespace

Runner define_module_register(CLI::App& command) {
  auto arguments = std::make_shared<RegisterArguments>();
  command.add_option("IMAGE", arguments->image, kImageHelp)->required();
  add_list(command, "FILE", arguments->files, "WebAssembly modules; - for standard input")
      ->required();
  arguments->entry_option =
      command
          .add_option("--entry", arguments->entry,
                      "entry point, an exported function (default: _start, else _initialize, else "
                      "wasi:cli/run of a component, else none)")
          ->type_name("NAME");
  command.add_option("--abi", arguments->abi, "auto, preview1, preview2 or stable (default: auto)")
      ->type_name("ABI")
      ->check(one_of({"auto", "preview1", "preview2", "stable"}));
  add_text(command, "--id", arguments->id, "module id (default: derived from the hash)")
      ->type_name("ID");
  command.add_flag("--strict", arguments->strict, "refuse what the validator does not call valid");
  command.add_flag("--force", arguments->force, "store it even if it does not export NAME");
  add_seal_options(command, arguments->seal);
  return [arguments](Context& context) { return Registration(context, *arguments).run(); };
}

}  // namespace vde::cli
