#include "format/wasm_module.h"

#include <fmt/format.h>

#include <array>

#include "base/endian.h"
#include "format/region/module_entry.h"
#include "format/wasm/sections.h"

namespace vde {
namespace {

constexpr uint32_t kMagic = 0x6D736100;  // "\0asm"
constexpr uint16_t kCoreVersion = 1;
constexpr uint16_t kComponentVersion = 13;
constexpr uint16_t kCoreLayer = 0;
constexpr uint16_t kComponentLayer = 1;

constexpr std::string_view kNoMagic = "it does not start with the bytes 00 61 73 6d";
constexpr std::string_view kPreview1 = "wasi_snapshot_preview1";

// Which of two names a runtime prefers to call by itself; 0 = neither.
int default_rank(WasmLayer layer, std::string_view name) {
  if (layer == WasmLayer::kComponent)
    return name == "wasi:cli/run" || name.starts_with("wasi:cli/run@") ? 1 : 0;
  return name == "_start" ? 2 : name == "_initialize" ? 1 : 0;
}

// Files of other kinds are not called malformed.
Result<void> check_magic(const ByteSource& source, uint64_t size) {
  std::array<uint8_t, sizeof(kMagic)> magic{};
  if (size >= magic.size()) VDE_TRY(source(0, magic));
  if (load_le<uint32_t>(magic, 0) == kMagic) return {};
  return fail(ErrorCode::kMalformed, fmt::format("not WebAssembly: {}", kNoMagic));
}

}  // namespace

void WasmNames::add_import(const WasmName& module) {
  ++summary.imports;
  if (summary.layer == WasmLayer::kCore && module == kPreview1) summary.imports_preview1 = true;
}

void WasmNames::add_export(const WasmName& name, bool callable) {
  ++summary.exports;
  if (!callable) return;
  ++summary.callable_count;
  if (name.size > kMaxEntryPoint) return;
  if (name == entry) summary.entry_exported = true;
  if (summary.callable.size() < WasmSummary::kMaxListed) summary.callable.push_back(name.text);
  if (default_rank(summary.layer, name.text) > default_rank(summary.layer, summary.default_entry))
    summary.default_entry = name.text;
}

void read_wasm_preamble(WasmInput& input, WasmLayer& layer) {
  std::array<uint8_t, kWasmPreambleSize> preamble{};
  for (uint8_t& byte : preamble) byte = input.byte();
  if (load_le<uint32_t>(preamble, 0) != kMagic) return input.malformed(kNoMagic);
  const auto version = load_le<uint16_t>(preamble, 4);
  const auto number = load_le<uint16_t>(preamble, 6);
  if (number == kComponentLayer && version == kComponentVersion)
    layer = WasmLayer::kComponent;
  else if (number == kCoreLayer && version == kCoreVersion)
    layer = WasmLayer::kCore;
  else
    input.malformed(fmt::format("unknown version {} or layer {}", version, number));
}

WasmSection begin_section(WasmInput& input) {
  WasmSection section;
  section.id = input.byte();
  section.mark = input.begin_part(input.u32());
  return section;
}

Result<WasmSummary> read_wasm(const ByteSource& source, uint64_t size, std::string_view entry) {
  VDE_TRY(check_magic(source, size));
  WasmSummary summary;
  WasmInput input(source, {0, size});
  read_wasm_preamble(input, summary.layer);
  WasmNames names{summary, entry};
  if (summary.layer == WasmLayer::kComponent)
    read_component_sections(input, names);
  else
    read_core_sections(input, &names);
  VDE_TRY(input.result());
  summary.all_understood = input.understood();
  return summary;
}

}  // namespace vde
