#include "completion/command_tree.h"

#include <algorithm>
#include <utility>

#include "usage.h"

namespace vde::cli {
namespace {

bool is_given_values(const CLI::Option& option) {
  return option.get_items_expected_max() != 0;
}

TreeOption tree_option(CLI::Option& option) {
  TreeOption result;
  for (const std::string& name : option.get_snames()) result.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) result.names.push_back("--" + name);
  result.help = option.get_description();
  if (is_given_values(option)) result.value = option.get_type_name();
  result.words = known_words(option);
  result.repeats = option.get_items_expected_max() > 1;
  return result;
}

std::string path_below(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + " " + name;
}

CommandTree tree_of(CLI::App& app, const std::string& path) {
  CommandTree tree{path, app.get_name(), app.get_description(), {}, {}, {}};
  for (CLI::Option* option : app.get_options())
    if (option->get_positional())
      tree.arguments.push_back({option->get_name(true), known_words(*option),
                                option->get_required(), option->get_items_expected_max() > 1});
    else
      tree.options.push_back(tree_option(*option));
  for (CLI::App* verb : app.get_subcommands({}))
    tree.verbs.push_back(tree_of(*verb, path_below(path, verb->get_name())));
  return tree;
}

// The names of the commands and their verbs, as what `help` takes.
CommandTree names_below(const CommandTree& tree, const std::string& path) {
  CommandTree names{path, tree.name, tree.summary, {}, {}, {}};
  for (const CommandTree& verb : tree.verbs)
    names.verbs.push_back(names_below(verb, path_below(path, verb.name)));
  return names;
}

// Removes what works everywhere, e.g. --help, from the options of the commands.
void remove_options(CommandTree& tree, const std::vector<TreeOption>& everywhere) {
  const auto is_everywhere = [&](const TreeOption& option) {
    return std::any_of(everywhere.begin(), everywhere.end(), [&](const TreeOption& other) {
      return other.names.back() == option.names.back();
    });
  };
  for (CommandTree& verb : tree.verbs) {
    std::erase_if(verb.options, is_everywhere);
    remove_options(verb, everywhere);
  }
}

}  // namespace

CommandTree command_tree(CLI::App& app) {
  CommandTree tree = tree_of(app, "");
  remove_options(tree, tree.options);
  CommandTree help = names_below(tree, "help");
  help.name = "help";
  help.summary = "Show the help of a command";
  tree.verbs.push_back(std::move(help));
  return tree;
}

void visit_commands(const CommandTree& tree, const std::function<void(const CommandTree&)>& visit) {
  visit(tree);
  for (const CommandTree& verb : tree.verbs) visit_commands(verb, visit);
}

std::string with_blanks(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string shell_word(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

}  // namespace vde::cli
