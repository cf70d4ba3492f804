#include "format/wasm_input.h"

#include <fmt/format.h>

#include <algorithm>

namespace vde {
namespace {

tl::unexpected<Error> ends_early(uint64_t at) {
  return fail(ErrorCode::kMalformed,
              fmt::format("invalid or truncated WebAssembly: it ends too early at byte {}", at));
}

constexpr uint8_t kMoreFollow = 0x80;

}  // namespace

Result<void> WasmInput::fetch() {
  if (at_ >= window_at_ && at_ - window_at_ < window_size_) return {};
  const uint64_t count = std::min<uint64_t>(size_ - at_, window_.size());
  VDE_TRY(source_(at_, MutableBytes(window_).first(count)));
  window_at_ = at_;
  window_size_ = count;
  return {};
}

Result<uint8_t> WasmInput::byte() {
  if (left() == 0) return ends_early(at_);
  VDE_TRY(fetch());
  return window_[at_++ - window_at_];
}

Result<void> WasmInput::skip(uint64_t bytes) {
  if (bytes > left()) return ends_early(at_);
  at_ += bytes;
  return {};
}

Result<uint64_t> WasmInput::long_number() {
  const uint64_t begin = at_;
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    VDE_TRY_ASSIGN(next, byte());
    const uint64_t bits = next & 0x7Fu;
    if (shift == 63 && bits > 1) break;
    value |= bits << shift;
    if ((next & kMoreFollow) == 0) return value;
  }
  return fail(ErrorCode::kMalformed,
              fmt::format("invalid WebAssembly: the number at byte {} is too long", begin));
}

Result<uint32_t> WasmInput::number() {
  const uint64_t begin = at_;
  VDE_TRY_ASSIGN(value, long_number());
  if (value > UINT32_MAX || at_ - begin > 5)
    return fail(ErrorCode::kMalformed,
                fmt::format("invalid WebAssembly: the number at byte {} is too large", begin));
  return static_cast<uint32_t>(value);
}

Result<void> WasmInput::skip_signed() {
  const uint64_t begin = at_;
  for (unsigned bytes = 0; bytes < 5; ++bytes) {
    VDE_TRY_ASSIGN(next, byte());
    if ((next & kMoreFollow) == 0) return {};
  }
  return fail(ErrorCode::kMalformed,
              fmt::format("invalid WebAssembly: the number at byte {} is too long", begin));
}

Result<bool> WasmInput::name_is(std::string_view expected) {
  VDE_TRY_ASSIGN(length, number());
  if (length > left()) return ends_early(at_);
  if (length != expected.size()) {
    at_ += length;
    return false;
  }
  bool same = true;
  for (const char letter : expected) {
    VDE_TRY_ASSIGN(found, byte());
    same = same && found == static_cast<uint8_t>(letter);
  }
  return same;
}

}  // namespace vde
