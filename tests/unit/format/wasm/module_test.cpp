#include "format/wasm_module.h"

#include <doctest/doctest.h>

#include "support/wasm_bytes.h"

using namespace vde;
using namespace vde::test;

namespace {

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
  CHECK_FALSE(read_hex(kCorePreamble, "05 03 01 00 01 07 0a 01 06 5f 73 74 61 72 74 02 00")
                  ->entry_exported);
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
    const auto summary = read_hex(kCorePreamble, import_of(description));
    REQUIRE(summary.has_value());
    CHECK(summary->imports == 1);
    CHECK(summary->all_understood);
    CHECK_FALSE(summary->imports_preview1);
  }
  const auto preview1 = read_hex(kCorePreamble,
                                 "02 1c 01 16 77 61 73 69 5f 73 6e 61 70 73 68 6f 74 5f 70 72 65 "
                                 "76 69 65 77 31 01 78 00 00");
  REQUIRE(preview1.has_value());
  CHECK(preview1->imports_preview1);
}

TEST_CASE("a component exports functions and interfaces, in any number of sections") {
  // (import "a" (func (type 0))) (export "run" (func 0)) (export "i" (instance 0))
  const auto bytes =
      from_spaced_hex(std::string(kComponentPreamble) + "0a 06 01 00 01 61 01 00" +
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

TEST_CASE("the default entry point is _start, else _initialize, else none") {
  const auto exports_of = [](const std::string& items) {
    return read_hex(kCorePreamble, wasm_section(7, items))->default_entry;
  };
  const std::string start = "06 5f 73 74 61 72 74 00 00";
  const std::string initialize = "0b 5f 69 6e 69 74 69 61 6c 69 7a 65 00 00";
  CHECK(exports_of("01" + start) == "_start");
  CHECK(exports_of("01" + initialize) == "_initialize");
  CHECK(exports_of("02" + start + initialize) == "_start");
  CHECK(exports_of("02" + initialize + start) == "_start");
  CHECK(exports_of("01 03 72 75 6e 00 00").empty());
  CHECK(exports_of("01 06 5f 73 74 61 72 74 02 00").empty());  // a memory
}

TEST_CASE("the default entry point of a component is wasi:cli/run of any version") {
  const auto export_of = [](const std::string& name) {
    const uint8_t size[] = {static_cast<uint8_t>(name.size())};
    const Bytes bytes(reinterpret_cast<const uint8_t*>(name.data()), name.size());
    const std::string item = "01 00" + to_hex(size) + to_hex(bytes) + "05 00 00";
    return read_hex(kComponentPreamble, wasm_section(11, item))->default_entry;
  };
  for (const char* name : {"wasi:cli/run", "wasi:cli/run@0.2.0", "wasi:cli/run@0.2.3"})
    CHECK(export_of(name) == name);
  for (const char* name : {"wasi:cli/running", "wasi:cli/ru", "run", "_start"})
    CHECK(export_of(name).empty());
}

TEST_CASE("the exports that can be called are listed, up to a limit") {
  std::string items = "bc 00";  // 60
  for (unsigned i = 0; i < 60; ++i) {
    const uint8_t name[] = {static_cast<uint8_t>('0' + i)};
    items += "01" + to_hex(name) + (i == 1 ? "03" : "00") + "00";
  }
  const auto summary = read_hex(kCorePreamble, wasm_section(7, items));
  REQUIRE(summary.has_value());
  CHECK(summary->exports == 60);
  CHECK(summary->callable_count == 59);
  REQUIRE(summary->callable.size() == WasmSummary::kMaxListed);
  CHECK(summary->callable[0] == "0");
  CHECK(summary->callable[1] == "2");  // "1" is a global
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
