#include "listing.h"

#include <fmt/format.h>

#include <stdexcept>

#include "vde/text.h"

namespace vde::test {

Sample::Sample(const std::string& name)
    : image(vector_image(name)),
      listing(vector_listing(name)),
      block_size(listing.at("block_size").get<uint32_t>()) {}

Bytes Sample::payload(uint64_t block) const {
  return Bytes(image).subspan(block * block_size, payload_size(block_size));
}

Bytes Sample::payload(const char* tag, uint64_t index) const {
  for (const auto& region : listing.at("regions"))
    if (region.at("tag") == tag) return payload(region.at("start").get<uint64_t>() + index);
  throw std::runtime_error(fmt::format("the sample has no {}", tag));
}

void for_samples_with(const char* member, const std::function<void(const Sample&)>& action) {
  int seen = 0;
  for (const std::string& name : vector_names()) {
    if (!vector_listing(name).contains(member)) continue;
    CAPTURE(name);
    action(Sample(name));
    ++seen;
  }
  CHECK(seen > 0);
}

nlohmann::json listed_value(const Field& field, Bytes structure) {
  const Bytes bytes = structure.subspan(field.offset, field.width);
  const auto little_endian = [&] {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size(); ++i) value |= uint64_t{bytes[i]} << (8 * i);
    return value;
  };
  switch (field.kind) {
    case FieldKind::kUnsigned:
      return little_endian();
    case FieldKind::kSigned:
      if (field.width == 2) return static_cast<int16_t>(little_endian());
      if (field.width == 4) return static_cast<int32_t>(little_endian());
      return static_cast<int64_t>(little_endian());
    case FieldKind::kReal:
      throw std::runtime_error("no listed structure has a real number");
    case FieldKind::kTicks:
      return static_cast<int64_t>(little_endian());
    case FieldKind::kGuid: {
      Guid guid;
      std::copy(bytes.begin(), bytes.end(), guid.bytes.begin());
      return to_string(guid);
    }
    case FieldKind::kBlockType:
      return to_string(BlockType{static_cast<uint32_t>(little_endian())});
    case FieldKind::kText: {
      const std::string text(bytes.begin(), bytes.end());
      return text.substr(0, text.find('\0'));
    }
    case FieldKind::kBytes:
      return to_hex(bytes);
  }
  throw std::runtime_error("a field of no kind");
}

std::string runs(Bytes bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size();) {
    size_t end = i;
    while (end < bytes.size() && bytes[end] == bytes[i]) ++end;
    text += fmt::format("{}{:02x}x{}", text.empty() ? "" : " ", bytes[i], end - i);
    i = end;
  }
  return text;
}

std::vector<uint8_t> prefix(Bytes bytes, size_t count) {
  std::vector<uint8_t> copy(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
  copy.shrink_to_fit();
  return copy;
}

}  // namespace vde::test
