// Reads a part of a WebAssembly file front to back: bytes, LEB128 numbers and names. Reading stops
// at the first problem; every read returns 0 from then on, and the caller asks once at the end.
#pragma once

#include <array>
#include <string>

#include "format/wasm_module.h"

namespace vde {

struct WasmName {
  static constexpr size_t kMaxText = 256;  // bytes

  std::string text;   // at most kMaxText bytes of the start
  uint64_t size = 0;  // bytes

  [[nodiscard]] bool operator==(std::string_view other) const {
    return size == other.size() && text == other;
  }
  [[nodiscard]] bool complete() const { return text.size() == size; }
};

class WasmInput {
 public:
  // Reads the bytes `begin` to `end` of `source`, which must outlive this object.
  WasmInput(const ByteSource& source, ByteRange range);

  [[nodiscard]] uint64_t at() const { return at_; }
  [[nodiscard]] uint64_t left() const { return ok() ? end_ - at_ : 0; }
  // False once reading has stopped.
  [[nodiscard]] bool ok() const { return state_ == State::kReading; }
  // False if unknown() was called, also in a part that has ended.
  [[nodiscard]] bool understood() const { return understood_; }
  // The error that stopped reading: kMalformed, or that of the source.
  [[nodiscard]] Result<void> result() const;

  [[nodiscard]] uint8_t byte() { return at_ < limit_ ? window_[at_++ - window_at_] : slow_byte(); }
  [[nodiscard]] uint8_t peek();
  void skip(uint64_t bytes);
  // Unsigned numbers of at most 32 or 64 bits. The result of this and the next two may be unused.
  uint32_t u32();
  uint64_t u64();
  // A signed number of at most `bits` bits.
  int64_t signed_number(unsigned bits);
  // UTF-8, after its length.
  WasmName name();

  // Stops reading because the bytes at the current position are malformed. `why` is a clause.
  void malformed(std::string_view why);
  // Stops reading because of a form that this reader does not know. end_part() resumes.
  void unknown();

  // Limits reading to the next `bytes` bytes. Returns the mark that end_part() needs.
  [[nodiscard]] uint64_t begin_part(uint64_t bytes);
  // Ends the part: malformed if bytes of it are left, unless the rest is unknown.
  void end_part(uint64_t mark);

 private:
  enum class State { kReading, kUnknown, kFailed };

  [[nodiscard]] uint8_t slow_byte();
  void fetch();
  void stop(State state);
  void set_end(uint64_t end);
  [[nodiscard]] uint64_t unsigned_number(unsigned bits);

  const ByteSource& source_;
  State state_ = State::kReading;
  bool understood_ = true;
  Error error_;
  uint64_t source_end_;  // end of the bytes that may be fetched
  uint64_t end_;         // end of the current part
  uint64_t at_;          // next byte
  uint64_t limit_ = 0;   // end of the bytes that the window holds of the part; 0 after a stop
  uint64_t window_at_ = 0;
  uint64_t window_size_ = 0;
  std::array<uint8_t, 4096> window_{};
};

// Calls `item` `count` times, or until reading stops. Every item takes at least one byte, so that
// the loop ends where the input does, whatever the count is.
template <class Item>
void read_items(WasmInput& input, uint32_t count, Item item) {
  for (uint32_t i = 0; i < count && input.ok(); ++i) item();
}

}  // namespace vde
