// The commands. Each define_ function adds one to the parser and returns what runs it; one file a
// command holds both.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "context.h"

namespace vde::cli {

using Runner = std::function<int(Context&)>;

Runner define_format(CLI::App& command);
Runner define_info(CLI::App& command);
Runner define_dump(CLI::App& command);
Runner define_verify(CLI::App& command);
Runner define_label(CLI::App& command);
Runner define_resize(CLI::App& command);
Runner define_undo(CLI::App& command);
Runner define_module_register(CLI::App& command);
Runner define_module(CLI::App& command);
Runner define_snapshot(CLI::App& command);
Runner define_explain(CLI::App& command);

}  // namespace vde::cli
