#include <fmt/format.h>

#include <algorithm>

#include "completion/command_tree.h"

namespace vde::cli {
namespace {

constexpr std::string_view kZshHead = R"(#compdef vdetool
# zsh completion for vdetool, made by 'vdetool completion zsh'.
# Store it as _vdetool in a folder of $fpath, or source it after compinit.
)";

constexpr std::string_view kZshTail = R"(
if [[ $funcstack[1] == _vdetool ]]; then
  _vdetool "$@"
else
  compdef _vdetool vdetool
fi
)";

// A backslash before each of `special`.
std::string with_backslashes(const std::string& text, std::string_view special) {
  std::string result;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

// "_vdetool_tag_find".
std::string zsh_function(const std::string& path) {
  std::string name = "_vdetool" + std::string(path.empty() ? "" : "_") + path;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

// ":FILE:_files", ":FORMAT:(text json)".
std::string zsh_value(const std::string& name, const std::vector<std::string>& words) {
  return fmt::format(":{}:{}", with_backslashes(name, "\\:[]"),
                     words.empty() ? "_files" : fmt::format("({})", with_blanks(words)));
}

// One line of _arguments: '(-q --quiet)'{-q,--quiet}'[print errors only]'.
std::string zsh_option(const TreeOption& option) {
  const std::string help = fmt::format("[{}]", with_backslashes(option.help, "\\[]"));
  const std::string value = option.value.empty() ? "" : zsh_value(option.value, option.words);
  const std::string equals = option.value.empty() ? "" : "=";
  const std::string& name = option.names.back();
  if (option.names.size() == 1)
    return shell_word((option.repeats ? "*" : "") + name + equals + help + value);
  return fmt::format("'({})'{{{},{}{}}}{}", with_blanks(option.names), option.names.front(), name,
                     equals, shell_word(help + value));
}

std::string zsh_argument(const TreeArgument& argument) {
  const std::string value = zsh_value(argument.name, argument.words);
  if (argument.repeats) return shell_word("*" + value);
  return shell_word((argument.is_required ? "" : ":") + value);
}

std::string zsh_leaf(const CommandTree& command) {
  std::string text = "  _arguments -S \"${vdetool_globals[@]}\"";
  for (const TreeOption& option : command.options) text += " \\\n    " + zsh_option(option);
  for (const TreeArgument& argument : command.arguments)
    text += " \\\n    " + zsh_argument(argument);
  return text + "\n";
}

// A command with verbs, or the program.
std::string zsh_group(const CommandTree& command) {
  std::string text = "  local -a verbs=(\n";
  std::string cases;
  for (const CommandTree& verb : command.verbs) {
    text += fmt::format("    {}\n",
                        shell_word(verb.name + ":" + with_backslashes(verb.summary, "\\:")));
    cases += fmt::format("        {}) {} ;;\n", verb.name, zsh_function(verb.path));
  }
  text += "  )\n  _arguments -C -S \"${vdetool_globals[@]}\"";
  if (!command.path.empty())
    for (const TreeOption& option : command.options) text += " \\\n    " + zsh_option(option);
  text += " \\\n    '1: :->verb' '*:: :->rest'\n";
  return text + fmt::format(
                    "  case $state in\n"
                    "    verb) _describe -t commands command verbs ;;\n"
                    "    rest)\n      case $words[1] in\n{}      esac ;;\n  esac\n",
                    cases);
}

}  // namespace

std::string zsh_script(const CommandTree& program) {
  std::string globals;
  for (const TreeOption& option : program.options) globals += "    " + zsh_option(option) + "\n";
  std::string script(kZshHead);
  visit_commands(program, [&](const CommandTree& command) {
    std::string body = "  local curcontext=$curcontext state line\n  typeset -A opt_args\n";
    if (command.path.empty())
      // Options of the program work everywhere.
      body += "  local -a vdetool_globals=(\n" + globals + "  )\n";
    body += command.verbs.empty() ? zsh_leaf(command) : zsh_group(command);
    script += fmt::format("\n{}() {{\n{}}}\n", zsh_function(command.path), body);
  });
  return script + std::string(kZshTail);
}

}  // namespace vde::cli
