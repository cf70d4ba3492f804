// Expressions and function bodies of a core WebAssembly module.
#pragma once

#include <vector>

#include "format/wasm/input.h"

namespace vde {

// What the encoding of instructions depends on, from the sections before the code.
struct WasmCodeContext {
  std::vector<bool> memories;  // for each memory: whether it has 64-bit addresses
  bool memories_known = true;  // false if there may be others
  bool has_data_count = false;
};

// Skips instructions up to the `end` that ends the expression.
void skip_expression(WasmInput& input, const WasmCodeContext& context);
// Skips a function body: locals, then an expression.
void skip_function_body(WasmInput& input, const WasmCodeContext& context);

}  // namespace vde
