#include <fmt/format.h>

#include "completion/command_tree.h"

namespace vde::cli {
namespace {

constexpr std::string_view kFishHead =
    R"(# fish completion for vdetool, made by 'vdetool completion fish'.
# Store it as ~/.config/fish/completions/vdetool.fish, or source it.
)";

// Which command the words before the cursor name.
constexpr std::string_view kFishPath = R"(
function __vdetool_path
    set -l path
    set -l is_value no
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        if test $is_value = yes
            set is_value no
        else if test "$word" = --
            break
        else if string match -q -- '-*' $word
            if contains -- $word $__vdetool_takes_value; or contains -- "$path $word" $__vdetool_takes_value
                set is_value yes
            end
        else if contains -- (string trim -- "$path $word") $__vdetool_paths
            set path (string trim -- "$path $word")
        end
    end
    echo "$path"
end

function __vdetool_at
    test (__vdetool_path) = "$argv[1]"
end

complete -c vdetool -e
)";

std::string fish_word(const std::string& text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') word += '\\';
    word += c;
  }
  return word + "'";
}

std::string fish_option(const std::string& condition, const TreeOption& option) {
  std::string text = "complete -c vdetool" + condition;
  for (const std::string& name : option.names)
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (!option.value.empty())
    text += option.words.empty() ? " -r -F" : " -x -a " + fish_word(with_blanks(option.words));
  return text + " -d " + fish_word(option.help) + "\n";
}

std::string fish_command(const CommandTree& command) {
  // The condition is code for fish, in which the path is a word.
  const std::string condition = " -n " + fish_word("__vdetool_at " + fish_word(command.path));
  std::string text;
  for (const CommandTree& verb : command.verbs)
    text += fmt::format("complete -c vdetool{} -f -a {} -d {}\n", condition, verb.name,
                        fish_word(verb.summary));
  for (const TreeArgument& argument : command.arguments)
    if (!argument.words.empty())
      text += fmt::format("complete -c vdetool{} -f -a {}\n", condition,
                          fish_word(with_blanks(argument.words)));
  for (const TreeOption& option : command.options)
    text += fish_option(command.path.empty() ? "" : condition, option);
  return text;
}

}  // namespace

std::string fish_script(const CommandTree& program) {
  std::string paths = "set -g __vdetool_paths";
  std::string takes_value = "set -g __vdetool_takes_value";
  std::string commands;
  visit_commands(program, [&](const CommandTree& command) {
    if (!command.path.empty()) paths += " " + fish_word(command.path);
    for (const TreeOption& option : command.options)
      if (!option.value.empty())
        for (const std::string& name : option.names)
          takes_value += " " + fish_word(command.path.empty() ? name : command.path + " " + name);
    commands += fish_command(command);
  });
  return fmt::format("{}\n{}\n{}\n{}\n{}", kFishHead, paths, takes_value, kFishPath, commands);
}

}  // namespace vde::cli
