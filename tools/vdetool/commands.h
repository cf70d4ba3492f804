// The commands. Each define_ function adds the arguments of a command to the parser and returns the
// function that runs it. There is one file per command or group of verbs.
#pragma once

#include <CLI/CLI.hpp>
#include <array>
#include <functional>
#include <span>

#include "context.h"

namespace vde::cli {

using Runner = std::function<int(Context&)>;

// A command, or one of the verbs of a command.
struct Command {
  const char* name;
  const char* summary;  // an imperative sentence without its full stop
  std::array<const char*, 2> examples;
  Runner (*define)(CLI::App&);                    // nullptr if it has verbs
  std::span<const Command> (*verbs)() = nullptr;  // nullptr if it has none
};

Runner define_format(CLI::App& command);
Runner define_info(CLI::App& command);
Runner define_dump(CLI::App& command);
Runner define_verify(CLI::App& command);
Runner define_label(CLI::App& command);
Runner define_resize(CLI::App& command);
Runner define_copy(CLI::App& command);
Runner define_rescue(CLI::App& command);
Runner define_undo(CLI::App& command);
Runner define_map(CLI::App& command);
Runner define_log(CLI::App& command);
Runner define_explain(CLI::App& command);
Runner define_completion(CLI::App& command);

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
Runner define_snapshot_prune(CLI::App& command);
Runner define_snapshot_purge(CLI::App& command);

std::span<const Command> tag_verbs();
Runner define_tag_set(CLI::App& command);
Runner define_tag_get(CLI::App& command);
Runner define_tag_find(CLI::App& command);
Runner define_tag_query(CLI::App& command);
Runner define_tag_keys(CLI::App& command);
Runner define_tag_diff(CLI::App& command);
Runner define_tag_remove(CLI::App& command);
Runner define_tag_list(CLI::App& command);
Runner define_tag_import(CLI::App& command);
Runner define_tag_export(CLI::App& command);
Runner define_tag_stats(CLI::App& command);

}  // namespace vde::cli
