#include "app.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arguments.h"
#include "commands.h"
#include "context.h"
#include "help.h"
#include "progress.h"
#include "terminal.h"
#include "usage.h"

namespace vde::cli {
namespace {

constexpr Command kCommands[] = {
    {"format",
     "Create an image",
     {"vdetool format photos.dwvd --size 64M --label Photos",
      "vdetool format plan.dwvd --size 1G --modules tags --dry-run"},
     define_format},
    {"info",
     "Show identity, geometry, regions and counts",
     {"vdetool info photos.dwvd", "vdetool info photos.dwvd --json"},
     define_info},
    {"dump",
     "Decode any structure, block or byte",
     {"vdetool dump photos.dwvd --block 0-9", "vdetool dump photos.dwvd --offset 152"},
     define_dump},
    {"map",
     "Draw where everything lies, and what is damaged",
     {"vdetool map photos.dwvd", "vdetool map photos.dwvd --svg photos.svg"},
     define_map},
    {"log",
     "Show the logs of an image, and check their chains",
     {"vdetool log vault.dwvd", "vdetool log vault.dwvd --type ALOG --since 2024-12-17"},
     define_log},
    {"verify",
     "Check images, and repair them with --repair",
     {"vdetool verify photos.dwvd", "vdetool verify photos.dwvd --repair --dry-run"},
     define_verify},
    {"copy",
     "Copy an image, or only its metadata",
     {"vdetool copy photos.dwvd backup.dwvd", "vdetool copy photos.dwvd report.dwvd --scrub"},
     define_copy},
    {"rescue",
     "Build a new image from what is valid in a damaged one",
     {"vdetool rescue damaged.dwvd --output rescued.dwvd", "vdetool rescue damaged.dwvd --list"},
     define_rescue},
    {"undo",
     "Revert a repair",
     {"vdetool undo repaired.dwvd repaired.dwvd.undo",
      "vdetool undo repaired.dwvd repaired.dwvd.undo --no-undo"},
     define_undo},
    {"tag",
     "Set, get, find, remove, query, import and export tags",
     {"vdetool tag set photos.dwvd 42 year=1998", "vdetool tag list photos.dwvd"},
     nullptr,
     tag_verbs},
    {"label",
     "Show or set the volume label",
     {"vdetool label photos.dwvd", "vdetool label photos.dwvd 'Holiday photos'"},
     define_label},
    {"resize",
     "Grow or shrink the volume",
     {"vdetool resize photos.dwvd --size 128M", "vdetool resize photos.dwvd --size 96M"},
     define_resize},
    {"module-register",
     "Store a WebAssembly module",
     {"vdetool module-register photos.dwvd thumbnail.wasm",
      "vdetool module-register photos.dwvd filter.wasm --entry main"},
     define_module_register},
    {"module",
     "Register, list, show, extract, verify and remove modules",
     {"vdetool module register photos.dwvd thumbnail.wasm", "vdetool module list photos.dwvd"},
     nullptr,
     module_verbs},
    {"snapshot",
     "Create, list, show, delete, prune and purge snapshots",
     {"vdetool snapshot create photos.dwvd --label monday",
      "vdetool snapshot list photos.dwvd --tree"},
     nullptr,
     snapshot_verbs},
    {"explain",
     "Explain a finding code",
     {"vdetool explain SUPB-001", "vdetool explain --json"},
     define_explain},
    {"completion",
     "Print a completion script for a shell",
     {"vdetool completion bash > vdetool.bash", "vdetool completion fish > vdetool.fish"},
     define_completion},
};

constexpr std::array<const char*, 2> kExamples = {
    "vdetool format photos.dwvd --size 64M --label Photos", "vdetool help tag find"};

constexpr std::string_view kExitStatus = R"(
Exit status:
   0  success or clean
   1  nothing matched, nothing to do, or (verify) everything repaired
   4  damage found and not repaired
   8  operational error: input or output failed, image locked, no space
  16  wrong command line
  32  interrupted
verify combines them: 5 means that a repair lost data.

Help for a command: vdetool help COMMAND. Manual pages: vdetool(1), dwvd(5).
)";

constexpr std::string_view kGlobalOptions =
    "\nGlobal options (--json, --quiet, --lock-wait and others): vdetool --help\n";

void add_globals(CLI::App& app, Globals& globals) {
  app.add_flag("--json", globals.json, "write JSON (one object per line) to standard output");
  app.add_flag("-q,--quiet", globals.quiet, "print errors only");
  app.add_option("--color", globals.color, "auto, always or never (default: auto)")
      ->type_name("WHEN")
      ->check(one_of({"auto", "always", "never"}));
  app.add_flag("--progress", globals.progress,
               "show progress even if standard error is not a terminal");
  app.add_flag("--no-progress", globals.no_progress, "never show progress");
  app.add_option("--lock-wait", globals.lock_wait,
                 "wait up to SECONDS for a locked image (default: do not wait)")
      ->type_name("SECONDS")
      ->check(number(0, 1e6, "a number of seconds"));
  app.add_flag("--sole-writer", globals.sole_writer,
               "allow changing an image on an NBD server, which has no locks: no other program may "
               "use it meanwhile");
}

// The position of a command's or verb's name among the arguments: the first from `at` on that is
// not an option of the program.
size_t command_position(const std::vector<std::string>& arguments, size_t at) {
  while (at < arguments.size() && arguments[at].size() > 1 && arguments[at][0] == '-') {
    const bool takes_value = arguments[at] == "--color" || arguments[at] == "--lock-wait";
    at += takes_value ? 2 : 1;
  }
  return at;
}

// Turns `help COMMAND` into `COMMAND --help`; help on help is that of the program.
void rewrite_help(std::vector<std::string>& arguments) {
  const size_t at = command_position(arguments, 0);
  if (at >= arguments.size() || arguments[at] != "help") return;
  while (at < arguments.size() && arguments[at] == "help")
    arguments.erase(arguments.begin() + static_cast<ptrdiff_t>(at));
  arguments.emplace_back("--help");
}

bool wants_help(const std::vector<std::string>& arguments) {
  return std::any_of(arguments.begin(), arguments.end(), [](const auto& word) {
    return word == "--help" || word == "-h" || word == "--version" || word == "-V";
  });
}

// The command that the arguments name, and its verb: empty where they ask for the help of the
// program, and without a verb for that of a command with verbs.
using Named = std::vector<const Command*>;

Result<Named> named_command(const std::vector<std::string>& arguments) {
  Named named;
  std::span<const Command> commands = kCommands;
  std::string parent;
  for (size_t at = 0;; ++at) {
    at = command_position(arguments, at);
    if (at >= arguments.size()) {
      if (wants_help(arguments)) return named;
      return fail(ErrorCode::kUsage, "no command given",
                  fmt::format("see 'vdetool {}--help'", parent));
    }
    VDE_TRY_ASSIGN(command, find_command(commands, arguments[at], parent));
    named.push_back(command);
    if (command->verbs == nullptr) return named;
    commands = command->verbs();
    parent += std::string(command->name) + " ";
  }
}

int print_help(Context& context, const std::string& text) {
  Result<void> written = context.out.write(text);
  if (written) written = context.out.flush();
  return context.finish("", written);
}

using Runners = std::vector<std::pair<CLI::App*, Runner>>;

// Adds the first of `named`, and below it the next; all of `commands` if there is none. To build
// the parser of every command takes longer than most commands.
void add_commands(CLI::App& parent, std::span<const Command> commands,
                  std::span<const Command* const> named, Runners& runners) {
  for (const Command& command : commands) {
    if (!named.empty() && named.front() != &command) continue;
    CLI::App* sub = parent.add_subcommand(command.name, command.summary);
    sub->footer(examples_text(command.examples) + std::string(kGlobalOptions));
    if (command.verbs == nullptr) {
      runners.emplace_back(sub, command.define(*sub));
      continue;
    }
    sub->require_subcommand(1);
    add_commands(*sub, command.verbs(), named.empty() ? named : named.subspan(1), runners);
  }
}

// What completion prints is about all commands.
bool is_about_all(const Named& named) {
  return !named.empty() && named.front()->define == define_completion;
}

int parse_and_run(Context& context, const std::vector<std::string>& arguments, const Named& named) {
  CLI::App app("Create, inspect, tag, check and repair DWVD v2 images", "vdetool");
  app.set_help_flag("-h,--help", "show this help");
  app.set_version_flag("-V,--version", "vdetool " VDE_VERSION, "show the version");
  app.footer(examples_text(kExamples) + std::string(kExitStatus));
  app.fallthrough();
  app.require_subcommand(1);
  add_globals(app, context.globals);
  Runners runners;
  add_commands(app, kCommands, is_about_all(named) ? Named{} : named, runners);
  take_words_literally(app);
  Result<std::vector<std::string>> words = literal_words(app, arguments);
  if (!words) return context.report("", words.error());
  std::reverse(words->begin(), words->end());
  // "--json" may be the value of an option.
  const bool errors_are_json = std::exchange(context.globals.json, false);
  try {
    app.parse(*words);
  } catch (const CLI::CallForHelp&) {
    const Chosen chosen = chosen_command(app);
    return print_help(context, help_text(*chosen.app, chosen.path));
  } catch (const CLI::CallForVersion& version) {
    return print_help(context, std::string(version.what()) + "\n");
  } catch (const CLI::ParseError& error) {
    context.globals.json = errors_are_json;
    return context.report("", usage_error(app, error));
  }
  for (const auto& [sub, runner] : runners) {
    if (!sub->parsed()) continue;
    name_command(std::string_view(chosen_command(app).path).substr(sizeof "vdetool"),
                 context.globals.json);
    if (Context::is_terminal() && !context.globals.json) context.out.fit_lines(terminal_width());
    const int status = runner(context);
    return std::max(status, context.finish("", context.out.flush()));
  }
  return kUsage;
}

int run_arguments(Context& context, std::vector<std::string> arguments) {
  // Scripts ask for the version often; it needs no parser.
  if (arguments.size() == 1 && (arguments[0] == "--version" || arguments[0] == "-V"))
    return print_help(context, "vdetool " VDE_VERSION "\n");
  install_signal_handlers(context.activity);
  const auto options_end = std::find(arguments.begin(), arguments.end(), "--");
  context.globals.json = std::find(arguments.begin(), options_end, "--json") != options_end;
  rewrite_help(arguments);
  const Result<Named> named = named_command(arguments);
  if (!named) return context.report("", named.error());
  return parse_and_run(context, arguments, *named);
}

// Where an exception cannot reach run(), for example while another one is handled.
[[noreturn]] void end_without_memory() {
  write_at_once("vdetool: out of memory\n");
  _exit(kOperational);
}

// Only std::bad_alloc is left uncaught.
void on_terminate() {
  try {
    if (std::current_exception()) throw;
  } catch (const std::bad_alloc&) {
    end_without_memory();
  } catch (...) {
  }
  std::abort();
}

}  // namespace

int run(int argc, char** argv) {
  static Context context;
  std::set_terminate(on_terminate);
  try {
    return run_arguments(context, {argv + 1, argv + argc});
  } catch (const std::bad_alloc&) {
    return context.report("", {ErrorCode::kIo, "out of memory", {}, {}});
  }
}

}  // namespace vde::cli
