// The commands, options and values of the program, as completion scripts need them. All of it comes
// from the parser.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace vde::cli {

struct TreeOption {
  std::vector<std::string> names;  // "-q", "--quiet"; the long name is last
  std::string help;
  std::string value;               // "FILE"; empty for a flag
  std::vector<std::string> words;  // known values; without them files are offered
  bool repeats = false;
};

struct TreeArgument {
  std::string name;  // "IMAGE"
  std::vector<std::string> words;
  bool is_required = false;
  bool repeats = false;
};

struct CommandTree {
  std::string path;  // "tag find"; empty for the program
  std::string name;  // "find"
  std::string summary;
  std::vector<CommandTree> verbs;
  std::vector<TreeOption> options;  // its own; those of the program work everywhere
  std::vector<TreeArgument> arguments;
};

// `app` is the program. `help` is one of its commands here, with the commands as verbs.
[[nodiscard]] CommandTree command_tree(CLI::App& app);
// Calls `visit` with the program, then with each command and its verbs.
void visit_commands(const CommandTree& tree, const std::function<void(const CommandTree&)>& visit);

// "a b".
[[nodiscard]] std::string with_blanks(const std::vector<std::string>& words);
// `text` as one word of a POSIX shell.
[[nodiscard]] std::string shell_word(const std::string& text);

[[nodiscard]] std::string bash_script(const CommandTree& program);
[[nodiscard]] std::string zsh_script(const CommandTree& program);
[[nodiscard]] std::string fish_script(const CommandTree& program);

}  // namespace vde::cli
