// Reads a WebAssembly file front to back with bounds checks: bytes, LEB128 numbers and names within
// the current section.
#pragma once

#include <array>
#include <optional>

#include "format/wasm_module.h"

namespace vde {

class WasmInput {
 public:
  WasmInput(const ByteSource& source, uint64_t size) : source_(source), size_(size), end_(size) {}

  [[nodiscard]] uint64_t at() const { return at_; }
  [[nodiscard]] uint64_t left() const { return end_ - at_; }

  // Limits reading to the next `bytes` bytes, which must exist; widen() removes the limit.
  void narrow(uint64_t bytes) { end_ = at_ + bytes; }
  void widen() { end_ = size_; }
  // Continues after the section.
  void skip_section() { at_ = end_; }

  // All of these return kMalformed if the input ends or the value is invalid.
  [[nodiscard]] Result<uint8_t> byte();
  [[nodiscard]] Result<void> skip(uint64_t bytes);
  // An unsigned LEB128 number of at most 32 or 64 bits.
  [[nodiscard]] Result<uint32_t> number();
  [[nodiscard]] Result<uint64_t> long_number();
  // Skips a signed number of at most 33 bits.
  [[nodiscard]] Result<void> skip_signed();
  // Reads a name, and returns whether it equals `expected`.
  [[nodiscard]] Result<bool> name_is(std::string_view expected);

 private:
  [[nodiscard]] Result<void> fetch();

  const ByteSource& source_;
  uint64_t size_;
  uint64_t end_;     // end of the readable bytes
  uint64_t at_ = 0;  // next byte
  std::array<uint8_t, 4096> window_{};
  uint64_t window_at_ = 0;
  uint64_t window_size_ = 0;
};

}  // namespace vde
