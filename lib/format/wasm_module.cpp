#include "format/wasm_module.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/endian.h"
#include "format/wasm_input.h"

namespace vde {
namespace {

constexpr uint32_t kPreambleSize = 8;
constexpr uint32_t kMagic = 0x6D736100;  // "\0asm"
constexpr uint16_t kCoreVersion = 1;
constexpr uint16_t kCoreLayer = 0;
constexpr uint16_t kComponentLayer = 1;

constexpr uint8_t kCoreImports = 2;
constexpr uint8_t kCoreExports = 7;
constexpr uint8_t kComponentImports = 10;
constexpr uint8_t kComponentExports = 11;

constexpr std::string_view kPreview1 = "wasi_snapshot_preview1";

tl::unexpected<Error> not_wasm(const std::string& why) {
  return fail(ErrorCode::kMalformed, "not WebAssembly: " + why);
}

// The order of known sections of core modules, by id: each occurs at most once, in this order. 0 =
// anywhere.
constexpr std::array<uint8_t, 14> kCoreOrder = {0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 11, 6};

// Readers for the parts of a section's items. They return false for an unknown form: the rest of
// the section cannot be parsed then.
Result<bool> skip_limits(WasmInput& input) {
  constexpr uint8_t kHasMaximum = 1;
  constexpr uint8_t kHasPageSize = 8;
  constexpr uint8_t kKnownFlags = 15;  // shared and 64-bit besides
  VDE_TRY_ASSIGN(flags, input.byte());
  if ((flags & ~kKnownFlags) != 0) return false;
  VDE_TRY(input.long_number());
  if ((flags & kHasMaximum) != 0) VDE_TRY(input.long_number());
  if ((flags & kHasPageSize) != 0) VDE_TRY(input.number());
  return true;
}

Result<bool> skip_value_type(WasmInput& input) {
  VDE_TRY_ASSIGN(type, input.byte());
  const bool is_reference = type == 0x63 || type == 0x64;
  if (is_reference) VDE_TRY(input.skip_signed());
  return type >= 0x60 && type <= 0x7F;
}

Result<bool> skip_core_type(WasmInput& input, uint8_t kind) {
  switch (kind) {
    case 0:  // function
      VDE_TRY(input.number());
      return true;
    case 1: {  // table
      VDE_TRY_ASSIGN(known, skip_value_type(input));
      if (!known) return false;
      return skip_limits(input);
    }
    case 2:  // memory
      return skip_limits(input);
    case 3: {  // global
      VDE_TRY_ASSIGN(known, skip_value_type(input));
      VDE_TRY(input.byte());
      return known;
    }
    case 4:  // tag
      VDE_TRY(input.byte());
      VDE_TRY(input.number());
      return true;
    default:
      return false;
  }
}

// Skips the description of a component import or typed export.
Result<bool> skip_description(WasmInput& input) {
  VDE_TRY_ASSIGN(kind, input.byte());
  uint8_t form = 0;
  if (kind == 0 || kind == 2 || kind == 3) {
    VDE_TRY_ASSIGN(second, input.byte());
    form = second;
  }
  const bool is_bound = kind == 2 || kind == 3;
  if (kind > 5 || (kind == 0 && form != 0x11) || (is_bound && form > 1)) return false;
  if (kind == 3 && form == 1) return true;
  VDE_TRY(input.skip_signed());
  return true;
}

Result<bool> read_core_import(WasmInput& input, std::string_view, WasmSummary& summary) {
  VDE_TRY_ASSIGN(preview1, input.name_is(kPreview1));
  summary.imports_preview1 = summary.imports_preview1 || preview1;
  VDE_TRY(input.name_is(""));
  VDE_TRY_ASSIGN(kind, input.byte());
  return skip_core_type(input, kind);
}

Result<bool> read_core_export(WasmInput& input, std::string_view entry, WasmSummary& summary) {
  constexpr uint8_t kFunction = 0;
  VDE_TRY_ASSIGN(same, input.name_is(entry));
  VDE_TRY_ASSIGN(kind, input.byte());
  VDE_TRY(input.number());
  if (same && kind == kFunction) summary.entry_exported = true;
  return true;
}

Result<bool> read_component_import(WasmInput& input, std::string_view, WasmSummary&) {
  VDE_TRY_ASSIGN(form, input.byte());
  if (form > 1) return false;
  VDE_TRY(input.name_is(""));
  return skip_description(input);
}

Result<bool> read_component_export(WasmInput& input, std::string_view entry, WasmSummary& summary) {
  constexpr uint8_t kCoreSort = 0;
  constexpr uint8_t kFunction = 1;
  constexpr uint8_t kInstance = 5;
  VDE_TRY_ASSIGN(form, input.byte());
  if (form > 1) return false;
  VDE_TRY_ASSIGN(same, input.name_is(entry));
  VDE_TRY_ASSIGN(sort, input.byte());
  if (sort == kCoreSort) VDE_TRY(input.byte());
  if (sort > kInstance) return false;
  VDE_TRY(input.number());
  if (same && (sort == kFunction || sort == kInstance)) summary.entry_exported = true;
  VDE_TRY_ASSIGN(typed, input.byte());
  if (typed > 1) return false;
  return typed == 1 ? skip_description(input) : Result<bool>(true);
}

// Reads one item of a section; the input is limited to the section.
using ReadItem = Result<bool> (*)(WasmInput&, std::string_view, WasmSummary&);

Result<void> read_items(WasmInput& input, ReadItem read_item, uint64_t& total,
                        std::string_view entry, WasmSummary& summary) {
  VDE_TRY_ASSIGN(count, input.number());
  total += count;
  for (uint32_t i = 0; i < count; ++i) {
    VDE_TRY_ASSIGN(understood, read_item(input, entry, summary));
    if (!understood) {
      summary.all_understood = false;
      return {};
    }
  }
  if (input.left() != 0)
    return not_wasm(fmt::format("a section continues after its last item, at byte {}", input.at()));
  return {};
}

Result<void> read_section(WasmInput& input, uint8_t id, std::string_view entry,
                          WasmSummary& summary) {
  const bool core = summary.layer == WasmLayer::kCore;
  if (id == (core ? kCoreImports : kComponentImports))
    return read_items(input, core ? read_core_import : read_component_import, summary.imports,
                      entry, summary);
  if (id == (core ? kCoreExports : kComponentExports))
    return read_items(input, core ? read_core_export : read_component_export, summary.exports,
                      entry, summary);
  constexpr uint8_t kLastComponentSection = 12;
  if (id >= (core ? kCoreOrder.size() : kLastComponentSection + 1)) summary.all_understood = false;
  return {};
}

// Reads the preamble. The layer in it is the only difference between a module and a top-level
// component.
Result<WasmLayer> read_preamble(const ByteSource& source, uint64_t size) {
  std::array<uint8_t, kPreambleSize> preamble{};
  if (size < kPreambleSize) return not_wasm("file too short");
  VDE_TRY(source(0, preamble));
  if (load_le<uint32_t>(preamble, 0) != kMagic)
    return not_wasm("the file does not start with the bytes 00 61 73 6d");
  const auto version = load_le<uint16_t>(preamble, 4);
  const auto layer = load_le<uint16_t>(preamble, 6);
  if (layer == kComponentLayer) return WasmLayer::kComponent;
  if (layer != kCoreLayer || version != kCoreVersion)
    return not_wasm(fmt::format("unknown version {} or layer {}", version, layer));
  return WasmLayer::kCore;
}

}  // namespace

Result<WasmSummary> read_wasm(const ByteSource& source, uint64_t size, std::string_view entry) {
  WasmSummary summary;
  VDE_TRY_ASSIGN(layer, read_preamble(source, size));
  summary.layer = layer;
  WasmInput input(source, size);
  VDE_TRY(input.skip(kPreambleSize));
  uint8_t reached = 0;  // position in the order of core sections
  while (input.left() != 0) {
    const uint64_t begin = input.at();
    VDE_TRY_ASSIGN(id, input.byte());
    VDE_TRY_ASSIGN(length, input.number());
    if (length > input.left())
      return not_wasm(fmt::format("the section at byte {} runs past the end", begin));
    if (layer == WasmLayer::kCore && id < kCoreOrder.size() && kCoreOrder[id] != 0) {
      if (kCoreOrder[id] <= reached)
        return not_wasm(fmt::format("the section at byte {} is out of order", begin));
      reached = kCoreOrder[id];
    }
    input.narrow(length);
    VDE_TRY(read_section(input, id, entry, summary));
    input.skip_section();
    input.widen();
    ++summary.sections;
  }
  return summary;
}

}  // namespace vde
