#include "arguments.h"

#include <fmt/format.h>

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

}  // namespace

Result<std::vector<std::string>> split_empty_values(CLI::App& app,
                                                    const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  CLI::App* chosen = &app;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--") {
      words.insert(words.end(), arguments.begin() + static_cast<ptrdiff_t>(i), arguments.end());
      break;
    }
    words.push_back(word);
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
      words.push_back(arguments[i]);
    }
  }
  return words;
}

}  // namespace vde::cli
