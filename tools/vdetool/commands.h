// The commands. Each define_ function gives one its arguments in the parser and returns what runs
// it; one file a command, or a group of verbs, holds both.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <span>

#include "context.h"

namespace vde::cli {

using Runner = std::function<int(Context&)>;

// A command, or one of the verbs of a command.
struct Command {
  const char* name;
  const char* summary;
  Runner (*define)(CLI::App&);                    // nullptr where it has verbs
  std::span<const Command> (*verbs)() = nullptr;  // nullptr where it has none
};

Runner define_format(CLI::App& command);
Runner define_info(CLI::App& command);
Runner define_dump(CLI::App& command);
Runner define_verify(CLI::App& command);
Runner define_label(CLI::App& command);
Runner define_resize(CLI::App& command);
Runner define_undo(CLI::App& command);
Runner define_explain(CLI::App& command);

std::span<const Command> module_verbs();
Runner define_module_register(CLI::App& command);
Runner define_module_list(CLI::App& command);
Runner define_module_show(CLI::App& command);
Runner define_module_extract(CLI::App& command);
Runner define_module_verify(CLI::App& command);
Runner define_module_remove(CLI::App& command);

std::span<const Command> snapshot_verbs();
Runner define_snapshot_create(CLI::App& command);
Runner define_snapshot_list(CLI::App& command);
Runner define_snapshot_show(CLI::App& command);
Runner define_snapshot_chain(CLI::App& command);
Runner define_snapshot_children(CLI::App& command);
Runner define_snapshot_delete(CLI::App& command);
Runner define_snapshot_undelete(CLI::App& command);

std::span<const Command> tag_verbs();
Runner define_tag_set(CLI::App& command);
Runner define_tag_get(CLI::App& command);
Runner define_tag_find(CLI::App& command);
Runner define_tag_remove(CLI::App& command);
Runner define_tag_list(CLI::App& command);
Runner define_tag_import(CLI::App& command);
Runner define_tag_export(CLI::App& command);
Runner define_tag_stats(CLI::App& command);

}  // namespace vde::cli
