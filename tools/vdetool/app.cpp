#include "app.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"
#include "context.h"
#include "progress.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

constexpr Command kCommands[] = {
    {"format", "make an image", define_format},
    {"info", "show identity, geometry, regions and counts", define_info},
    {"dump", "show any structure decoded, down to one block or byte", define_dump},
    {"verify", "find all that is wrong with images, and repair it", define_verify},
    {"undo", "put back what a repair changed", define_undo},
    {"tag", "set, find, list, import and export tags", nullptr, tag_verbs},
    {"label", "show or set the label", define_label},
    {"resize", "grow or shrink a volume", define_resize},
    {"module-register", "store a WebAssembly module", define_module_register},
    {"module", "register, list, show, extract, verify and remove modules", nullptr, module_verbs},
    {"snapshot", "make, show, delete and undelete snapshots", nullptr, snapshot_verbs},
    {"explain", "say what a finding means and what to do", define_explain},
};

constexpr std::string_view kFooter =
    "Exit status: 0 done or clean, 1 nothing matched, 4 damage found and left, 8 operational\n"
    "error, 16 usage, 32 interrupted. See vdetool(1) and dwvd(5).";

// CLI::Range lets a number through that is not one.
std::string refuse_nan(const std::string& text) {
  double number = 0;
  const bool is_nan = CLI::detail::lexical_cast(text, number) && std::isnan(number);
  return is_nan ? fmt::format("Value {} is not a number", escape(text)) : std::string{};
}

void add_globals(CLI::App& app, Globals& globals) {
  app.add_flag("--json", globals.json, "print JSON for programs");
  app.add_flag("-q,--quiet", globals.quiet, "print errors only");
  app.add_option("--color", globals.color, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  app.add_flag("--progress", globals.progress, "show progress even if stderr is no terminal");
  app.add_flag("--no-progress", globals.no_progress, "never show progress");
  app.add_option("--lock-wait", globals.lock_wait, "seconds to wait for an image in use")
      ->check(CLI::Range(0.0, 1e6))
      ->check(refuse_nan);
}

// The place of a command's or verb's name among the arguments: the first from `at` on that is no
// option of the program.
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

// CLI11 takes a list apart that stands in brackets where many words may stand; a key is none.
void protect_bracketed_keys(std::vector<std::string>& arguments) {
  const size_t tag = command_position(arguments, 0);
  const size_t verb = command_position(arguments, tag + 1);
  if (verb >= arguments.size() || arguments[tag] != "tag") return;
  if (arguments[verb] != "set" && arguments[verb] != "remove") return;
  // The image comes before the keys, and is no text with escapes.
  for (size_t i = verb + 2; i < arguments.size(); ++i)
    if (arguments[i].starts_with('[')) arguments[i].replace(0, 1, "\\x5b");
}

bool wants_help(const std::vector<std::string>& arguments) {
  return std::any_of(arguments.begin(), arguments.end(), [](const auto& word) {
    return word == "--help" || word == "-h" || word == "--version";
  });
}

// The one of `commands` that `word` names; `parent` is the command that they are verbs of.
Result<const Command*> find_command(std::span<const Command> commands, const std::string& word,
                                    const std::string& parent) {
  std::string near;
  for (const Command& command : commands) {
    if (word == command.name) return &command;
    if (near.empty() && is_near(word, command.name)) near = command.name;
  }
  return fail(ErrorCode::kUsage, fmt::format("there is no command '{}{}'", parent, escape(word)),
              near.empty() ? fmt::format("run 'vdetool {}--help'", parent)
                           : fmt::format("did you mean '{}'?", near));
}

Result<void> check_command(const std::vector<std::string>& arguments) {
  std::span<const Command> commands = kCommands;
  std::string parent;
  for (size_t at = 0;; ++at) {
    at = command_position(arguments, at);
    if (at >= arguments.size()) {
      if (wants_help(arguments)) return {};
      return fail(ErrorCode::kUsage, "no command given",
                  fmt::format("run 'vdetool {}--help'", parent));
    }
    VDE_TRY_ASSIGN(command, find_command(commands, arguments[at], parent));
    if (command->verbs == nullptr) return {};
    commands = command->verbs();
    parent += std::string(command->name) + " ";
  }
}

// CLI11 says what is wrong in several lines now and then; ours is one.
std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

int print_help(Context& context, const std::string& text) {
  Result<void> written = context.out.write(text);
  if (written) written = context.out.flush();
  return context.finish("", written);
}

using Runners = std::vector<std::pair<CLI::App*, Runner>>;

void add_commands(CLI::App& parent, std::span<const Command> commands, Runners& runners) {
  for (const Command& command : commands) {
    CLI::App* sub = parent.add_subcommand(command.name, command.summary);
    if (command.verbs == nullptr) {
      runners.emplace_back(sub, command.define(*sub));
      continue;
    }
    sub->require_subcommand(1);
    add_commands(*sub, command.verbs(), runners);
  }
}

// Of the command, or verb, that was chosen.
std::string help_text(const CLI::App& app) {
  const CLI::App* chosen = &app;
  std::string parents;
  for (auto subs = app.get_subcommands(); !subs.empty(); subs = chosen->get_subcommands()) {
    parents += (parents.empty() ? "" : " ") + chosen->get_name();
    chosen = subs.front();
  }
  return chosen->help(parents);
}

int parse_and_run(Context& context, std::vector<std::string> arguments) {
  CLI::App app("Makes, inspects and verifies DWVD v2 images.", "vdetool");
  app.set_version_flag("--version", "vdetool " VDE_VERSION);
  app.footer(std::string(kFooter));
  app.fallthrough();
  app.require_subcommand(1);
  add_globals(app, context.globals);
  Runners runners;
  add_commands(app, kCommands, runners);
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    return print_help(context, help_text(app));
  } catch (const CLI::CallForVersion& version) {
    return print_help(context, std::string(version.what()) + "\n");
  } catch (const CLI::ParseError& error) {
    return context.report("", Error{ErrorCode::kUsage,
                                    one_line(error.what()),
                                    "run 'vdetool --help' or 'vdetool help COMMAND'",
                                    {}});
  }
  for (const auto& [sub, runner] : runners) {
    if (!sub->parsed()) continue;
    const int status = runner(context);
    return std::max(status, context.finish("", context.out.flush()));
  }
  return kUsage;
}

}  // namespace

int run(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  // Scripts ask for the version often; it needs no parser.
  static Context context;
  if (arguments.size() == 1 && arguments[0] == "--version")
    return print_help(context, "vdetool " VDE_VERSION "\n");
  install_signal_handlers(context.activity);
  context.globals.json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
  rewrite_help(arguments);
  if (const Result<void> known = check_command(arguments); !known)
    return context.report("", known.error());
  protect_bracketed_keys(arguments);
  return parse_and_run(context, std::move(arguments));
}

}  // namespace vde::cli
