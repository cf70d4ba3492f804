// The sections of core modules and components.
#pragma once

#include "format/wasm/input.h"

namespace vde {

inline constexpr uint8_t kWasmPreambleSize = 8;

// What is collected while the sections are read.
struct WasmNames {
  WasmSummary& summary;
  std::string_view entry;  // the requested entry point

  void add_import(const WasmName& module);
  void add_export(const WasmName& name, bool callable);
};

// Reads the preamble. `layer` is set unless it is malformed.
void read_wasm_preamble(WasmInput& input, WasmLayer& layer);
// Reads a section's id and length and enters its content. The mark is for WasmInput::end_part().
struct WasmSection {
  uint8_t id = 0;
  uint64_t mark = 0;
};
[[nodiscard]] WasmSection begin_section(WasmInput& input);

// Read everything after the preamble, up to the end of the current part. `names` is null for a
// module within a component.
void read_core_sections(WasmInput& input, WasmNames* names);
void read_component_sections(WasmInput& input, WasmNames& names);

}  // namespace vde
