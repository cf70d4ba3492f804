// Reads just enough of a WebAssembly file to classify it: preamble, section headers, imports and
// exports. Code and data are skipped, so that a file of any size needs a few reads and constant
// memory. The bytes are hostile: every length is checked against the bytes left.
#pragma once

#include <functional>
#include <string_view>

#include "vde/bytes.h"
#include "vde/error.h"

namespace vde {

// Random access to the bytes of a file: fills `out` with the bytes at `offset`. It is called only
// for bytes within the given size.
using ByteSource = std::function<Result<void>(uint64_t offset, MutableBytes out)>;

enum class WasmLayer {
  kCore,       // a core module
  kComponent,  // a component, which contains core modules
};

struct WasmSummary {
  WasmLayer layer = WasmLayer::kCore;
  uint64_t sections = 0;  // custom ones included
  uint64_t imports = 0;   // as counted by their sections
  uint64_t exports = 0;
  bool imports_preview1 = false;  // imports from wasi_snapshot_preview1
  // The requested entry point is exported and can be called: a function or, in a component, a
  // function or an interface (an instance, e.g. "wasi:cli/run@0.2.0").
  bool entry_exported = false;
  // False if a section has a form that this reader does not know (of a later proposal). The rest of
  // that section is skipped.
  bool all_understood = true;
};

// Reads `size` bytes. kMalformed if they are not WebAssembly: another preamble, a section that runs
// past the end, a length that does not fit its section, core sections out of order or duplicated.
// Errors of `source` are passed on.
[[nodiscard]] Result<WasmSummary> read_wasm(const ByteSource& source, uint64_t size,
                                            std::string_view entry);

}  // namespace vde
