#include "help.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace vde::cli {
namespace {

struct Row {
  std::string name;
  std::string text;
};

// "SIZE" of "--size SIZE", empty for a flag.
std::string value_name(const CLI::Option& option) {
  return option.get_type_size_max() == 0 ? std::string{} : " " + option.get_type_name();
}

std::string argument_name(const CLI::Option& option) {
  return option.get_name(true) + (option.get_items_expected_max() > 1 ? "..." : "");
}

// "-q, --quiet"; a long name without a short one stands where the others do.
std::string option_name(const CLI::Option& option) {
  const std::string name = option.get_name(false, true);
  const size_t comma = name.find(',');
  if (comma == std::string::npos) return "    " + name + value_name(option);
  return name.substr(0, comma) + ", " + name.substr(comma + 1) + value_name(option);
}

std::string section(std::string_view title, const std::vector<Row>& rows) {
  constexpr size_t kMaxNameWidth = 24;
  if (rows.empty()) return {};
  size_t width = 0;
  for (const Row& row : rows)
    if (row.name.size() <= kMaxNameWidth) width = std::max(width, row.name.size());
  const size_t indent = width + 4;
  std::string text = fmt::format("\n{}:\n", title);
  for (const Row& row : rows) {
    text += fmt::format("  {:<{}}  ", row.name, width);
    if (row.name.size() > width) text += "\n" + std::string(indent, ' ');
    text += wrap(row.text, kHelpWidth, indent) + "\n";
  }
  // A name that has its line alone leaves blanks at its end.
  for (size_t at = 0; (at = text.find(" \n", at)) != std::string::npos;) {
    text.erase(at, 1);
    if (at > 0) --at;
  }
  return text;
}

std::string usage_line(const CLI::App& app, const std::string& path) {
  if (!app.get_subcommands([](const CLI::App*) { return true; }).empty())
    return app.get_parent() == nullptr ? "vdetool [OPTIONS] COMMAND ..." : path + " COMMAND ...";
  std::string words = path;
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = argument_name(*option);
    words += option->get_required() ? " " + name : fmt::format(" [{}]", name);
  }
  bool is_free = false;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) continue;
    if (option->get_required()) words += " " + option->get_name() + value_name(*option);
    is_free = is_free || (!option->get_required() && option != app.get_help_ptr());
  }
  return words + (is_free ? " [OPTIONS]" : "");
}

}  // namespace

std::string wrap(std::string_view text, size_t width, size_t indent) {
  std::string lines;
  size_t room = width - indent;
  while (text.size() > room) {
    size_t end = text.rfind(' ', room);
    if (end == std::string_view::npos) end = std::min(text.find(' '), text.size());
    lines.append(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!text.empty()) lines += "\n" + std::string(indent, ' ');
  }
  return lines.append(text);
}

std::string examples_text(const std::array<const char*, 2>& examples) {
  std::string text = "Examples:\n";
  for (const char* example : examples) text += fmt::format("  {}\n", example);
  return text;
}

std::string help_text(const CLI::App& app, const std::string& path) {
  std::vector<Row> commands;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    commands.push_back({command->get_name(), command->get_description()});
  std::vector<Row> arguments;
  std::vector<Row> options;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional())
      arguments.push_back({argument_name(*option), option->get_description()});
    else
      options.push_back({option_name(*option), option->get_description()});
  }
  // Every command has it; those of its own come first.
  std::rotate(options.begin(), options.begin() + 1, options.end());
  std::string text = wrap(app.get_description() + ".", kHelpWidth, 0) +
                     "\n\nUsage: " + wrap(usage_line(app, path), kHelpWidth, 7) + "\n";
  text +=
      section("Commands", commands) + section("Arguments", arguments) + section("Options", options);
  return text + "\n" + app.get_footer();
}

}  // namespace vde::cli
