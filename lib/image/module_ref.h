// What people call a module by, and what of its bytes the library tells them.
#pragma once

#include "format/wasm_module.h"
#include "image/code_cache.h"

namespace vde {

// As the public resolve_module(), in a cache that is open.
[[nodiscard]] Result<Module> resolve_module(const CodeCache& cache, std::string_view reference);

[[nodiscard]] ModuleFacts facts_of(const WasmSummary& summary);

}  // namespace vde
