// One table of fields for each structure on disk. The table alone defines the offset and encoding
// of each field: decoding, encoding, `dump`, the layout tests and the fuzzers all use it, so they
// cannot disagree.
#pragma once

#include <array>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "base/endian.h"
#include "vde/bytes.h"
#include "vde/guid.h"
#include "vde/ticks.h"

namespace vde {

// A four-character code, e.g. "TAGI", as the number that the text spells in big-endian order.
struct BlockType {
  uint32_t value = 0;
  bool operator==(const BlockType&) const = default;
};

// Text in a fixed number of bytes, padded with zeros.
template <size_t N>
struct Text {
  std::array<uint8_t, N> bytes{};
  bool operator==(const Text&) const = default;

  [[nodiscard]] std::string_view view() const {
    const std::string_view all(reinterpret_cast<const char*>(bytes.data()), N);
    return all.substr(0, std::min(all.find('\0'), N));
  }
};

template <size_t N>
using Opaque = std::array<uint8_t, N>;

enum class FieldKind : uint8_t {
  kUnsigned,   // little-endian, 1 to 8 bytes
  kSigned,     // little-endian two's complement
  kReal,       // IEEE 754, 4 or 8 bytes
  kTicks,      // 8 bytes
  kGuid,       // 16 bytes, .NET order
  kBlockType,  // 4 bytes
  kText,       // zero-padded UTF-8
  kBytes,      // anything else: hashes, keys, reserved bytes
};

// The position of a field in its structure. Offsets and widths are in bytes.
struct Field {
  std::string_view name;
  uint32_t offset = 0;
  uint32_t width = 0;
  FieldKind kind = FieldKind::kUnsigned;
};

namespace detail {

template <class T>
struct FieldTraits {
  static_assert(std::is_integral_v<T>, "a field is an integer or one of the types of field.h");
  static constexpr FieldKind kKind =
      std::is_signed_v<T> ? FieldKind::kSigned : FieldKind::kUnsigned;
  static constexpr uint32_t kWidth = sizeof(T);
  static T load(Bytes bytes) { return load_le<T>(bytes, 0); }
  static void store(MutableBytes bytes, T value) { store_le<T>(bytes, 0, value); }
};

template <size_t N>
struct FieldTraits<Opaque<N>> {
  static constexpr FieldKind kKind = FieldKind::kBytes;
  static constexpr uint32_t kWidth = N;
  static Opaque<N> load(Bytes bytes) {
    Opaque<N> value;
    std::memcpy(value.data(), bytes.first(N).data(), N);
    return value;
  }
  static void store(MutableBytes bytes, const Opaque<N>& value) {
    std::memcpy(bytes.first(N).data(), value.data(), N);
  }
};

template <size_t N>
struct FieldTraits<Text<N>> {
  static constexpr FieldKind kKind = FieldKind::kText;
  static constexpr uint32_t kWidth = N;
  static Text<N> load(Bytes bytes) { return {FieldTraits<Opaque<N>>::load(bytes)}; }
  static void store(MutableBytes bytes, const Text<N>& value) {
    FieldTraits<Opaque<N>>::store(bytes, value.bytes);
  }
};

template <>
struct FieldTraits<Guid> {
  static constexpr FieldKind kKind = FieldKind::kGuid;
  static constexpr uint32_t kWidth = 16;
  static Guid load(Bytes bytes) { return {FieldTraits<Opaque<16>>::load(bytes)}; }
  static void store(MutableBytes bytes, const Guid& value) {
    FieldTraits<Opaque<16>>::store(bytes, value.bytes);
  }
};

template <>
struct FieldTraits<Ticks> {
  static constexpr FieldKind kKind = FieldKind::kTicks;
  static constexpr uint32_t kWidth = 8;
  static Ticks load(Bytes bytes) { return {load_le<int64_t>(bytes, 0)}; }
  static void store(MutableBytes bytes, Ticks value) { store_le(bytes, 0, value.value); }
};

template <>
struct FieldTraits<BlockType> {
  static constexpr FieldKind kKind = FieldKind::kBlockType;
  static constexpr uint32_t kWidth = 4;
  static BlockType load(Bytes bytes) { return {load_le<uint32_t>(bytes, 0)}; }
  static void store(MutableBytes bytes, BlockType value) { store_le(bytes, 0, value.value); }
};

}  // namespace detail

// A field and the member that holds its value.
template <class Structure, class Member>
struct BoundField {
  using Traits = detail::FieldTraits<Member>;
  Field field;
  Member Structure::*member;
};

template <class Structure, class Member>
constexpr BoundField<Structure, Member> field(uint32_t offset, std::string_view name,
                                              Member Structure::*member) {
  using Traits = detail::FieldTraits<Member>;
  return {{name, offset, Traits::kWidth, Traits::kKind}, member};
}

// The fields of one structure, in the order of their offsets.
template <class Structure, class... Members>
class Layout {
 public:
  constexpr explicit Layout(std::string_view name, BoundField<Structure, Members>... fields)
      : name_(name), list_{fields.field...}, bound_(fields...) {}

  [[nodiscard]] constexpr std::string_view name() const { return name_; }
  [[nodiscard]] constexpr std::span<const Field> fields() const { return list_; }
  // Bytes from the structure's start to the end of its last field.
  [[nodiscard]] constexpr uint32_t size() const { return list_.back().offset + list_.back().width; }

  // True if the fields cover every byte from 0 to `size`, each once.
  [[nodiscard]] constexpr bool covers(uint32_t size) const {
    uint32_t at = 0;
    for (const Field& field : list_) {
      if (field.offset != at) return false;
      at += field.width;
    }
    return at == size;
  }

  // Reads the fields that lie completely within `bytes`; the others keep their defaults. Only
  // structures that can be truncated by their block are decoded from fewer than size() bytes.
  [[nodiscard]] Structure decode(Bytes bytes) const {
    Structure value;
    each([&](const auto& bound) {
      using Traits = typename std::decay_t<decltype(bound)>::Traits;
      if (bytes.size() < bound.field.offset + bound.field.width) return;
      value.*bound.member = Traits::load(bytes.subspan(bound.field.offset, bound.field.width));
    });
    return value;
  }

  // Writes the fields that fit, and changes no other byte.
  void encode(const Structure& value, MutableBytes bytes) const {
    each([&](const auto& bound) {
      using Traits = typename std::decay_t<decltype(bound)>::Traits;
      if (bytes.size() < bound.field.offset + bound.field.width) return;
      Traits::store(bytes.subspan(bound.field.offset, bound.field.width), value.*bound.member);
    });
  }

 private:
  template <class Action>
  void each(Action&& action) const {
    std::apply([&](const auto&... bound) { (action(bound), ...); }, bound_);
  }

  std::string_view name_;
  std::array<Field, sizeof...(Members)> list_;
  std::tuple<BoundField<Structure, Members>...> bound_;
};

}  // namespace vde
