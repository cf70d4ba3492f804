// The types of a core WebAssembly module. Each function skips what it names; a type of a proposal
// that it does not know makes the rest of the part unknown.
#pragma once

#include "format/wasm/input.h"

namespace vde {

void skip_value_type(WasmInput& input);
// Several, after their number.
void skip_value_types(WasmInput& input);
void skip_reference_type(WasmInput& input);
void skip_heap_type(WasmInput& input);
void skip_block_type(WasmInput& input);
// An entry of the type section: a type or a recursion group.
void skip_recursive_type(WasmInput& input);

void skip_global_type(WasmInput& input);
void skip_table_type(WasmInput& input);
void skip_tag_type(WasmInput& input);
// Returns true if the memory has 64-bit addresses.
[[nodiscard]] bool read_memory_type(WasmInput& input);

}  // namespace vde
