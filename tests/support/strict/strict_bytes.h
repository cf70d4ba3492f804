// Bounds-checked reading for the strict reader. A read past the end throws, as in the SDK; each
// region's reader turns that into an outcome.
#pragma once

#include <array>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "base/endian.h"

namespace vde::test::strict {

// Why a region, a group or the directory cannot be read.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Reads forward through the given bytes; throws Failure if there are too few.
class Cursor {
 public:
  explicit Cursor(Bytes bytes, size_t offset = 0) : bytes_(bytes), offset_(offset) {}

  // The number of bytes before and after the cursor.
  [[nodiscard]] size_t offset() const { return offset_; }
  [[nodiscard]] size_t left() const {
    return offset_ > bytes_.size() ? 0 : bytes_.size() - offset_;
  }

  Bytes take(size_t count) {
    if (count > left()) throw Failure("a field lies past the end of its space");
    const Bytes taken = bytes_.subspan(offset_, count);
    offset_ += count;
    return taken;
  }
  template <std::integral T>
  T number() {
    return load_le<T>(take(sizeof(T)), 0);
  }
  template <size_t N>
  std::array<uint8_t, N> array() {
    std::array<uint8_t, N> value{};
    std::memcpy(value.data(), take(N).data(), N);
    return value;
  }
  std::string text(size_t length) {
    const Bytes taken = take(length);
    return std::string(taken.begin(), taken.end());
  }

 private:
  Bytes bytes_;
  size_t offset_;
};

}  // namespace vde::test::strict
