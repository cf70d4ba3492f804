// Modules that the binary format allows: valid ones of the standard and of proposals, and invalid
// ones, which only a validator refuses.
#include <doctest/doctest.h>

#include "format/wasm_module.h"
#include "support/wasm_bytes.h"

using namespace vde;
using namespace vde::test;

namespace {

struct Example {
  const char* what;
  std::string sections;
};

Result<WasmSummary> read_sections(const std::string& sections) {
  const std::vector<uint8_t> bytes = from_spaced_hex(std::string(kCorePreamble) + sections);
  return read_wasm(
      [&](uint64_t at, MutableBytes out) -> Result<void> {
        REQUIRE(at + out.size() <= bytes.size());
        std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(at), out.size(), out.begin());
        return {};
      },
      bytes.size());
}

void check_read(const std::vector<Example>& examples, bool understood) {
  for (const Example& example : examples) {
    CAPTURE(example.what);
    const auto summary = read_sections(example.sections);
    REQUIRE_MESSAGE(summary.has_value(), (summary ? "" : summary.error().message));
    CHECK(summary->all_understood == understood);
  }
}

std::string typed_import(const std::string& type) {
  return wasm_section(2, "01 01 61 01 62" + type);
}

}  // namespace

TEST_CASE("valid modules of the standard are well-formed") {
  check_read(
      {
          {"nothing", ""},
          {"numbers in more bytes than needed", wasm_section(5, "81 80 00 00 82 80 80 80 00")},
          {"no items", wasm_section(1, "00") + wasm_section(3, "00") + wasm_section(10, "00")},
          {"custom sections anywhere",
           wasm_section(0, "01 61") + wasm_section(1, "00") + wasm_section(0, "01 61 ff ff")},
          {"a global from an earlier one", wasm_section(6, "02 7f 00 41 01 0b 7f 00 23 00 0b")},
          {"a global that refers to a function",
           wasm_section(1, "01 60 00 00") + wasm_section(3, "01 00") +
               wasm_section(6, "01 70 00 d2 00 0b") + wasm_section(10, "01 02 00 0b")},
          {"extended constants", wasm_section(6, "01 7f 00 41 01 41 02 6a 0b")},
          {"a 64-bit memory", wasm_section(5, "01 05 80 80 80 80 10 ff ff ff ff 1f")},
          {"several memories", wasm_section(5, "02 00 01 04 01") + wasm_section(12, "01") +
                                   wasm_section(11, "01 02 81 00 42 00 0b 00")},
          {"a shared memory", wasm_section(5, "01 03 01 02")},
          {"a table with an initializer", wasm_section(4, "01 40 00 70 00 01 d0 70 0b")},
          {"tags", wasm_section(13, "01 00 00")},
          {"a recursion group", wasm_section(1, "01 4e 02 5f 01 63 01 01 50 01 00 5f 00")},
          {"arrays and packed fields", wasm_section(1, "02 5e 78 01 5f 02 77 00 64 00 00")},
          {"every kind of element segment",
           wasm_section(9,
                        "08 00 41 00 0b 01 00 01 00 01 00 02 00 41 00 0b 00 01 00 03 00 01 00"
                        "04 41 00 0b 01 d0 70 0b 05 70 01 d2 00 0b 06 00 41 00 0b 70 01 d0 70 0b"
                        "07 70 00")},
      },
      true);
}

TEST_CASE("instructions of the standard and of proposals are read") {
  std::vector<Example> examples;
  for (const char* code : {
           "00 0b",
           "03 00 7f 00 7e 02 7d 0b",                             // no locals of a type
           "00 02 40 03 7f 04 00 05 0b 0b 0b 0b",                 // nested blocks
           "00 0e 02 00 01 00 0b",                                // a branch table
           "00 06 40 07 00 19 0b 0b",                             // exceptions
           "00 06 40 18 00 0b",                                   // delegate
           "00 1f 40 04 00 00 00 01 00 00 02 00 03 00 0b 0a 0b",  // try_table, throw_ref
           "00 12 00 13 00 00 14 00 15 00 0b",                    // tail calls
           "00 1c 02 7f 63 70 0b",                                // select with types
           "00 28 42 00 04 0b",                                   // a load from memory 0
           "00 43 00 00 c0 7f 44 00 00 00 00 00 00 f8 7f 0b",     // constants
           "00 d0 70 d1 d0 00 d4 d5 00 d6 00 d3 0b",              // references
           "00 fc 0a 00 00 fc 0b 00 fc 0c 00 00 fc 0d 00 fc 0e 00 00 fc 11 00 fc 13 0b",
           "00 fb 00 00 fb 02 00 01 fb 08 00 03 fb 0f fb 14 6b fb 17 00 fb 1c 0b",
           "00 fb 18 03 00 6e 6b fb 19 00 00 00 01 0b",  // casts
           "00 fd 00 00 00 fd 15 03 fd 54 00 00 03 fd 5c 00 00 fd ae 01 fd 80 02 0b",
           "00 fe 00 02 00 fe 03 00 fe 1e 02 00 fe 4e 00 00 0b",  // atomics
       })
    examples.push_back({code, wasm_with_code(code)});
  check_read(examples, true);
}

TEST_CASE("invalid modules are well-formed") {
  check_read(
      {
          {"a value of the wrong type", wasm_with_code("00 41 00 0b")},
          {"an empty stack", wasm_with_code("00 1a 0b")},
          {"no such local", wasm_with_code("00 20 05 1a 0b")},
          {"no such label", wasm_with_code("00 0c 05 0b")},
          {"too large an alignment", wasm_with_code("00 41 00 28 1f 00 1a 0b")},
          {"no such type", wasm_section(3, "01 07") + wasm_section(10, "01 02 00 0b")},
          {"the same export twice",
           wasm_section(5, "01 00 00") + wasm_section(7, "02 01 61 02 00 01 61 02 00")},
          {"a maximum below the minimum", wasm_section(5, "01 01 02 01")},
          {"no such start function", wasm_section(8, "05")},
          {"not a constant", wasm_section(6, "01 7f 00 41 01 45 0b")},
          {"data without memory", wasm_section(11, "01 00 41 00 0b 01 61")},
      },
      true);
}

TEST_CASE("forms of later proposals make a part unknown, not the module malformed") {
  check_read(
      {
          {"a type", wasm_section(1, "01 57 00 00")},
          {"a value type", typed_import("03 61 00") + wasm_section(6, "01 7f 00 41 00 0b")},
          {"a heap type", typed_import("03 63 79 00")},
          {"an opcode after a prefix", wasm_with_code("00 fb ff 01 00 0b")},
          {"an atomic opcode", wasm_with_code("00 fe 7f 0b")},
          {"stack switching", wasm_with_code("00 e0 00 0b")},
      },
      false);
  // The parts after it are still read.
  const auto refused = read_sections(wasm_section(1, "01 57 00 00") + wasm_section(5, "01 10 00"));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kMalformed);
}

TEST_CASE("imports of one module can be grouped") {
  const std::string types = wasm_section(1, "01 60 00 00");
  const auto typed =
      read_sections(types + wasm_section(2, "01 01 61 00 7f 02 01 62 00 00 01 63 02 00 01"));
  REQUIRE_MESSAGE(typed.has_value(), (typed ? "" : typed.error().message));
  CHECK(typed->imports == 2);
  const auto of_one_type =
      read_sections(types + wasm_section(2, "01 01 61 00 7e 00 00 02 01 62 01 63"));
  REQUIRE(of_one_type.has_value());
  CHECK(of_one_type->imports == 2);
  CHECK_FALSE(read_sections(types + wasm_section(2, "01 01 61 01 62 7f 00")).has_value());
}

TEST_CASE("deep nesting costs no stack") {
  const size_t depth = 100'000;
  std::vector<uint8_t> code{0};
  for (size_t i = 0; i < depth; ++i) code.insert(code.end(), {0x02, 0x40});
  code.insert(code.end(), depth + 1, 0x0b);
  const auto number = [](size_t value) {
    std::vector<uint8_t> bytes;
    for (int i = 0; i < 5; ++i)
      bytes.push_back(static_cast<uint8_t>((value >> (7 * i) & 0x7F) | (i < 4 ? 0x80 : 0)));
    return to_hex(bytes);
  };
  const auto summary =
      read_sections(wasm_section(1, "01 60 00 00") + wasm_section(3, "01 00") + "0a" +
                    number(code.size() + 6) + "01" + number(code.size()) + to_hex(code));
  REQUIRE_MESSAGE(summary.has_value(), (summary ? "" : summary.error().message));
  CHECK(summary->all_understood);
}
