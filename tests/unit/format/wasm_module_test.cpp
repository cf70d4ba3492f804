#include "format/wasm_module.h"

#include <doctest/doctest.h>

#include "support/wasm_bytes.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr std::string_view kCore = "00 61 73 6d 01 00 00 00";
constexpr std::string_view kComponent = "00 61 73 6d 0d 00 01 00";

Result<WasmSummary> read_of(const std::vector<uint8_t>& bytes, std::string_view entry = "_start") {
  const ByteSource source = [&](uint64_t at, MutableBytes out) -> Result<void> {
    REQUIRE(at + out.size() <= bytes.size());
    std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(at), out.size(), out.begin());
    return {};
  };
  return read_wasm(source, bytes.size(), entry);
}

Result<WasmSummary> read_hex(std::string_view preamble, std::string_view sections,
                             std::string_view entry = "_start") {
  return read_of(from_spaced_hex(std::string(preamble) + std::string(sections)), entry);
}

bool is_refused(const Result<WasmSummary>& summary) {
  return !summary && summary.error().code == ErrorCode::kMalformed;
}

// An import of "env" "x" of the kind and type that follow.
std::string import_of(std::string_view description) {
  const size_t size = from_spaced_hex(description).size() + 7;
  const uint8_t length[] = {static_cast<uint8_t>(size)};
  return "02 " + to_hex(length) + "01 03 65 6e 76 01 78 " + std::string(description);
}

}  // namespace

TEST_CASE("a module that exports _start") {
  const auto summary = read_of(from_spaced_hex(kStartModule));
  REQUIRE(summary.has_value());
  CHECK(summary->layer == WasmLayer::kCore);
  CHECK(summary->sections == 4);
  CHECK(summary->imports == 0);
  CHECK(summary->exports == 1);
  CHECK(summary->entry_exported);
  CHECK_FALSE(summary->imports_preview1);
  CHECK(summary->all_understood);
}

TEST_CASE("an entry point is an exported function of exactly that name") {
  const auto bytes = from_spaced_hex(kStartModule);
  CHECK_FALSE(read_of(bytes, "_star")->entry_exported);
  CHECK_FALSE(read_of(bytes, "_start2")->entry_exported);
  CHECK_FALSE(read_of(bytes, "_stars")->entry_exported);
  // The same name on a memory.
  CHECK_FALSE(
      read_hex(kCore, "05 03 01 00 01 07 0a 01 06 5f 73 74 61 72 74 02 00")->entry_exported);
}

TEST_CASE("imports of every kind are skipped, those of preview 1 are noticed") {
  for (const char* description : {
           "00 00",                                // a function
           "01 70 00 01",                          // a table of functions
           "01 63 70 01 01 02",                    // a table of references, with a maximum
           "02 00 01",                             // a memory
           "02 03 01 02",                          // a shared one
           "02 05 80 80 80 80 10 ff ff ff ff 1f",  // a 64-bit one
           "02 08 01 10",                          // one of small pages
           "03 7f 01",                             // a global
           "03 64 00 00",                          // a global that refers to a type
           "04 00 00",                             // a tag
       }) {
    CAPTURE(description);
    const auto summary = read_hex(kCore, import_of(description));
    REQUIRE(summary.has_value());
    CHECK(summary->imports == 1);
    CHECK(summary->all_understood);
    CHECK_FALSE(summary->imports_preview1);
  }
  const auto preview1 = read_hex(kCore,
                                 "02 1c 01 16 77 61 73 69 5f 73 6e 61 70 73 68 6f 74 5f 70 72 65 "
                                 "76 69 65 77 31 01 78 00 00");
  REQUIRE(preview1.has_value());
  CHECK(preview1->imports_preview1);
}

TEST_CASE("forms of later proposals end a section, not the module") {
  for (const char* description : {"05 00", "02 10 01", "03 40 00", "01 70 20 00"}) {
    CAPTURE(description);
    const auto summary =
        read_hex(kCore, import_of(description) + "07 0a 01 06 5f 73 74 61 72 74 00 00");
    REQUIRE(summary.has_value());
    CHECK_FALSE(summary->all_understood);
    CHECK(summary->entry_exported);
  }
  const auto section = read_hex(kCore, "0e 01 00");
  REQUIRE(section.has_value());
  CHECK_FALSE(section->all_understood);
}

TEST_CASE("a component exports functions and interfaces, in any number of sections") {
  // (import "a" (func (type 0))) (export "run" (func 0)) (export "i" (instance 0))
  const auto bytes =
      from_spaced_hex(std::string(kComponent) + "0a 06 01 00 01 61 01 00" +
                      "0b 09 01 00 03 72 75 6e 01 00 00" + "0b 07 01 00 01 69 05 00 00");
  for (const char* entry : {"run", "i"}) {
    const auto summary = read_of(bytes, entry);
    REQUIRE_MESSAGE(summary.has_value(), (summary ? "" : summary.error().message));
    CHECK(summary->layer == WasmLayer::kComponent);
    CHECK(summary->imports == 1);
    CHECK(summary->exports == 2);
    CHECK(summary->entry_exported);
  }
  CHECK_FALSE(read_of(bytes, "_start")->entry_exported);
}

TEST_CASE("what is not WebAssembly is refused") {
  CHECK(is_refused(read_of({})));
  CHECK(is_refused(read_of({0, 'a', 's', 'm', 1, 0, 0})));
  CHECK(is_refused(read_hex("7f 45 4c 46 02 01 01 00", "")));
  CHECK(is_refused(read_hex("00 61 73 6d 02 00 00 00", "")));  // version 2
  CHECK(is_refused(read_hex("00 61 73 6d 01 00 02 00", "")));  // layer 2
  CHECK(is_refused(read_hex(kCore, "01")));                    // no length
  CHECK(is_refused(read_hex(kCore, "01 05 00 00 00 00")));     // past the end
  CHECK(is_refused(read_hex(kCore, "00 ff ff ff ff 0f")));     // 4 GiB
  CHECK(is_refused(read_hex(kCore, "00 80 80 80 80 80 00")));  // a length of six bytes
  CHECK(is_refused(read_hex(kCore, "00 ff ff ff ff 1f")));     // of 33 bits
  CHECK(is_refused(read_hex(kCore, "03 01 00 01 01 00")));     // functions before types
  CHECK(is_refused(read_hex(kCore, "07 01 00 07 01 00")));     // exports twice
  CHECK(is_refused(read_hex(kCore, "07 02 00 00")));           // more items than counted
  CHECK(is_refused(read_hex(kCore, "07 01 01")));              // fewer items than counted
  CHECK(is_refused(read_hex(kCore, "07 05 ff ff ff ff 0f")));  // far fewer
  CHECK(is_refused(read_hex(kCore, "07 03 01 7f 00")));        // a name past its section
}

TEST_CASE("truncation at any length and any wrong byte do no harm") {
  const auto bytes = from_spaced_hex(kStartModule);
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto summary = read_of({bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size)});
    if (summary) CHECK(summary->sections < 4);
  }
  for (size_t at = 0; at < bytes.size(); ++at)
    for (unsigned value = 0; value < 256; ++value) {
      auto changed = bytes;
      changed[at] = static_cast<uint8_t>(value);
      const auto summary = read_of(changed);
      CHECK((summary || is_refused(summary)));
    }
}
