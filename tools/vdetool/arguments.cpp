#include "arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commands/remote.h"

namespace vde::cli {
namespace {

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() != 0;
}

// The option `name` of `app` or of the program; nullptr for an unknown one.
const CLI::Option* find_option(CLI::App& app, const std::string& name) {
  for (CLI::App* at = &app; at != nullptr; at = at->get_parent())
    if (const CLI::Option* option = at->get_option_no_throw(name)) return option;
  return nullptr;
}

CLI::App* find_verb(CLI::App& app, const std::string& word) {
  for (CLI::App* verb : app.get_subcommands({}))
    if (verb->get_name() == word) return verb;
  return nullptr;
}

Result<void> check_value(const CLI::Option& option, const std::string& name,
                         std::string_view value) {
  if (!takes_value(option)) return fail(ErrorCode::kUsage, name + " takes no value");
  if (value.empty() && option.get_type_name() == "FILE")
    return fail(ErrorCode::kUsage, name + " needs a file name");
  return {};
}

// No argument of a program can contain it.
constexpr char kMark = '\0';

std::string marked(const std::string& word) {
  const bool is_list = word.starts_with('[') && word.ends_with(']');
  return is_list ? kMark + word : word;
}

bool names_file(const CLI::Option& option) {
  const std::string name = option.get_name(true);
  return option.get_positional() && (name == "IMAGE" || name == "FILE");
}

// Whether the value may be a URI; a key or a value of a tag may look like one.
bool may_be_remote(const CLI::Option& option) {
  constexpr std::array<std::string_view, 5> kNames = {"IMAGE", "FILE", "SOURCE", "DEST", "OTHER"};
  return option.get_type_name() == "FILE" ||
         (option.get_positional() &&
          std::ranges::find(kNames, option.get_name(true)) != kNames.end());
}

}  // namespace

std::string without_mark(std::string word) {
  if (word.starts_with(kMark)) word.erase(0, 1);
  return word;
}

void take_words_literally(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (!takes_value(*option)) continue;
    const bool is_file = names_file(*option);
    const bool is_remote = may_be_remote(*option);
    option->transform(CLI::Validator(
        [is_file, is_remote](std::string& word) -> std::string {
          word = without_mark(std::move(word));
          if (is_file && word.empty()) return "must be a file name";
          if (!is_remote) return "";
          auto shown = name_to_show(word);
          if (!shown) return shown.error().message;
          word = std::move(*shown);
          return "";
        },
        ""));
  }
  for (CLI::App* command : app.get_subcommands({})) take_words_literally(*command);
}

Result<std::vector<std::string>> literal_words(CLI::App& app,
                                               const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  CLI::App* chosen = &app;
  bool has_options = true;  // until "--"
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    words.push_back(marked(word));
    has_options = has_options && word != "--";
    if (!has_options) continue;
    if (!word.starts_with("--")) {
      if (CLI::App* verb = find_verb(*chosen, word)) chosen = verb;
      continue;
    }
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const CLI::Option* option = find_option(*chosen, name);
    if (option == nullptr) continue;
    if (equals != std::string::npos) {
      VDE_TRY(check_value(*option, name, std::string_view(word).substr(equals + 1)));
      if (equals + 1 == word.size()) {
        words.back() = name;
        words.emplace_back();
      }
    } else if (takes_value(*option) && i + 1 < arguments.size()) {
      VDE_TRY(check_value(*option, name, arguments[++i]));
      words.push_back(marked(arguments[i]));
    }
  }
  return words;
}

}  // namespace vde::cli
