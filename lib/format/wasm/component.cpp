#include "format/wasm/sections.h"
#include "format/wasm/types.h"

namespace vde {
namespace {

enum class ComponentSection : uint8_t {
  kCustom = 0,
  kCoreModule = 1,
  kComponent = 4,
  kImports = 10,
  kExports = 11,
  kLastSection = 12,
};

void skip_index(WasmInput& input) {
  input.u32();
}

// An import or export name starts with its form. Later forms have attributes.
WasmName read_extern_name(WasmInput& input) {
  constexpr uint8_t kLastForm = 1;
  if (input.byte() > kLastForm) input.unknown();
  return input.name();
}

// Skips the type of an import or of a typed export.
void skip_description(WasmInput& input) {
  constexpr uint8_t kCoreSort = 0;
  constexpr uint8_t kModule = 0x11;
  constexpr uint8_t kValue = 2;
  constexpr uint8_t kType = 3;
  constexpr uint8_t kLastSort = 5;
  const uint8_t sort = input.byte();
  if (sort > kLastSort) return input.unknown();
  if (sort == kCoreSort && input.byte() != kModule) return input.unknown();
  if (sort == kValue || sort == kType) {
    const uint8_t bound = input.byte();
    if (bound > 1) return input.unknown();
    if (sort == kType && bound == 1) return;  // a new resource
  }
  input.signed_number(33);
}

void read_import(WasmInput& input, WasmNames& names) {
  const WasmName name = read_extern_name(input);
  skip_description(input);
  if (input.ok()) names.add_import(name);
}

void read_export(WasmInput& input, WasmNames& names) {
  constexpr uint8_t kCoreSort = 0;
  constexpr uint8_t kFunction = 1;
  constexpr uint8_t kInstance = 5;
  const WasmName name = read_extern_name(input);
  const uint8_t sort = input.byte();
  if (sort == kCoreSort) input.skip(1);
  if (sort > kInstance) return input.unknown();
  skip_index(input);
  if (input.ok()) names.add_export(name, sort == kFunction || sort == kInstance);
  const uint8_t typed = input.byte();
  if (typed > 1) return input.unknown();
  if (typed == 1) skip_description(input);
}

// Modules and components within this one. Components are not read further, so that there is no
// recursion.
void read_nested(WasmInput& input, WasmLayer expected) {
  WasmLayer layer = expected;
  read_wasm_preamble(input, layer);
  if (layer != expected) input.malformed("a nested module has the wrong layer");
  if (layer == WasmLayer::kCore)
    read_core_sections(input, nullptr);
  else
    input.skip(input.left());
}

void read_section(WasmInput& input, uint8_t id, WasmNames& names) {
  using enum ComponentSection;
  switch (ComponentSection{id}) {
    case kCoreModule:
      return read_nested(input, WasmLayer::kCore);
    case kComponent:
      return read_nested(input, WasmLayer::kComponent);
    case kImports:
      return read_items(input, input.u32(), [&] { read_import(input, names); });
    case kExports:
      return read_items(input, input.u32(), [&] { read_export(input, names); });
    case kCustom:
      input.name();
      [[fallthrough]];
    default:
      if (ComponentSection{id} > kLastSection)
        return input.malformed("a section has an invalid id");
      return input.skip(input.left());
  }
}

}  // namespace

void read_component_sections(WasmInput& input, WasmNames& names) {
  while (input.left() != 0) {
    const WasmSection section = begin_section(input);
    read_section(input, section.id, names);
    input.end_part(section.mark);
    ++names.summary.sections;
  }
}

}  // namespace vde
