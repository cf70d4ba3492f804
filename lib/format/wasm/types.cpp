#include "format/wasm/types.h"

#include <algorithm>

namespace vde {
namespace {

// First bytes of types; see the binary format of WebAssembly 3.0 and its proposals.
constexpr uint8_t kDescribes = 0x4C;
constexpr uint8_t kDescriptor = 0x4D;
constexpr uint8_t kRecursionGroupType = 0x4E;
constexpr uint8_t kFinalSubtypeType = 0x4F;
constexpr uint8_t kSubtypeType = 0x50;
constexpr uint8_t kContinuationType = 0x5D;
constexpr uint8_t kArrayType = 0x5E;
constexpr uint8_t kStructType = 0x5F;
constexpr uint8_t kFunctionType = 0x60;
constexpr uint8_t kExact = 0x62;
constexpr uint8_t kNullableReference = 0x63;
constexpr uint8_t kReference = 0x64;
constexpr uint8_t kShared = 0x65;
constexpr uint8_t kI16Type = 0x77;
constexpr uint8_t kI8Type = 0x78;
constexpr uint8_t kV128Type = 0x7B;
constexpr uint8_t kI32Type = 0x7F;
constexpr uint8_t kEmptyBlock = 0x40;

bool is_abstract_heap_type(uint8_t byte) {
  return byte >= 0x68 && byte <= 0x75;
}

// The range in which proposals assign value types and heap types.
bool may_be_later_type(uint8_t byte) {
  return byte >= 0x61 && byte <= 0x7A;
}

void skip_type_index(WasmInput& input) {
  if (input.signed_number(33) < 0) input.malformed("a type index is negative");
}

// What follows the first byte of an abstract heap type; `otherwise` is the problem with others.
void skip_abstract_rest(WasmInput& input, uint8_t first, std::string_view otherwise) {
  const uint8_t heap = first == kShared ? input.byte() : first;
  if (is_abstract_heap_type(heap)) return;
  if (may_be_later_type(heap)) return input.unknown();
  input.malformed(otherwise);
}

// What follows the first byte of a reference type.
void skip_reference_rest(WasmInput& input, uint8_t first) {
  if (first == kReference || first == kNullableReference) return skip_heap_type(input);
  skip_abstract_rest(input, first, "a reference type is expected");
}

void skip_mutability(WasmInput& input) {
  if (input.byte() > 1) input.malformed("a mutability is neither 0 nor 1");
}

void skip_field(WasmInput& input) {
  const uint8_t first = input.peek();
  if (first == kI8Type || first == kI16Type)
    input.skip(1);
  else
    skip_value_type(input);
  skip_mutability(input);
}

void skip_composite_type(WasmInput& input, uint8_t form) {
  if (form == kShared) form = input.byte();
  for (const uint8_t clause : {kDescribes, kDescriptor}) {
    if (form != clause) continue;
    input.u32();
    form = input.byte();
  }
  if (form == kFunctionType) {
    skip_value_types(input);
    skip_value_types(input);
  } else if (form == kStructType) {
    read_items(input, input.u32(), [&] { skip_field(input); });
  } else if (form == kArrayType) {
    skip_field(input);
  } else if (form == kContinuationType) {
    skip_heap_type(input);
  } else if (form > kSubtypeType && form < kContinuationType) {
    input.unknown();
  } else {
    input.malformed("a type has an invalid form");
  }
}

void skip_subtype(WasmInput& input, uint8_t form) {
  if (form == kSubtypeType || form == kFinalSubtypeType) {
    read_items(input, input.u32(), [&] { input.u32(); });
    form = input.byte();
  }
  skip_composite_type(input, form);
}

// Limits in pages or elements. Those of 32-bit memories and tables are 32-bit numbers, as in 2.0.
// Returns the flags.
uint8_t read_limits(WasmInput& input, std::string_view allowed) {
  constexpr uint8_t kHasMax = 1;
  constexpr uint8_t kIs64Bit = 4;
  const uint8_t flags = input.peek();
  if (allowed.find(static_cast<char>(flags)) == std::string_view::npos)
    input.malformed("limits have invalid flags");
  input.skip(1);
  for (int numbers = (flags & kHasMax) != 0 ? 2 : 1; numbers > 0; --numbers) {
    if ((flags & kIs64Bit) != 0)
      input.u64();
    else
      input.u32();
  }
  return flags;
}

}  // namespace

void skip_value_type(WasmInput& input) {
  const uint8_t first = input.byte();
  if (first >= kV128Type && first <= kI32Type) return;
  if (first == kI8Type || first == kI16Type) return input.malformed("a value type is expected");
  skip_reference_rest(input, first);
}

void skip_value_types(WasmInput& input) {
  read_items(input, input.u32(), [&] { skip_value_type(input); });
}

void skip_reference_type(WasmInput& input) {
  const uint8_t first = input.byte();
  if (first == kI8Type || first == kI16Type) return input.malformed("a reference type is expected");
  skip_reference_rest(input, first);
}

void skip_heap_type(WasmInput& input) {
  const uint8_t first = input.peek();
  if (first < kEmptyBlock || first >= 0x80) return skip_type_index(input);
  input.skip(1);
  if (first == kExact) return static_cast<void>(input.u32());
  skip_abstract_rest(input, first, "a heap type is expected");
}

void skip_block_type(WasmInput& input) {
  const uint8_t first = input.peek();
  if (first == kEmptyBlock) return input.skip(1);
  if (first < kEmptyBlock || first >= 0x80) return skip_type_index(input);
  skip_value_type(input);
}

void skip_recursive_type(WasmInput& input) {
  const uint8_t form = input.byte();
  if (form != kRecursionGroupType) return skip_subtype(input, form);
  read_items(input, input.u32(), [&] { skip_subtype(input, input.byte()); });
}

void skip_global_type(WasmInput& input) {
  skip_value_type(input);
  skip_mutability(input);
}

void skip_table_type(WasmInput& input) {
  // With a maximum (1), 64-bit (4).
  constexpr std::string_view kFlags("\x00\x01\x04\x05", 4);
  skip_reference_type(input);
  read_limits(input, kFlags);
}

void skip_tag_type(WasmInput& input) {
  if (input.byte() != 0) input.malformed("a tag has an invalid attribute");
  input.u32();
}

bool read_memory_type(WasmInput& input) {
  // With a maximum (1), shared (2, which needs a maximum), 64-bit (4), with a page size (8).
  constexpr std::string_view kFlags("\x00\x01\x03\x04\x05\x07\x08\x09\x0b\x0c\x0d\x0f", 12);
  constexpr uint8_t kIs64Bit = 4;
  constexpr uint8_t kHasPageSize = 8;
  const uint8_t flags = read_limits(input, kFlags);
  if ((flags & kHasPageSize) != 0) input.u32();
  return (flags & kIs64Bit) != 0;
}

}  // namespace vde
