// Reading a WebAssembly file from front to back, with every step checked: bytes, LEB128 numbers and
// names within the section at hand.
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

  // From now on only `bytes` bytes are left, which are there; widen() undoes it.
  void narrow(uint64_t bytes) { end_ = at_ + bytes; }
  void widen() { end_ = size_; }
  // Goes on behind the section.
  void skip_section() { at_ = end_; }

  // Each kUnsupported where nothing like it is left.
  [[nodiscard]] Result<uint8_t> byte();
  [[nodiscard]] Result<void> skip(uint64_t bytes);
  // An unsigned LEB128 number of at most 32, or 64, bits.
  [[nodiscard]] Result<uint32_t> number();
  [[nodiscard]] Result<uint64_t> long_number();
  // A signed one of at most 33 bits is passed over.
  [[nodiscard]] Result<void> skip_signed();
  // A name is passed over; whether it is one of those.
  [[nodiscard]] Result<bool> name_is(std::string_view expected);

 private:
  [[nodiscard]] Result<void> fetch();

  const ByteSource& source_;
  uint64_t size_;
  uint64_t end_;     // of what may be read
  uint64_t at_ = 0;  // next byte
  std::array<uint8_t, 4096> window_{};
  uint64_t window_at_ = 0;
  uint64_t window_size_ = 0;
};

}  // namespace vde
