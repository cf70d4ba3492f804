// What of a WebAssembly file tells what it is: the preamble, the frames of its sections, imports
// and exports. Code and data are passed over unread, so that a file of any size costs a few reads
// and constant memory. The bytes are hostile: every length is held against what is left.
#pragma once

#include <functional>
#include <string_view>

#include "vde/bytes.h"
#include "vde/error.h"

namespace vde {

// Random access to the bytes of a file: fills `out` from `offset` on. Only asked for bytes that are
// within the size that was told.
using ByteSource = std::function<Result<void>(uint64_t offset, MutableBytes out)>;

enum class WasmLayer {
  kCore,       // a core module
  kComponent,  // a component, which has core modules within
};

struct WasmSummary {
  WasmLayer layer = WasmLayer::kCore;
  uint64_t sections = 0;  // custom ones included
  uint64_t imports = 0;   // as their sections count them
  uint64_t exports = 0;
  bool imports_preview1 = false;  // something of wasi_snapshot_preview1
  // The entry point that was asked for is exported and can be called: a function, or, in a
  // component, a function or an interface (an instance, "wasi:cli/run@0.2.0" for one).
  bool entry_exported = false;
  // Forms that this reader does not know (of a later proposal) end what can be read of a section;
  // the others still are.
  bool all_understood = true;
};

// Reads `size` bytes. kUnsupported, saying why, where they are not WebAssembly: another preamble, a
// section that runs past the end, a length that its section cannot hold, core sections out of order
// or twice. Errors of `source` come through.
[[nodiscard]] Result<WasmSummary> read_wasm(const ByteSource& source, uint64_t size,
                                            std::string_view entry);

}  // namespace vde
