// WebAssembly modules for tests, byte by byte.
#pragma once

#include <string_view>
#include <vector>

#include "support/random.h"
#include "vde/text.h"

namespace vde::test {

// Parses "00 61 73 6d" and so on, ignoring spaces.
[[nodiscard]] inline std::vector<uint8_t> from_spaced_hex(std::string_view text) {
  std::string digits;
  for (const char c : text)
    if (c != ' ' && c != '\n') digits += c;
  return *from_hex(digits);
}

// A section as hexadecimal text, with its length in one byte (in two from 128 on).
[[nodiscard]] inline std::string wasm_section(uint8_t id, std::string_view content) {
  const size_t size = from_spaced_hex(content).size();
  std::vector<uint8_t> head{id, static_cast<uint8_t>(size & 0x7F)};
  if (size > 0x7F) {
    head[1] |= 0x80;
    head.push_back(static_cast<uint8_t>(size >> 7));
  }
  return to_hex(head) + std::string(content);
}

// A module as hexadecimal text: one memory, and one function with these locals and instructions.
[[nodiscard]] inline std::string wasm_with_code(std::string_view body) {
  const uint8_t size[] = {static_cast<uint8_t>(from_spaced_hex(body).size())};
  return wasm_section(1, "01 60 00 00") + wasm_section(3, "01 00") + wasm_section(5, "01 00 01") +
         wasm_section(10, "01" + to_hex(size) + std::string(body));
}

inline constexpr std::string_view kCorePreamble = "00 61 73 6d 01 00 00 00";
inline constexpr std::string_view kComponentPreamble = "00 61 73 6d 0d 00 01 00";

// A valid module that exports the function _start, which does nothing.
inline constexpr std::string_view kStartModule =
    "00 61 73 6d 01 00 00 00"
    "01 04 01 60 00 00"                    // types: () -> ()
    "03 02 01 00"                          // functions: one of type 0
    "07 0a 01 06 5f 73 74 61 72 74 00 00"  // exports: "_start", function 0
    "0a 04 01 02 00 0b";                   // code: nothing
inline constexpr size_t kMinWasm = 43;     // minimum number of bytes for wasm_of_size

// `bytes` extended to `size` bytes by a custom section of random content.
[[nodiscard]] inline std::vector<uint8_t> with_custom_section(std::vector<uint8_t> bytes,
                                                              size_t size, uint64_t seed) {
  const size_t content = size - bytes.size() - 6;
  bytes.push_back(0);
  for (unsigned i = 0; i < 5; ++i)
    bytes.push_back(static_cast<uint8_t>((content >> (7 * i) & 0x7F) | (i < 4 ? 0x80 : 0)));
  bytes.push_back(0);  // the section's name
  Random random(seed);
  while (bytes.size() < size) bytes.push_back(static_cast<uint8_t>(random.next()));
  return bytes;
}

// kStartModule with such a section.
[[nodiscard]] inline std::vector<uint8_t> wasm_of_size(size_t size, uint64_t seed) {
  return with_custom_section(from_spaced_hex(kStartModule), size, seed);
}

// A component without exports, which can be registered only with `force`; it is not validated in a
// separate process.
[[nodiscard]] inline std::vector<uint8_t> component_of_size(size_t size, uint64_t seed) {
  return with_custom_section(from_spaced_hex("00 61 73 6d 0d 00 01 00"), size, seed);
}

}  // namespace vde::test
