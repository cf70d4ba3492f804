// Decodes WebAssembly files: whether they are malformed, and what they import and export. Types are
// not checked. The bytes are hostile: every length is checked against the bytes left, and memory
// use does not depend on them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
  static constexpr size_t kMaxListed = 50;

  WasmLayer layer = WasmLayer::kCore;
  uint64_t sections = 0;  // custom ones included
  uint64_t imports = 0;
  uint64_t exports = 0;
  bool imports_preview1 = false;  // imports from wasi_snapshot_preview1
  // The exports that can be called: functions and, in a component, interfaces (instances, e.g.
  // "wasi:cli/run@0.2.0"). `callable` has the first kMaxListed of those that an entry can store.
  uint64_t callable_count = 0;
  std::vector<std::string> callable;
  // The export that a runtime calls by itself: _start, else _initialize; in a component
  // wasi:cli/run. Empty if there is none.
  std::string default_entry;
  bool entry_exported = false;  // the requested entry point can be called
  // False if a part has a form that this reader does not know (of a later proposal). The rest of
  // that part is skipped.
  bool all_understood = true;
};

// Reads `size` bytes. kMalformed, with the reason, if they are not a core module or a component in
// the binary format: a wrong preamble, sections out of order, counts or lengths that do not match,
// invalid numbers, names or opcodes. In a component, only the sections, the names of imports and
// exports, and core modules are read. Errors of `source` are passed on.
[[nodiscard]] Result<WasmSummary> read_wasm(const ByteSource& source, uint64_t size,
                                            std::string_view entry = {});

}  // namespace vde
