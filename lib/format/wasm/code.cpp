#include "format/wasm/code.h"

#include "format/wasm/instruction.h"
#include "format/wasm/types.h"

namespace vde {
namespace {

constexpr uint8_t kBlock = 0x02;
constexpr uint8_t kLoop = 0x03;
constexpr uint8_t kIf = 0x04;
constexpr uint8_t kElse = 0x05;
constexpr uint8_t kTry = 0x06;
constexpr uint8_t kEnd = 0x0B;
constexpr uint8_t kDelegate = 0x18;
constexpr uint8_t kTryTable = 0x1F;

// Far above what engines accept; bounds the memory for hostile code.
constexpr size_t kMaxNesting = size_t{1} << 20;

// The blocks that are open, without the expression itself.
class Blocks {
 public:
  void open(WasmInput& input, bool is_if) {
    if (takes_else_.size() == kMaxNesting) return input.unknown();
    takes_else_.push_back(is_if);
  }
  void take_else(WasmInput& input) {
    if (takes_else_.empty() || !takes_else_.back()) return input.malformed("an else without if");
    takes_else_.back() = false;
  }
  // Returns false if none was open.
  bool close() {
    if (takes_else_.empty()) return false;
    takes_else_.pop_back();
    return true;
  }

 private:
  std::vector<bool> takes_else_;
};

void skip_catch_clauses(WasmInput& input) {
  constexpr uint8_t kLastWithTag = 1;
  constexpr uint8_t kLastKind = 3;
  read_items(input, input.u32(), [&] {
    const uint8_t kind = input.byte();
    if (kind > kLastKind) return input.malformed("a catch clause has an invalid kind");
    if (kind <= kLastWithTag) input.u32();
    input.u32();
  });
}

void skip_locals(WasmInput& input) {
  uint64_t locals = 0;
  read_items(input, input.u32(), [&] {
    locals += input.u32();
    if (locals > UINT32_MAX) return input.malformed("a function has too many locals");
    skip_value_type(input);
  });
}

}  // namespace

void skip_expression(WasmInput& input, const WasmCodeContext& context) {
  Blocks blocks;
  while (input.ok()) {
    const uint8_t opcode = input.byte();
    switch (opcode) {
      case kBlock:
      case kLoop:
      case kIf:
      case kTry:
      case kTryTable:
        skip_block_type(input);
        if (opcode == kTryTable) skip_catch_clauses(input);
        blocks.open(input, opcode == kIf);
        break;
      case kElse:
        blocks.take_else(input);
        break;
      case kEnd:
        if (!blocks.close()) return;
        break;
      case kDelegate:
        input.u32();
        if (!blocks.close()) input.malformed("a delegate without try");
        break;
      default:
        skip_immediates(input, opcode, context);
    }
  }
}

void skip_function_body(WasmInput& input, const WasmCodeContext& context) {
  skip_locals(input);
  skip_expression(input, context);
}

}  // namespace vde
