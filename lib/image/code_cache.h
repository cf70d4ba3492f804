// Modules as one table has them, whoever reads it: a reader, or a change that holds it.
#pragma once

#include "format/wasm_module.h"
#include "table/module_table.h"
#include "vde/modules.h"

namespace vde {

[[nodiscard]] Module public_module(const ModuleEntry& entry);
[[nodiscard]] ModuleEntry entry_of(const Module& module);
[[nodiscard]] ModuleFacts facts_of(const WasmSummary& summary);

// As ModuleReader::find, among the entries that `walk` hands out.
[[nodiscard]] Result<Module> resolve_module(const PackedWalk& walk, std::string_view reference);

}  // namespace vde
