// Shared by the codec tests: samples divided into blocks, comparison of structures with their
// listings, and bytes in readable form.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "format/block.h"
#include "support/vectors.h"

namespace vde::test {

// A sample image and its listing.
struct Sample {
  explicit Sample(const std::string& name);

  [[nodiscard]] Bytes payload(uint64_t block) const;
  // The payload of block `index` of the first region of type `tag`, which must exist.
  [[nodiscard]] Bytes payload(const char* tag, uint64_t index) const;

  std::vector<uint8_t> image;
  nlohmann::json listing;
  uint32_t block_size;
};

// Runs `action` for every sample whose listing has `member`, and fails if there is none.
void for_samples_with(const char* member, const std::function<void(const Sample&)>& action);

// The value of a field in the form of the listings.
[[nodiscard]] nlohmann::json listed_value(const Field& field, Bytes structure);

// Compares a structure at the start of `bytes` with its listing by decoding and encoding it: the
// encoded bytes must be equal. Every member of the listing must be a field, unless it is in
// `elsewhere`.
template <class StructureLayout>
void check_listed(const StructureLayout& layout, Bytes bytes, const nlohmann::json& listing,
                  const std::set<std::string>& elsewhere = {}) {
  const Bytes original = bytes.first(layout.size());
  std::vector<uint8_t> again(layout.size(), 0xEE);
  layout.encode(layout.decode(original), again);
  CHECK(std::equal(original.begin(), original.end(), again.begin(), again.end()));
  std::set<std::string> unseen = elsewhere;
  for (const auto& [name, value] : listing.items()) unseen.insert(name);
  for (const std::string& name : elsewhere) unseen.erase(name);
  for (const Field& field : layout.fields()) {
    const std::string name(field.name);
    if (unseen.erase(name) == 0) continue;
    CAPTURE(name);
    CHECK(listed_value(field, again) == listing[name]);
  }
  CHECK(unseen.empty());
}

// The encoding of a value.
template <class StructureLayout, class Structure>
[[nodiscard]] std::vector<uint8_t> bytes_of(const StructureLayout& layout, const Structure& value) {
  std::vector<uint8_t> bytes(layout.size(), 0xEE);
  layout.encode(value, bytes);
  return bytes;
}

// "01x32 02x16": the runs of equal bytes, for long structures.
[[nodiscard]] std::string runs(Bytes bytes);

// `count` bytes of `value`.
template <size_t N>
[[nodiscard]] Opaque<N> filled(uint8_t value) {
  Opaque<N> bytes;
  bytes.fill(value);
  return bytes;
}

// A copy of the first `count` bytes in memory of exactly that size, so that a sanitizer detects
// reads past them.
[[nodiscard]] std::vector<uint8_t> prefix(Bytes bytes, size_t count);

}  // namespace vde::test
