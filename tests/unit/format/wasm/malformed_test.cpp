// Bytes that the binary format of WebAssembly forbids, each beside its nearest well-formed form.
#include <doctest/doctest.h>

#include "format/wasm_module.h"
#include "support/wasm_bytes.h"

using namespace vde;
using namespace vde::test;

namespace {

struct Pair {
  const char* rule;
  std::string good;
  std::string bad;
};

Result<WasmSummary> summary_of(const std::vector<uint8_t>& bytes) {
  return read_wasm(
      [&](uint64_t at, MutableBytes out) -> Result<void> {
        REQUIRE(at + out.size() <= bytes.size());
        std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(at), out.size(), out.begin());
        return {};
      },
      bytes.size());
}

void check_bytes(const std::vector<uint8_t>& good, const std::vector<uint8_t>& bad) {
  const auto accepted = summary_of(good);
  CHECK_MESSAGE(accepted.has_value(), (accepted ? "" : accepted.error().message));
  if (accepted) CHECK(accepted->all_understood);
  const auto refused = summary_of(bad);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == ErrorCode::kMalformed);
}

void check_pairs(const std::vector<Pair>& pairs, std::string_view preamble = kCorePreamble) {
  for (const Pair& pair : pairs) {
    CAPTURE(pair.rule);
    check_bytes(from_spaced_hex(std::string(preamble) + pair.good),
                from_spaced_hex(std::string(preamble) + pair.bad));
  }
}

// The good and the bad function body.
void check_bodies(const std::vector<Pair>& pairs) {
  std::vector<Pair> modules;
  for (const Pair& pair : pairs)
    modules.push_back({pair.rule, wasm_with_code(pair.good), wasm_with_code(pair.bad)});
  check_pairs(modules);
}

const std::string kTypes = wasm_section(1, "01 60 00 00");
const std::string kFunctions = wasm_section(3, "01 00");
const std::string kCode = wasm_section(10, "01 02 00 0b");

}  // namespace

TEST_CASE("a preamble has four bytes of magic, a version and a layer") {
  check_pairs(
      {
          {"magic", "00 61 73 6d 01 00 00 00", "00 61 73 6e 01 00 00 00"},
          {"upper case", "00 61 73 6d 01 00 00 00", "00 41 53 4d 01 00 00 00"},
          {"big-endian", "00 61 73 6d 01 00 00 00", "6d 73 61 00 00 00 00 01"},
          {"version", "00 61 73 6d 01 00 00 00", "00 61 73 6d 02 00 00 00"},
          {"old version", "00 61 73 6d 01 00 00 00", "00 61 73 6d 0d 00 00 00"},
          {"layer", "00 61 73 6d 0d 00 01 00", "00 61 73 6d 01 00 02 00"},
          {"version of a component", "00 61 73 6d 0d 00 01 00", "00 61 73 6d 01 00 01 00"},
          {"cut short", "00 61 73 6d 01 00 00 00", "00 61 73 6d 01 00 00"},
          {"only the magic", "00 61 73 6d 01 00 00 00", "00 61 73 6d"},
          {"empty", "00 61 73 6d 01 00 00 00", ""},
          {"byte order mark", "00 61 73 6d 01 00 00 00", "ef bb bf 00 61 73 6d 01 00 00 00"},
      },
      "");
}

TEST_CASE("sections have a known id, an exact length and their place") {
  check_pairs({
      {"id 14", wasm_section(0, "01 61"), wasm_section(14, "01 61")},
      {"id 127", wasm_section(0, "01 61"), wasm_section(127, "01 61")},
      {"an id is a byte, not a number", wasm_section(0, "01 61"), "80 01 00 01 01 00"},
      {"no length", "01 01 00", "01"},
      {"past the end", "01 04 01 60 00 00", "01 05 01 60 00 00"},
      {"bytes after the last item", wasm_section(1, "01 60 00 00"),
       wasm_section(1, "01 60 00 00 00")},
      {"twice", wasm_section(7, "00"), wasm_section(7, "00") + wasm_section(7, "00")},
      {"out of order", wasm_section(1, "00") + wasm_section(2, "00"),
       wasm_section(2, "00") + wasm_section(1, "00")},
      {"the data count is before the code", wasm_section(12, "00") + wasm_section(10, "00"),
       wasm_section(10, "00") + wasm_section(12, "00")},
      {"tags are before globals", wasm_section(13, "00") + wasm_section(6, "00"),
       wasm_section(6, "00") + wasm_section(13, "00")},
      {"stray bytes", kTypes, kTypes + "00"},
      {"zeros", kTypes, kTypes + "00 00 00 00"},
      {"a custom section without a name", wasm_section(0, "00"), wasm_section(0, "")},
      {"a name longer than its section", wasm_section(0, "02 61 62"), wasm_section(0, "03 61 62")},
  });
}

TEST_CASE("the numbers of functions, bodies and data segments match") {
  const std::string data = wasm_section(11, "01 01 00");
  check_pairs({
      {"no code", kTypes + wasm_section(3, "00"), kTypes + kFunctions},
      {"no functions", wasm_section(10, "00"), kTypes + kCode},
      {"more bodies", kTypes + kFunctions + kCode,
       kTypes + kFunctions + wasm_section(10, "02 02 00 0b 02 00 0b")},
      {"fewer bodies", kTypes + kFunctions + kCode, kTypes + wasm_section(3, "02 00 00") + kCode},
      {"no data", wasm_section(12, "00"), wasm_section(12, "01")},
      {"more data", wasm_section(12, "01") + data, wasm_section(12, "00") + data},
      {"less data", wasm_section(12, "01") + data, wasm_section(12, "02") + data},
  });
}

TEST_CASE("every section has as many items as it counts") {
  for (const auto& [id, item] : std::vector<std::pair<uint8_t, std::string>>{
           {1, "60 00 00"},
           {2, "01 61 01 62 00 00"},
           {4, "70 00 01"},
           {5, "00 01"},
           {6, "7f 00 41 00 0b"},
           {7, "01 61 00 00"},
           {9, "00 41 00 0b 01 00"},
           {11, "00 41 00 0b 01 61"},
           {13, "00 00"},
       }) {
    const std::string good = wasm_section(id, "01" + item);
    check_pairs({
        {"too few", good, wasm_section(id, "02" + item)},
        {"none", good, wasm_section(id, "01")},
        {"too many", good, wasm_section(id, "01" + item + item)},
        {"far too few", good, wasm_section(id, "ff ff ff ff 0f" + item)},
    });
  }
}

TEST_CASE("unsigned numbers have at most the bytes and bits of their field") {
  const auto memory = [](const std::string& pages) { return wasm_section(5, "01 00" + pages); };
  const auto memory64 = [](const std::string& pages) { return wasm_section(5, "01 04" + pages); };
  check_pairs({
      {"six bytes", memory("82 80 80 80 00"), memory("82 80 80 80 80 00")},
      {"bits above 32", memory("82 80 80 80 0f"), memory("82 80 80 80 10")},
      {"all bits above 32", memory("ff ff ff ff 0f"), memory("82 80 80 80 70")},
      {"eleven bytes", memory64("82 80 80 80 80 80 80 80 80 00"),
       memory64("82 80 80 80 80 80 80 80 80 80 00")},
      {"bits above 64", memory64("82 80 80 80 80 80 80 80 80 01"),
       memory64("82 80 80 80 80 80 80 80 80 02")},
      {"a length", "00 82 80 80 80 00 01 61", "00 82 80 80 80 80 00 01 61"},
      {"a count", wasm_section(1, "81 80 80 80 00 60 00 00"),
       wasm_section(1, "81 80 80 80 80 00 60 00 00")},
      {"the length of a name", wasm_section(0, "81 80 00 61"),
       wasm_section(0, "81 80 80 80 80 00 61")},
      {"an index", wasm_section(8, "80 00"), wasm_section(8, "80 80 80 80 10")},
      {"without its last byte", wasm_section(8, "80 00"), wasm_section(8, "80 80")},
  });
  check_bodies({
      {"an offset", "00 41 00 28 02 82 00 1a 0b", "00 41 00 28 02 82 80 80 80 80 00 1a 0b"},
      {"an alignment", "00 41 00 28 82 00 00 1a 0b", "00 41 00 28 82 80 80 80 10 00 1a 0b"},
      {"an opcode after a prefix", "00 00 fc 87 80 80 80 00 0b", "00 00 fc 87 80 80 80 80 00 0b"},
  });
}

TEST_CASE("signed numbers repeat their sign in the unused bits") {
  check_bodies({
      {"zero", "00 41 80 80 80 80 00 1a 0b", "00 41 80 80 80 80 70 1a 0b"},
      {"minus one", "00 41 ff ff ff ff 7f 1a 0b", "00 41 ff ff ff ff 0f 1a 0b"},
      {"some bits", "00 41 ff ff ff ff 7f 1a 0b", "00 41 ff ff ff ff 4f 1a 0b"},
      {"six bytes", "00 41 80 80 80 80 00 1a 0b", "00 41 80 80 80 80 80 00 1a 0b"},
      {"64 bits", "00 42 80 80 80 80 80 80 80 80 80 7f 1a 0b",
       "00 42 80 80 80 80 80 80 80 80 80 7e 1a 0b"},
      {"64 positive bits", "00 42 ff ff ff ff ff ff ff ff ff 00 1a 0b",
       "00 42 ff ff ff ff ff ff ff ff ff 01 1a 0b"},
      {"eleven bytes", "00 42 80 80 80 80 80 80 80 80 80 00 1a 0b",
       "00 42 80 80 80 80 80 80 80 80 80 80 00 1a 0b"},
      {"a block type of 33 bits", "00 02 80 80 80 80 00 0b 0b", "00 02 80 80 80 80 10 0b 0b"},
      {"a negative type index", "00 02 80 00 0b 0b", "00 02 c0 7f 0b 0b"},
  });
  check_pairs({{"a type's form is a byte", wasm_section(1, "01 60 00 00"),
                wasm_section(1, "01 e0 7f 00 00")}});
}

TEST_CASE("names are UTF-8 wherever they stand") {
  struct Text {
    const char* good;
    const char* bad;
  };
  for (const auto& [good, bad] : {
           Text{"7f", "80"},                    // a lone continuation byte
           Text{"c2 80", "c1 bf"},              // overlong
           Text{"c2 80", "c2"},                 // cut short
           Text{"c2 bf", "c2 c0"},              // not a continuation byte
           Text{"e0 a0 80", "e0 9f bf"},        // overlong
           Text{"ed 9f bf", "ed a0 80"},        // a surrogate
           Text{"ef bf bf", "ef bf"},           // cut short
           Text{"f0 90 80 80", "f0 8f bf bf"},  // overlong
           Text{"f4 8f bf bf", "f4 90 80 80"},  // above U+10FFFF
           Text{"f3 80 80 80", "f5 80 80 80"},
           Text{"f3 80 80 80", "f3 80 80 61"},
           Text{"61", "fe"},
           Text{"61", "ff"},
       }) {
    const auto name = [](std::string_view text) {
      const uint8_t size[] = {static_cast<uint8_t>(from_spaced_hex(text).size())};
      return to_hex(size) + std::string(text);
    };
    const std::string_view named = bad;
    CAPTURE(named);
    check_pairs({
        {"custom", wasm_section(0, name(good)), wasm_section(0, name(bad))},
        {"import module", wasm_section(2, "01" + name(good) + "01 61 00 00"),
         wasm_section(2, "01" + name(bad) + "01 61 00 00")},
        {"import name", wasm_section(2, "01 01 61" + name(good) + "00 00"),
         wasm_section(2, "01 01 61" + name(bad) + "00 00")},
        {"export", wasm_section(7, "01" + name(good) + "00 00"),
         wasm_section(7, "01" + name(bad) + "00 00")},
    });
  }
}

TEST_CASE("types, limits and kinds have known forms") {
  const auto import = [](const std::string& type) {
    return wasm_section(2, "01 01 61 01 62" + type);
  };
  check_pairs({
      {"import kind", import("00 00"), import("05 00")},
      {"import kind 128", import("00 00"), import("80 00")},
      {"export kind", wasm_section(7, "01 01 61 04 00"), wasm_section(7, "01 01 61 05 00")},
      {"table limits", wasm_section(4, "01 70 00 00"), wasm_section(4, "01 70 08 00")},
      {"memory limits", wasm_section(5, "01 00 00"), wasm_section(5, "01 10 00")},
      {"flags are a byte", wasm_section(5, "01 01 00 00"), wasm_section(5, "01 81 00 00 00")},
      {"shared without maximum", wasm_section(5, "01 03 01 02"), wasm_section(5, "01 02 01")},
      {"maximum missing", wasm_section(5, "01 01 01 02"), wasm_section(5, "01 01 01")},
      {"mutability", wasm_section(6, "01 7f 01 41 00 0b"), wasm_section(6, "01 7f 02 41 00 0b")},
      {"a table of numbers", wasm_section(4, "01 6f 00 00"), wasm_section(4, "01 7f 00 00")},
      {"a value type", wasm_section(1, "01 60 01 7f 00"), wasm_section(1, "01 60 01 40 00")},
      {"packed outside of a field", wasm_section(1, "01 5e 78 00"),
       wasm_section(1, "01 60 01 78 00")},
      {"a type's form", wasm_section(1, "01 5f 00"), wasm_section(1, "01 7f 00")},
      {"a form above a byte's", wasm_section(1, "01 50 00 5f 00"),
       wasm_section(1, "01 50 00 50 00 5f 00")},
      {"tag attribute", wasm_section(13, "01 00 00"), wasm_section(13, "01 01 00")},
      {"element flags", wasm_section(9, "01 07 70 00"), wasm_section(9, "01 08 70 00")},
      {"element kind", wasm_section(9, "01 01 00 00"), wasm_section(9, "01 01 01 00")},
      {"element type", wasm_section(9, "01 05 70 01 d2 00 0b"),
       wasm_section(9, "01 05 7f 01 d2 00 0b")},
      {"data flags", wasm_section(11, "01 02 00 41 00 0b 00"),
       wasm_section(11, "01 03 00 41 00 0b 00")},
      {"length of data", wasm_section(11, "01 01 02 61 62"), wasm_section(11, "01 01 03 61 62")},
      {"shorter data", wasm_section(11, "01 01 02 61 62"), wasm_section(11, "01 01 01 61 62")},
  });
}

TEST_CASE("function bodies end with their last instruction") {
  check_bodies({
      {"no end", "00 01 0b", "00 01 01"},
      {"no end of a block", "00 02 40 0b 0b", "00 02 40 01 0b"},
      {"bytes after the end", "00 01 0b", "00 0b 01"},
      {"else without if", "00 04 40 05 0b 0b", "00 02 40 05 0b 0b"},
      {"else twice", "00 04 40 05 0b 0b", "00 04 40 05 05 0b 0b"},
      {"delegate without try", "00 06 40 18 00 0b", "00 18 00 0b"},
      {"an opcode that is never assigned", "00 00 0b", "00 00 ff 0b"},
      {"an opcode of nothing", "00 c4 0b", "00 c5 0b"},
      {"an instruction cut short", "00 20 00 0b", "00 20"},
      {"too few targets", "00 0e 01 00 00 0b", "00 0e 02 00 00 0b"},
      {"too few groups of locals", "01 01 7f 0b", "02 01 7f 0b"},
      {"too many locals", "01 ff ff ff ff 0f 7f 0b", "02 ff ff ff ff 0f 7f 01 7f 0b"},
      {"flags of a memory access", "00 28 02 00 0b", "00 28 80 01 00 0b"},
      {"the only memory", "00 3f 00 0b", "00 3f 01 0b"},
      {"the only memory in two bytes", "00 40 00 0b", "00 40 80 00 0b"},
      {"kind of a catch clause", "00 1f 40 01 03 00 0b 0b", "00 1f 40 01 04 00 0b 0b"},
      {"flags of a cast", "00 fb 18 03 00 6e 6b 0b", "00 fb 18 04 00 6e 6b 0b"},
      {"bytes of a constant", "00 43 00 00 00 00 0b", "00 43 00 00 00"},
      {"bytes of a vector", "00 fd 0c 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 0b",
       "00 fd 0c 00 00 00 00 00 00 00 00"},
  });
  check_pairs({
      {"a body's length", kTypes + kFunctions + wasm_section(10, "01 02 00 0b"),
       kTypes + kFunctions + wasm_section(10, "01 03 00 0b")},
      {"an initial value's end", wasm_section(6, "01 7f 00 41 00 0b"),
       wasm_section(6, "01 7f 00 41 00")},
      {"an opcode of nothing in a constant", wasm_section(9, "01 05 70 01 d2 00 0b"),
       wasm_section(9, "01 05 70 01 f3 00 0b")},
  });
}

TEST_CASE("offsets and memory indexes have the form of the module's memories") {
  const auto with_memory = [](const std::string& memories, const std::string& code) {
    const uint8_t size[] = {static_cast<uint8_t>(from_spaced_hex(code).size())};
    const uint8_t section[] = {static_cast<uint8_t>(size[0] + 2)};
    return kTypes + kFunctions + wasm_section(5, memories) + "0a" + to_hex(section) + "01" +
           to_hex(size) + code;
  };
  const std::string one = "01 00 00";
  const std::string one64 = "01 04 00";
  const std::string two = "02 00 00 00 00";
  const std::string wide = "00 42 00 28 02 ff ff ff ff 1f 1a 0b";
  check_pairs({
      {"33 bits in a memory of 32", with_memory(one64, wide), with_memory(one, wide)},
      {"11 bytes in a memory of 64",
       with_memory(one64, "00 42 00 28 02 80 80 80 80 80 80 80 80 80 00 1a 0b"),
       with_memory(one64, "00 42 00 28 02 80 80 80 80 80 80 80 80 80 80 00 1a 0b")},
      {"the second memory", with_memory(two, "00 3f 01 1a 0b"), with_memory(one, "00 3f 01 1a 0b")},
      {"a copy between memories", with_memory(two, "00 41 00 41 00 41 00 fc 0a 01 00 0b"),
       with_memory(two, "00 41 00 41 00 41 00 fc 0a 01 0b")},
      {"a 64-bit maximum of a table", wasm_section(4, "01 70 05 00 ff ff ff ff ff ff ff ff ff 01"),
       wasm_section(4, "01 70 01 00 ff ff ff ff ff ff ff ff ff 01")},
      {"recursion groups do not nest", wasm_section(1, "01 4e 01 4f 00 5f 00"),
       wasm_section(1, "01 4e 01 4e 01 5f 00")},
      {"a field's mutability", wasm_section(1, "01 5f 01 78 01"),
       wasm_section(1, "01 5f 01 78 02")},
      {"tags come before globals", kTypes + wasm_section(13, "01 00 00") + wasm_section(6, "00"),
       kTypes + wasm_section(6, "00") + wasm_section(13, "01 00 00")},
  });
}

TEST_CASE("code that names data segments needs a data count section") {
  const auto with_code = [](const std::string& count, const std::string& instruction) {
    const uint8_t size[] = {static_cast<uint8_t>(from_spaced_hex(instruction).size() + 2)};
    return kTypes + kFunctions + count +
           wasm_section(10, "01" + to_hex(size) + "00" + instruction + "0b") +
           wasm_section(11, "01 01 00");
  };
  const std::string count = wasm_section(12, "01");
  for (const char* instruction : {"fc 08 00 00", "fc 09 00", "fb 09 00 00", "fb 12 00 00"})
    check_pairs({{instruction, with_code(count, instruction), with_code("", instruction)}});
}

TEST_CASE("the outer structure of components is checked, and the core modules in them") {
  const std::string core(kCorePreamble);
  const std::string component(kComponentPreamble);
  check_pairs(
      {
          {"section id", wasm_section(12, "00"), wasm_section(13, "00")},
          {"length", wasm_section(8, "00"), "08 02 00"},
          {"custom name", wasm_section(0, "01 61"), wasm_section(0, "01 ff")},
          {"zeros", wasm_section(0, "00"), "00 00"},
          {"core module", wasm_section(1, core + kTypes), wasm_section(1, core + kTypes + "00")},
          {"preamble of a core module", wasm_section(1, core), wasm_section(1, component)},
          {"preamble of a component", wasm_section(4, component), wasm_section(4, core)},
          {"functions without code", wasm_section(1, core + kTypes + kFunctions + kCode),
           wasm_section(1, core + kTypes + kFunctions)},
          {"count of exports", wasm_section(11, "01 00 01 61 01 00 00"),
           wasm_section(11, "02 00 01 61 01 00 00")},
          {"name of an export", wasm_section(11, "01 00 01 61 01 00 00"),
           wasm_section(11, "01 00 01 ff 01 00 00")},
          {"name of an import", wasm_section(10, "01 00 01 61 01 00"),
           wasm_section(10, "01 00 01 ff 01 00")},
      },
      kComponentPreamble);
}
