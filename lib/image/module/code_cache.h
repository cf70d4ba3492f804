// Modules of one table, for readers and for changes.
#pragma once

#include "format/wasm_module.h"
#include "table/module_table.h"
#include "vde/modules.h"

namespace vde {

[[nodiscard]] Module public_module(const ModuleEntry& entry);
[[nodiscard]] ModuleEntry entry_of(const Module& module);
[[nodiscard]] ModuleFacts facts_of(const WasmSummary& summary);

// As ModuleReader::find, for the entries that `walk` visits.
[[nodiscard]] Result<Module> resolve_module(const PackedWalk& walk, std::string_view reference);

}  // namespace vde
