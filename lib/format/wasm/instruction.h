// Instructions of WebAssembly, apart from those that open and close blocks.
#pragma once

#include "format/wasm/code.h"

namespace vde {

// Skips the immediates of the instruction `opcode`; malformed if no instruction has this opcode.
void skip_immediates(WasmInput& input, uint8_t opcode, const WasmCodeContext& context);

}  // namespace vde
