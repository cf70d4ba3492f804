#include "format/wasm/input.h"

#include <fmt/format.h>

#include <algorithm>

namespace vde {
namespace {

constexpr uint8_t kMoreFollow = 0x80;
constexpr std::string_view kEndsEarly = "it ends too early";
constexpr std::string_view kTooLong = "a number has too many bytes";
constexpr std::string_view kTooLarge = "a number has more bits than its field";

// Accepts UTF-8 byte by byte, in constant memory.
class Utf8Check {
 public:
  // False if `byte` cannot follow the bytes before it.
  bool add(uint8_t byte) {
    if (missing_ == 0) return start(byte);
    if (byte < min_ || byte > max_) return false;
    min_ = 0x80;
    max_ = 0xBF;
    --missing_;
    return true;
  }
  [[nodiscard]] bool complete() const { return missing_ == 0; }

 private:
  bool start(uint8_t first) {
    if (first < 0x80) return true;
    if (first < 0xC2 || first > 0xF4) return false;
    missing_ = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    // No overlong forms, no surrogates, nothing above U+10FFFF.
    min_ = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    max_ = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    return true;
  }

  unsigned missing_ = 0;  // bytes of the current character
  uint8_t min_ = 0x80;    // of the next byte
  uint8_t max_ = 0xBF;
};

}  // namespace

WasmInput::WasmInput(const ByteSource& source, ByteRange range)
    : source_(source), source_end_(range.end), end_(range.end), at_(range.begin) {}

Result<void> WasmInput::result() const {
  return state_ == State::kFailed ? Result<void>(tl::make_unexpected(error_)) : Result<void>{};
}

void WasmInput::stop(State state) {
  state_ = state;
  limit_ = 0;
}

void WasmInput::malformed(std::string_view why) {
  if (!ok()) return;
  error_.code = ErrorCode::kMalformed;
  error_.message = fmt::format("malformed WebAssembly: {}, at byte {}", why, at_);
  stop(State::kFailed);
}

void WasmInput::unknown() {
  if (!ok()) return;
  understood_ = false;
  stop(State::kUnknown);
}

void WasmInput::set_end(uint64_t end) {
  end_ = end;
  const bool held = at_ >= window_at_ && at_ - window_at_ <= window_size_;
  limit_ = held ? std::min(end_, window_at_ + window_size_) : 0;
}

void WasmInput::fetch() {
  const uint64_t count = std::min<uint64_t>(source_end_ - at_, window_.size());
  Result<void> read = source_(at_, MutableBytes(window_).first(count));
  if (!read) {
    error_ = std::move(read.error());
    return stop(State::kFailed);
  }
  window_at_ = at_;
  window_size_ = count;
  set_end(end_);
}

uint8_t WasmInput::slow_byte() {
  if (!ok()) return 0;
  if (at_ >= end_) {
    malformed(kEndsEarly);
    return 0;
  }
  fetch();
  return ok() ? window_[at_++ - window_at_] : uint8_t{0};
}

uint8_t WasmInput::peek() {
  const uint8_t next = byte();
  if (ok()) --at_;
  return next;
}

void WasmInput::skip(uint64_t bytes) {
  if (!ok()) return;
  if (bytes > end_ - at_) return malformed(kEndsEarly);
  at_ += bytes;
  set_end(end_);
}

uint64_t WasmInput::unsigned_number(unsigned bits) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < bits; shift += 7) {
    const uint8_t next = byte();
    const uint64_t part = next & 0x7Fu;
    if (bits - shift < 7 && part >> (bits - shift) != 0) {
      malformed((next & kMoreFollow) != 0 ? kTooLong : kTooLarge);
      return 0;
    }
    value |= part << shift;
    if ((next & kMoreFollow) == 0) return ok() ? value : 0;
  }
  malformed(kTooLong);
  return 0;
}

uint32_t WasmInput::u32() {
  return static_cast<uint32_t>(unsigned_number(32));
}

uint64_t WasmInput::u64() {
  return unsigned_number(64);
}

int64_t WasmInput::signed_number(unsigned bits) {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < bits; shift += 7) {
    const uint8_t next = byte();
    value |= static_cast<uint64_t>(next & 0x7F) << shift;
    if ((next & kMoreFollow) != 0) continue;
    const unsigned used = std::min(bits - shift, 7u);
    // The sign bit and the unused bits above it must be equal.
    const uint8_t top = static_cast<uint8_t>(0x7F << (used - 1)) & 0x7F;
    if ((next & top) != 0 && (next & top) != top) malformed(kTooLarge);
    const bool negative = (next & 0x40) != 0;
    if (negative && shift + 7 < 64) value |= ~uint64_t{0} << (shift + 7);
    return ok() ? static_cast<int64_t>(value) : 0;
  }
  malformed(kTooLong);
  return 0;
}

WasmName WasmInput::name() {
  WasmName name;
  name.size = u32();
  if (name.size > left()) malformed(kEndsEarly);
  Utf8Check check;
  for (uint64_t i = 0; i < name.size && ok(); ++i) {
    const uint8_t next = byte();
    if (i < WasmName::kMaxText) name.text += static_cast<char>(next);
    if (!check.add(next)) malformed("a name is not UTF-8");
  }
  if (!check.complete()) malformed("a name is not UTF-8");
  return ok() ? name : WasmName{};
}

uint64_t WasmInput::begin_part(uint64_t bytes) {
  const uint64_t mark = end_;
  if (bytes > left()) malformed("a length exceeds what follows");
  if (ok()) set_end(at_ + bytes);
  return mark;
}

void WasmInput::end_part(uint64_t mark) {
  if (state_ == State::kFailed) return;
  if (ok() && at_ != end_) return malformed("bytes are left after the last item");
  state_ = State::kReading;
  at_ = end_;
  set_end(mark);
}

}  // namespace vde
