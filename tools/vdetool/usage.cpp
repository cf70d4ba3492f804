#include "usage.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <system_error>

#include "arguments.h"
#include "vde/text.h"

namespace vde::cli {
namespace {

// Names that other programs have for commands and verbs of this one.
struct Alias {
  std::string_view typed;
  std::string_view meant;
};
constexpr Alias kAliases[] = {
    {"fsck", "verify"}, {"check", "verify"}, {"mkfs", "format"}, {"create", "format"},
    {"ls", "list"},     {"rm", "remove"},    {"rm", "delete"},   {"prune", "delete"},
    {"add", "set"},     {"add", "register"}, {"search", "find"}, {"revert", "undo"},
};

bool is_alias(std::string_view word, std::string_view name) {
  return std::any_of(std::begin(kAliases), std::end(kAliases), [&](const Alias& alias) {
    return alias.typed == word && alias.meant == name;
  });
}

// "'a'", "'a' or 'b'", "'a', 'b' or 'c'", without the quotes where `quote` is empty.
std::string alternatives(const std::vector<std::string>& words, std::string_view quote) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += fmt::format("{0}{1}{0}", quote, words[i]);
  }
  return text;
}

std::vector<std::string> suggestions(std::span<const Command> commands, const std::string& word) {
  std::vector<std::string> meant;
  for (const Command& command : commands)
    if (is_alias(word, command.name)) meant.emplace_back(command.name);
  const bool is_found = !meant.empty();
  for (const Command& command : commands) {
    if (command.verbs == nullptr) continue;
    for (const Command& verb : command.verbs())
      if (word == verb.name || (!is_found && is_alias(word, verb.name)))
        meant.push_back(fmt::format("{} {}", command.name, verb.name));
  }
  if (!meant.empty()) return meant;
  const auto near = std::find_if(commands.begin(), commands.end(), [&](const Command& command) {
    return is_near(word, command.name);
  });
  if (near != commands.end()) meant.emplace_back(near->name);
  return meant;
}

// The first word that looks like an option and is not one.
std::string unknown_option(const CLI::App& app) {
  for (const std::string& word : app.remaining(true))
    if (word.size() > 1 && word[0] == '-' && word != "--") return word;
  return {};
}

std::string near_option(const CLI::App& app, const std::string& typed) {
  const std::string name = typed.substr(0, typed.find('='));
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent())
    for (const CLI::Option* option : at->get_options())
      for (const std::string& known : option->get_lnames())
        if (is_near(name, "--" + known)) return "--" + known;
  return {};
}

bool takes_keys(const CLI::App& app) {
  const auto options = app.get_options();
  return std::any_of(options.begin(), options.end(), [](const CLI::Option* option) {
    return option->get_name(true).starts_with("KEY");
  });
}

Error unknown_option_error(const Chosen& chosen, const std::string& word) {
  std::string hint = fmt::format("see '{} --help'", chosen.path);
  if (const std::string near = near_option(*chosen.app, word); !near.empty())
    hint = fmt::format("did you mean '{}'?", near);
  else if (takes_keys(*chosen.app))
    hint = "put '--' before keys that begin with '-'";
  return {ErrorCode::kUsage, fmt::format("unknown option '{}'", escape(word)), hint, {}};
}

// The parser's sentences begin with the option that they are about.
std::string option_of(const std::string& text) {
  return text.substr(0, text.find_first_of(": "));
}

std::string words_for(const CLI::App& app, const CLI::ParseError& error) {
  std::string text = error.what();
  const auto kind = static_cast<CLI::ExitCodes>(error.get_exit_code());
  const auto has = [&](const char* part) { return text.find(part) != std::string::npos; };
  if (kind == CLI::ExitCodes::ExtrasError) {
    const std::vector<std::string> extra = app.remaining(true);
    return fmt::format("unexpected argument '{}'",
                       extra.empty() ? "" : escape(without_mark(extra.front())));
  }
  if (kind == CLI::ExitCodes::ExcludesError)
    return fmt::format("{} and {} cannot be combined", option_of(text),
                       text.substr(text.rfind(' ') + 1));
  if (kind == CLI::ExitCodes::ArgumentMismatch) {
    if (has("missing")) return option_of(text) + " needs a value";
    if (has("disallowed")) return option_of(text) + " takes no value";
    return option_of(text) + " is given more than once";
  }
  if (kind == CLI::ExitCodes::ConversionError) {
    const size_t value = text.rfind(" = ");
    const size_t name = text.find("--");
    if (value != std::string::npos && name < value)
      return fmt::format("{}: invalid value '{}'", text.substr(name, value - name),
                         escape(text.substr(value + 3)));
  }
  if (kind == CLI::ExitCodes::ValidationError)
    if (const size_t must = text.find(": must "); must != std::string::npos)
      return text.substr(0, must) + text.substr(must + 1);
  return text;
}

// The words, or the number of what makes them, are kept in the name of the validator, which the
// parser does not print.
constexpr std::string_view kWordsMark = "words:";
constexpr std::string_view kMakerMark = "words of:";

using WordMaker = std::vector<std::string> (*)();
std::vector<WordMaker>& word_makers() {
  static std::vector<WordMaker> makers;
  return makers;
}

std::string words_as_name(const std::vector<std::string>& words) {
  std::string name(kWordsMark);
  for (const std::string& word : words) name += " " + word;
  return name;
}

}  // namespace

CLI::Validator one_of(std::vector<std::string> words) {
  const std::string name = words_as_name(words);
  return {[words = std::move(words)](std::string& text) {
            const bool known = std::find(words.begin(), words.end(), text) != words.end();
            return known ? std::string{} : "must be " + alternatives(words, "");
          },
          "", name};
}

CLI::Validator offers(const std::vector<std::string>& words) {
  return {[](std::string&) { return std::string{}; }, "", words_as_name(words)};
}

CLI::Validator offers(WordMaker words) {
  word_makers().push_back(words);
  return {[](std::string&) { return std::string{}; }, "",
          fmt::format("{}{}", kMakerMark, word_makers().size() - 1)};
}

std::vector<std::string> known_words(CLI::Option& option) {
  for (int index = 0;; ++index) {
    std::string name;
    try {
      name = option.get_validator(index)->get_name();
    } catch (const CLI::OptionNotFound&) {
      return {};
    }
    if (name.starts_with(kMakerMark))
      return word_makers().at(std::stoul(name.substr(kMakerMark.size())))();
    if (!name.starts_with(kWordsMark)) continue;
    std::vector<std::string> words;
    std::istringstream parts(name.substr(kWordsMark.size()));
    for (std::string word; parts >> word;) words.push_back(word);
    return words;
  }
}

CLI::Validator number(double min, double max, std::string what) {
  return CLI::Validator(
      [min, max, what = std::move(what)](std::string& text) {
        double value = 0;
        const char* const end = text.data() + text.size();
        const auto [stop, error] =
            std::from_chars(text.data(), end, value, std::chars_format::fixed);
        // A comparison with NaN is false.
        const bool good = error == std::errc{} && stop == end && value >= min && value <= max;
        return good ? std::string{} : fmt::format("'{}' is not {}", escape(text), what);
      },
      "");
}

CLI::Option* add_count(CLI::App& command, const std::string& name, unsigned& target, unsigned max,
                       const std::string& what, const std::string& help) {
  const auto read = [max](const std::string& text, unsigned& number) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc{} && stop == end && number <= max;
  };
  return command
      .add_option_function<std::string>(
          name, [&target, read](const std::string& text) { read(text, target); }, help)
      ->check(CLI::Validator(
          [read, what](std::string& text) {
            unsigned number = 0;
            return read(text, number) ? std::string{}
                                      : fmt::format("'{}' is not {}", escape(text), what);
          },
          ""));
}

CLI::Option* add_text(CLI::App& command, const std::string& name,
                      std::optional<std::string>& target, const std::string& help) {
  return command.add_option_function<std::string>(
      name, [&target](const std::string& text) { target = text; }, help);
}

CLI::Option* add_list(CLI::App& command, const std::string& name, std::vector<std::string>& target,
                      const std::string& help) {
  return command
      .add_option(
          name,
          [&target](const CLI::results_t& words) {
            target = words;
            return true;
          },
          help)
      ->type_name("TEXT")
      ->expected(CLI::detail::expected_max_vector_size);
}

Chosen chosen_command(const CLI::App& app) {
  Chosen chosen{&app, "vdetool"};
  for (auto subs = app.get_subcommands(); !subs.empty(); subs = chosen.app->get_subcommands()) {
    chosen.app = subs.front();
    chosen.path += " " + chosen.app->get_name();
  }
  return chosen;
}

Result<const Command*> find_command(std::span<const Command> commands, const std::string& word,
                                    const std::string& parent) {
  for (const Command& command : commands)
    if (word == command.name) return &command;
  const std::vector<std::string> meant = suggestions(commands, word);
  return fail(ErrorCode::kUsage, fmt::format("unknown command '{}{}'", parent, escape(word)),
              meant.empty() ? fmt::format("see 'vdetool {}--help'", parent)
                            : fmt::format("did you mean {}?", alternatives(meant, "'")));
}

Error usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const Chosen chosen = chosen_command(app);
  // A value after an unknown option may be read as an argument, or be reported as missing.
  const auto kind = static_cast<CLI::ExitCodes>(error.get_exit_code());
  const std::string unknown = unknown_option(app);
  if (!unknown.empty() &&
      (kind == CLI::ExitCodes::ExtrasError || kind == CLI::ExitCodes::RequiredError))
    return unknown_option_error(chosen, unknown);
  std::string words = words_for(app, error);
  // Some messages of the parser have several lines.
  std::replace(words.begin(), words.end(), '\n', ' ');
  return {ErrorCode::kUsage, words, fmt::format("see '{} --help'", chosen.path), {}};
}

}  // namespace vde::cli
