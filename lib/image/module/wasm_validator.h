// Validation of whole modules with the wabt library, if this build has it.
#pragma once

#include "vde/modules.h"

namespace vde {

struct WasmVerdict {
  ModuleFacts::Validation validation = ModuleFacts::Validation::kNotDone;
  std::string note;  // why, in words; empty if valid
};

// The library builds the whole module in memory, in many times its size, so larger ones are not
// validated.
inline constexpr uint64_t kMaxValidated = uint64_t{16} << 20;  // bytes

// True if a module of `size` bytes can be validated; if not, `facts` gets the reason.
[[nodiscard]] bool wants_validation(ModuleFacts& facts, uint64_t size);
// Validates `bytes` and stores the verdict in `facts`.
void add_verdict(ModuleFacts& facts, Bytes bytes);

// Validates a core module. The library runs in a separate process with limits, because the bytes
// are hostile and the library was not written for that. If it crashes or exceeds a limit, the
// module counts as not understood. kNotDone in a build without wabt.
[[nodiscard]] WasmVerdict validate_wasm(Bytes bytes);

}  // namespace vde
