#include "format/wasm/instruction.h"

#include <array>
#include <span>

#include "format/wasm/types.h"

namespace vde {
namespace {

// What follows an opcode.
enum class Immediates : uint8_t {
  kIllegal,
  kNone,
  kIndex,
  kTwoIndexes,
  kLaneByte,
  kHeapType,
  kCast,  // br_on_cast: flags, a label and two heap types
  kMemory,
  kMemoryLane,   // a memory access and a lane
  kMemoryIndex,  // of memory.size and memory.grow
  kMemoryInit,   // a data segment and a memory
  kDataDrop,     // a data segment
  kDataAndType,  // a type and a data segment
  kBranchTable,
  kSelectTypes,
  kSigned32,
  kSigned64,
  kFourBytes,
  kEightBytes,
  kSixteenBytes,
  kFence,
  kLater,  // a form of a proposal that is not known
};
using enum Immediates;

struct OpcodeRange {
  uint32_t first;
  uint32_t last;
  Immediates immediates;
};

// Opcodes of one byte; blocks and prefixes are handled elsewhere. 0xFF is never assigned.
constexpr OpcodeRange kPlain[] = {
    {0x00, 0x01, kNone},         // unreachable, nop
    {0x07, 0x09, kIndex},        // catch, throw, rethrow
    {0x0A, 0x0A, kNone},         // throw_ref
    {0x0C, 0x0D, kIndex},        // br, br_if
    {0x0E, 0x0E, kBranchTable},  // br_table
    {0x0F, 0x0F, kNone},         // return
    {0x10, 0x10, kIndex},        // call
    {0x11, 0x11, kTwoIndexes},   // call_indirect
    {0x12, 0x12, kIndex},        // return_call
    {0x13, 0x13, kTwoIndexes},   // return_call_indirect
    {0x14, 0x15, kIndex},        // call_ref, return_call_ref
    {0x19, 0x1B, kNone},         // catch_all, drop, select
    {0x1C, 0x1C, kSelectTypes},  // select with types
    {0x20, 0x26, kIndex},        // local.get to table.set
    {0x28, 0x3E, kMemory},       // loads and stores
    {0x3F, 0x40, kMemoryIndex},  // memory.size, memory.grow
    {0x41, 0x41, kSigned32},     // i32.const
    {0x42, 0x42, kSigned64},     // i64.const
    {0x43, 0x43, kFourBytes},    // f32.const
    {0x44, 0x44, kEightBytes},   // f64.const
    {0x45, 0xC4, kNone},         // numeric instructions
    {0xD0, 0xD0, kHeapType},     // ref.null
    {0xD1, 0xD1, kNone},         // ref.is_null
    {0xD2, 0xD2, kIndex},        // ref.func
    {0xD3, 0xD4, kNone},         // ref.eq, ref.as_non_null
    {0xD5, 0xD6, kIndex},        // br_on_null, br_on_non_null
    {0xE0, 0xE7, kLater},        // stack switching
};

// After the prefix 0xFB: garbage collection.
constexpr OpcodeRange kAfterFb[] = {
    {0x00, 0x01, kIndex},        // struct.new, struct.new_default
    {0x02, 0x05, kTwoIndexes},   // struct.get to struct.set
    {0x06, 0x07, kIndex},        // array.new, array.new_default
    {0x08, 0x08, kTwoIndexes},   // array.new_fixed
    {0x09, 0x09, kDataAndType},  // array.new_data
    {0x0A, 0x0A, kTwoIndexes},   // array.new_elem
    {0x0B, 0x0E, kIndex},        // array.get to array.set
    {0x0F, 0x0F, kNone},         // array.len
    {0x10, 0x10, kIndex},        // array.fill
    {0x11, 0x11, kTwoIndexes},   // array.copy
    {0x12, 0x12, kDataAndType},  // array.init_data
    {0x13, 0x13, kTwoIndexes},   // array.init_elem
    {0x14, 0x17, kHeapType},     // ref.test, ref.cast
    {0x18, 0x19, kCast},         // br_on_cast, br_on_cast_fail
    {0x1A, 0x1E, kNone},         // any.convert_extern to i31.get_u
};

// After 0xFC: conversions, bulk memory, tables, wide arithmetic.
constexpr OpcodeRange kAfterFc[] = {
    {0x00, 0x07, kNone},        // saturating conversions
    {0x08, 0x08, kMemoryInit},  // memory.init
    {0x09, 0x09, kDataDrop},    // data.drop
    {0x0A, 0x0A, kTwoIndexes},  // memory.copy
    {0x0B, 0x0B, kIndex},       // memory.fill
    {0x0C, 0x0C, kTwoIndexes},  // table.init
    {0x0D, 0x0D, kIndex},       // elem.drop
    {0x0E, 0x0E, kTwoIndexes},  // table.copy
    {0x0F, 0x12, kIndex},       // table.grow to table.fill, memory.discard
    {0x13, 0x16, kNone},        // wide arithmetic
};

// After 0xFD: vectors.
constexpr OpcodeRange kAfterFd[] = {
    {0x00, 0x0B, kMemory},                                   // loads and stores
    {0x0C, 0x0D, kSixteenBytes},                             // v128.const, i8x16.shuffle
    {0x0E, 0x14, kNone},         {0x15, 0x22, kLaneByte},    // lanes
    {0x23, 0x53, kNone},         {0x54, 0x5B, kMemoryLane},  // loads and stores of lanes
    {0x5C, 0x5D, kMemory},                                   // loads with zeros
    {0x5E, 0x113, kNone},                                    // also relaxed vectors
};

// After 0xFE: atomic memory accesses.
constexpr OpcodeRange kAfterFe[] = {
    {0x00, 0x02, kMemory},  // notify, wait
    {0x03, 0x03, kFence},   // atomic.fence
    {0x10, 0x4E, kMemory},
};

// Proposals add opcodes after the prefixes.
Immediates find(std::span<const OpcodeRange> ranges, uint32_t opcode) {
  for (const OpcodeRange& range : ranges)
    if (opcode >= range.first && opcode <= range.last) return range.immediates;
  return kLater;
}

constexpr auto kPlainTable = [] {
  std::array<Immediates, 256> table{};
  for (const OpcodeRange& range : kPlain)
    for (uint32_t opcode = range.first; opcode <= range.last; ++opcode)
      table[opcode] = range.immediates;
  return table;
}();

Immediates read_opcode(WasmInput& input, uint8_t first) {
  switch (first) {
    case 0xFB:
      return find(kAfterFb, input.u32());
    case 0xFC:
      return find(kAfterFc, input.u32());
    case 0xFD:
      return find(kAfterFd, input.u32());
    case 0xFE:
      return find(kAfterFe, input.u32());
    default:
      return kPlainTable[first];
  }
}

void skip_memory_access(WasmInput& input, const WasmCodeContext& context) {
  constexpr uint32_t kHasMemory = 0x40;
  constexpr uint32_t kFlagsEnd = 0x80;
  const uint32_t flags = input.u32();
  if (flags >= kFlagsEnd) return input.malformed("a memory access has invalid flags");
  const uint32_t memory = (flags & kHasMemory) != 0 ? input.u32() : 0;
  const bool is_32_bit = memory < context.memories.size() ? !context.memories[memory]
                                                          : context.memories_known && memory == 0;
  if (is_32_bit)
    input.u32();
  else
    input.u64();
}

// Before there could be several memories this was a reserved byte 0, in exactly this encoding.
void skip_memory_index(WasmInput& input, const WasmCodeContext& context) {
  if (!context.memories_known || context.memories.size() > 1)
    input.u32();
  else if (input.byte() != 0)
    input.malformed("the only memory does not have the index 0");
}

void skip_branch_table(WasmInput& input) {
  read_items(input, input.u32(), [&] { input.u32(); });
  input.u32();
}

void skip_cast(WasmInput& input) {
  constexpr uint8_t kFlagsEnd = 4;
  if (input.byte() >= kFlagsEnd) return input.malformed("a cast has invalid flags");
  input.u32();
  skip_heap_type(input);
  skip_heap_type(input);
}

void skip_data_index(WasmInput& input, const WasmCodeContext& context) {
  if (!context.has_data_count)
    return input.malformed("code that names a data segment needs a data count section");
  input.u32();
}

}  // namespace

void skip_immediates(WasmInput& input, uint8_t opcode, const WasmCodeContext& context) {
  switch (read_opcode(input, opcode)) {
    case kIllegal:
      return input.malformed("an opcode is not that of an instruction");
    case kNone:
      return;
    case kTwoIndexes:
      input.u32();
      [[fallthrough]];
    case kIndex:
      return static_cast<void>(input.u32());
    case kLaneByte:
      return input.skip(1);
    case kHeapType:
      return skip_heap_type(input);
    case kCast:
      return skip_cast(input);
    case kMemory:
      return skip_memory_access(input, context);
    case kMemoryLane:
      skip_memory_access(input, context);
      return input.skip(1);
    case kMemoryIndex:
      return skip_memory_index(input, context);
    case kMemoryInit:
      skip_data_index(input, context);
      return static_cast<void>(input.u32());
    case kDataDrop:
      return skip_data_index(input, context);
    case kDataAndType:
      input.u32();
      return skip_data_index(input, context);
    case kBranchTable:
      return skip_branch_table(input);
    case kSelectTypes:
      return skip_value_types(input);
    case kSigned32:
      return static_cast<void>(input.signed_number(32));
    case kSigned64:
      return static_cast<void>(input.signed_number(64));
    case kFourBytes:
      return input.skip(4);
    case kEightBytes:
      return input.skip(8);
    case kSixteenBytes:
      return input.skip(16);
    case kFence:
      if (input.byte() != 0) input.unknown();
      return;
    case kLater:
      return input.unknown();
  }
}

}  // namespace vde
