// Whole-module validation by the wabt library, where this build has it.
#pragma once

#include "vde/modules.h"

namespace vde {

struct WasmVerdict {
  ModuleFacts::Validation validation = ModuleFacts::Validation::kNotDone;
  std::string note;  // why, in words; empty where valid
};

// The library builds the whole module in memory, many times its size: larger ones are not judged.
inline constexpr uint64_t kMaxValidated = uint64_t{16} << 20;  // bytes

// Whether a module of `size` bytes is one that can be judged; where not, `facts` gets the reason.
[[nodiscard]] bool wants_validation(ModuleFacts& facts, uint64_t size);
// Has `bytes` judged and puts the verdict into `facts`.
void add_verdict(ModuleFacts& facts, Bytes bytes);

// Judges a core module. The library runs in a process of its own with limits, because the bytes are
// hostile and it was not written for that: where it crashes or takes too much, the module counts as
// not understood. kNotDone where the build is without it.
[[nodiscard]] WasmVerdict validate_wasm(Bytes bytes);

}  // namespace vde
