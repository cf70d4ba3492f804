#include <fmt/format.h>

#include "completion/command_tree.h"

namespace vde::cli {
namespace {

constexpr std::string_view kBashHead =
    R"(# bash completion for vdetool, made by 'vdetool completion bash'.
# Source it, or store it as ~/.local/share/bash-completion/completions/vdetool.
)";

// Words are split at "=", so that the value of --option=value is a word of its own.
constexpr std::string_view kBashTail = R"(
_vdetool() {
  local current=${COMP_WORDS[COMP_CWORD]} path='' option='' before='' literal='' at=1
  local word words verbs options IFS=$' \t\n'
  COMPREPLY=()
  while ((at < COMP_CWORD)); do
    word=${COMP_WORDS[at]}
    ((at += 1))
    if [[ $literal ]]; then
      continue
    elif [[ $word == -- ]]; then
      literal=1
    elif [[ $word == -* ]]; then
      [[ $word != *=* ]] && _vdetool_words "$path" "$word" || continue
      if [[ ${COMP_WORDS[at]} == = ]] && ((at < COMP_CWORD)); then ((at += 1)); fi
      if ((at >= COMP_CWORD)); then option=$word; fi
      ((at += 1))
    else
      _vdetool_verbs "$path"
      [[ " $verbs " == *" $word "* ]] && path=${path:+$path }$word
    fi
  done
  if [[ $current == = ]]; then current=; fi
  if [[ $current == --*=* && ! $literal && ! $option ]]; then
    option=${current%%=*} before=${current%%=*}= current=${current#*=}
  fi
  if [[ $option ]]; then
    _vdetool_words "$path" "$option"
  elif [[ $current == -* && ! $literal ]]; then
    _vdetool_options "$path"
    words=$options
  else
    _vdetool_verbs "$path"
    words=$verbs
    if [[ ! $words ]]; then _vdetool_arguments "$path"; fi
  fi
  # Without known words, files are offered.
  if [[ $words ]]; then
    compopt +o default 2> /dev/null
    COMPREPLY=($(compgen -P "$before" -W "$words" -- "$current"))
  fi
}
complete -o default -F _vdetool vdetool
)";

// A line of `case`.
std::string bash_case(const std::string& pattern, const std::string& variable,
                      const std::string& words) {
  return fmt::format("    {}) {}={} ;;\n", pattern, variable, shell_word(words));
}

std::string bash_function(const std::string& name, const std::string& variable,
                          const std::string& cases, std::string_view otherwise) {
  return fmt::format("\n_vdetool_{}() {{\n  {}=\n  case $1 in\n{}{}  esac\n}}\n", name, variable,
                     cases, otherwise);
}

// The values of each option; an option that is not listed takes none.
std::string bash_values(const CommandTree& program) {
  std::string cases;
  visit_commands(program, [&](const CommandTree& command) {
    for (const TreeOption& option : command.options) {
      if (option.value.empty()) continue;
      std::string patterns;
      for (const std::string& name : option.names)
        // Those of the program work everywhere.
        patterns +=
            (patterns.empty() ? "" : "|") +
            (command.path.empty() ? "*' " + name + "'" : shell_word(command.path + " " + name));
      cases += bash_case(patterns, "words", with_blanks(option.words));
    }
  });
  return fmt::format(
      "\n# The words for an option of a command; status 1 if it takes no value.\n"
      "_vdetool_words() {{\n  words=\n  case \"$1 $2\" in\n{}    *) return 1 ;;\n  esac\n}}\n",
      cases);
}

}  // namespace

std::string bash_script(const CommandTree& program) {
  std::string verbs;
  std::string options;
  std::string arguments;
  const auto names_of = [](const CommandTree& command) {
    std::vector<std::string> names;
    for (const TreeOption& option : command.options)
      names.insert(names.end(), option.names.begin(), option.names.end());
    return with_blanks(names);
  };
  visit_commands(program, [&](const CommandTree& command) {
    std::vector<std::string> names;
    for (const CommandTree& verb : command.verbs) names.push_back(verb.name);
    const std::string path = shell_word(command.path);
    if (!names.empty()) verbs += bash_case(path, "verbs", with_blanks(names));
    if (!command.path.empty() && !command.options.empty())
      options += bash_case(path, "options", names_of(command));
    std::vector<std::string> words;
    for (const TreeArgument& argument : command.arguments)
      words.insert(words.end(), argument.words.begin(), argument.words.end());
    if (!words.empty()) arguments += bash_case(path, "words", with_blanks(words));
  });
  std::string script(kBashHead);
  script += bash_function("verbs", "verbs", verbs, "");
  script += fmt::format(
      "\n_vdetool_options() {{\n  options=\n  case $1 in\n{}  esac\n  options+={}\n}}\n", options,
      shell_word(" " + names_of(program)));
  script += bash_function("arguments", "words", arguments, "");
  script += bash_values(program);
  return script + std::string(kBashTail);
}

}  // namespace vde::cli
