#include "vde/guid.h"

#include <sys/random.h>

#include <cstdlib>

#include "vde/text.h"

namespace vde {
namespace {

// The offset on disk of each byte, in text order.
constexpr std::array<size_t, 16> kTextOrder = {3, 2, 1,  0,  5,  4,  7,  6,
                                               8, 9, 10, 11, 12, 13, 14, 15};

bool dash_before(size_t byte) {
  return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

}  // namespace

std::string to_string(const Guid& guid) {
  std::string text;
  text.reserve(36);
  for (size_t i = 0; i < kTextOrder.size(); ++i) {
    if (dash_before(i)) text += '-';
    text += to_hex(Bytes(&guid.bytes[kTextOrder[i]], 1));
  }
  return text;
}

std::optional<Guid> parse_guid(std::string_view text) {
  if (text.size() == 38 && text.front() == '{' && text.back() == '}') text = text.substr(1, 36);
  if (text.size() != 36) return std::nullopt;
  Guid guid;
  size_t at = 0;
  for (size_t i = 0; i < kTextOrder.size(); ++i) {
    if (dash_before(i) && text[at++] != '-') return std::nullopt;
    const auto byte = from_hex(text.substr(at, 2));
    if (!byte) return std::nullopt;
    guid.bytes[kTextOrder[i]] = byte->front();
    at += 2;
  }
  return guid;
}

Guid as_version_8(Guid guid) {
  guid.bytes[7] = static_cast<uint8_t>((guid.bytes[7] & 0x0f) | 0x80);
  guid.bytes[8] = static_cast<uint8_t>((guid.bytes[8] & 0x3f) | 0x80);
  return guid;
}

Guid random_guid() {
  Guid guid;
  // getrandom never returns fewer than 16 bytes when it succeeds; without entropy nothing is safe.
  if (getrandom(guid.bytes.data(), guid.bytes.size(), 0) != 16) std::abort();
  guid.bytes[7] = static_cast<uint8_t>((guid.bytes[7] & 0x0f) | 0x40);
  guid.bytes[8] = static_cast<uint8_t>((guid.bytes[8] & 0x3f) | 0x80);
  return guid;
}

}  // namespace vde
