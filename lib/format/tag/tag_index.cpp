#include "format/tag/tag_index.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "base/cursor.h"
#include "format/tag/tag_inner.h"
#include "format/tag/tag_leaf.h"

namespace vde {
namespace {

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// A length byte and that many bytes of text.
std::optional<std::string> take_text(Reader& reader) {
  const auto length = reader.load<uint8_t>();
  if (!length) return std::nullopt;
  const auto bytes = reader.take(*length);
  if (!bytes) return std::nullopt;
  return std::string(bytes->begin(), bytes->end());
}

void put_text(Writer& writer, std::string_view text) {
  writer.store(static_cast<uint8_t>(text.size()));
  writer.copy(bytes_of(text));
}

std::optional<TagEntry> take_entry(Reader& reader) {
  auto key = take_text(reader);
  if (!key) return std::nullopt;
  auto value = take_text(reader);
  if (!value) return std::nullopt;
  const auto inode = reader.load<int64_t>();
  const auto block = reader.load<int64_t>();
  if (!inode || !block) return std::nullopt;
  return TagEntry{std::move(*key), std::move(*value), *inode, *block};
}

Result<TagNode> decode_leaf(Bytes body, unsigned count) {
  if (body.size() < kTagLinkSize)
    return fail(ErrorCode::kDamaged, "the block is too small for a tag leaf");
  TagNode node;
  Reader reader(body.first(body.size() - kTagLinkSize));
  for (unsigned i = 0; i < count; ++i) {
    auto entry = take_entry(reader);
    if (!entry)
      return fail(ErrorCode::kDamaged,
                  fmt::format("entry {} of {} of a tag leaf runs past its block", i + 1, count));
    node.entries.push_back(std::move(*entry));
  }
  node.next_leaf = load_le<int32_t>(body.last(kTagLinkSize), 0);
  return node;
}

Writer begin_node(uint8_t type, size_t count, MutableBytes payload) {
  std::fill(payload.begin(), payload.end(), uint8_t{0});
  Writer writer(payload);
  writer.store(type);
  writer.store(static_cast<uint16_t>(count));
  return writer;
}

Result<void> check_lengths(const TagNode& node) {
  const auto too_long = [](const std::string& text) { return text.size() > kMaxTagKey; };
  const bool long_entry = std::any_of(
      node.entries.begin(), node.entries.end(),
      [&](const TagEntry& entry) { return too_long(entry.key) || too_long(entry.value); });
  if (long_entry || std::any_of(node.keys.begin(), node.keys.end(), too_long))
    return fail(ErrorCode::kUsage, "a tag's key and value have at most 255 bytes each");
  if (!node.leaf && node.children.size() != node.keys.size() + 1)
    return fail(ErrorCode::kUsage, fmt::format("a tag node with {} keys has {} children",
                                               node.keys.size(), node.children.size()));
  return {};
}

bool is_usable(Bytes bits, uint32_t bit_count, uint32_t hashes) {
  return bit_count > 0 && hashes > 0 && uint64_t{bit_count} <= uint64_t{bits.size()} * 8;
}

uint64_t bloom_bit(std::string_view key, uint32_t seed, uint32_t bit_count) {
  return XXH64(key.data(), key.size(), seed) % bit_count;
}

}  // namespace

Result<TagNode> decode_tag_node(Bytes payload) {
  Reader reader(payload);
  const auto type = reader.load<uint8_t>();
  const auto count = reader.load<uint16_t>();
  if (!type || !count) return fail(ErrorCode::kDamaged, "the block is too small for a tag node");
  if (*type != kTagInnerType && *type != kTagLeafType)
    return fail(ErrorCode::kDamaged,
                fmt::format("a tag node of type {}, which is neither inner node nor leaf", *type));
  if (*count > payload.size() / 8)
    return fail(ErrorCode::kDamaged, fmt::format("a tag node claims {} keys, its block allows {}",
                                                 *count, payload.size() / 8));
  if (*type == kTagLeafType) return decode_leaf(reader.left(), *count);
  VDE_TRY_ASSIGN(inner, TagInner::decode(payload));
  return inner.node();
}

Result<void> encode_tag_node(const TagNode& node, MutableBytes payload) {
  VDE_TRY(check_lengths(node));
  const size_t count = node.leaf ? node.entries.size() : node.keys.size();
  const size_t size = encoded_size(node);
  if (size > payload.size() || count > payload.size() / 8)
    return fail(ErrorCode::kNoSpace,
                fmt::format("a tag node of {} keys and {} bytes does not fit", count, size));
  if (!node.leaf) {
    const auto key = [&](size_t i) { return std::string_view(node.keys[i]); };
    encode_inner_node(count, key, node.children, payload);
    return {};
  }
  Writer writer = begin_node(kTagLeafType, count, payload);
  for (const TagEntry& entry : node.entries) {
    put_text(writer, entry.key);
    put_text(writer, entry.value);
    writer.store(entry.inode);
    writer.store(entry.block);
  }
  store_le(payload.last(kTagLinkSize), 0, node.next_leaf);
  return {};
}

void encode_inner_node(size_t count, const std::function<std::string_view(size_t i)>& key,
                       std::span<const int32_t> children, MutableBytes payload) {
  Writer writer = begin_node(kTagInnerType, count, payload);
  for (size_t i = 0; i < count; ++i) put_text(writer, key(i));
  for (const int32_t child : children) writer.store(child);
}

size_t encoded_size(const TagEntry& entry) {
  return 1 + entry.key.size() + 1 + entry.value.size() + 2 * sizeof(int64_t);
}

size_t encoded_key_size(std::string_view key) {
  return 1 + key.size();
}

size_t encoded_size(const TagNode& node) {
  size_t size = kTagNodeHead + (node.leaf ? kTagLinkSize : node.children.size() * kTagLinkSize);
  if (node.leaf)
    for (const TagEntry& entry : node.entries) size += encoded_size(entry);
  else
    for (const std::string& key : node.keys) size += encoded_key_size(key);
  return size;
}

bool bloom_may_contain(Bytes bits, uint32_t bit_count, uint32_t hashes, std::string_view key) {
  if (!is_usable(bits, bit_count, hashes)) return true;
  for (uint32_t seed = 0; seed < hashes; ++seed) {
    const uint64_t bit = bloom_bit(key, seed, bit_count);
    if ((bits[bit / 8] >> (bit % 8) & 1) == 0) return false;
  }
  return true;
}

void bloom_insert(MutableBytes bits, uint32_t bit_count, uint32_t hashes, std::string_view key) {
  if (!is_usable(bits, bit_count, hashes)) return;
  for (uint32_t seed = 0; seed < hashes; ++seed) {
    const uint64_t bit = bloom_bit(key, seed, bit_count);
    bits[bit / 8] = static_cast<uint8_t>(bits[bit / 8] | 1U << (bit % 8));
  }
}

}  // namespace vde
