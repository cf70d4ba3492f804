// What is wrong with a command line, in one line, and what may have been meant.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "commands.h"
#include "vde/error.h"

namespace vde::cli {

// An option that takes one of these words.
[[nodiscard]] CLI::Validator one_of(std::vector<std::string> words);
// Words that completion offers for an option that takes others as well.
[[nodiscard]] CLI::Validator offers(const std::vector<std::string>& words);
// The same, for a long list: `words` is called only if somebody asks for them.
[[nodiscard]] CLI::Validator offers(std::vector<std::string> (*words)());
// The words of one_of() or offers(); empty for an option that has neither.
[[nodiscard]] std::vector<std::string> known_words(CLI::Option& option);

// An option that takes a decimal number from `min` to `max`, without an exponent; `what` names it:
// "a number of seconds".
[[nodiscard]] CLI::Validator number(double min, double max, std::string what);

// Adds an option that takes a whole number up to `max`; `what` names it: "a number of threads".
CLI::Option* add_count(CLI::App& command, const std::string& name, unsigned& target, unsigned max,
                       const std::string& what, const std::string& help);

// Adds an option whose text may be empty; CLI11 itself takes an empty text for an absent one.
CLI::Option* add_text(CLI::App& command, const std::string& name,
                      std::optional<std::string>& target, const std::string& help);

// Adds an argument that may repeat. Its words are taken as typed; CLI11 itself reads {} as an empty
// list.
CLI::Option* add_list(CLI::App& command, const std::string& name, std::vector<std::string>& target,
                      const std::string& help);

// The command or verb that was chosen on the command line, and how it is called: "vdetool tag
// find".
struct Chosen {
  const CLI::App* app;
  std::string path;
};
[[nodiscard]] Chosen chosen_command(const CLI::App& app);

// The one of `commands` that `word` names; `parent` is the command that they are verbs of, with a
// blank, or empty. kUsage, suggesting what may have been meant.
[[nodiscard]] Result<const Command*> find_command(std::span<const Command> commands,
                                                  const std::string& word,
                                                  const std::string& parent);

// Why `app` could not parse its arguments.
[[nodiscard]] Error usage_error(const CLI::App& app, const CLI::ParseError& error);

}  // namespace vde::cli
