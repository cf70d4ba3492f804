// Reads and writes records of variable length, front to back, with bounds checks.
#pragma once

#include <algorithm>
#include <concepts>
#include <optional>

#include "base/endian.h"

namespace vde {

// Reads values from the front of a span. A value that does not fit is not consumed.
class Reader {
 public:
  explicit Reader(Bytes bytes) : left_(bytes) {}

  [[nodiscard]] Bytes left() const { return left_; }

  [[nodiscard]] std::optional<Bytes> take(size_t count) {
    if (count > left_.size()) return std::nullopt;
    const Bytes taken = left_.first(count);
    left_ = left_.subspan(count);
    return taken;
  }

  template <std::integral T>
  [[nodiscard]] std::optional<T> load() {
    const auto bytes = take(sizeof(T));
    if (!bytes) return std::nullopt;
    return load_le<T>(*bytes, 0);
  }

 private:
  Bytes left_;
};

// Writes values to the front of a span. The caller must check that they fit.
class Writer {
 public:
  explicit Writer(MutableBytes bytes) : left_(bytes) {}

  [[nodiscard]] MutableBytes left() const { return left_; }

  [[nodiscard]] MutableBytes skip(size_t count) {
    const MutableBytes skipped = left_.first(count);
    left_ = left_.subspan(count);
    return skipped;
  }

  template <std::integral T>
  void store(T value) {
    store_le<T>(skip(sizeof(T)), 0, value);
  }

  void copy(Bytes bytes) { std::copy(bytes.begin(), bytes.end(), skip(bytes.size()).begin()); }

 private:
  MutableBytes left_;
};

}  // namespace vde
