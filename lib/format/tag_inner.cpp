#include "format/tag_inner.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/cursor.h"

namespace vde {

uint64_t tag_key_head(std::string_view text) {
  uint64_t head = 0;
  if (text.size() >= sizeof(head)) {
    std::memcpy(&head, text.data(), sizeof(head));
    if constexpr (std::endian::native == std::endian::little) return __builtin_bswap64(head);
    return head;
  }
  for (size_t i = 0; i < sizeof(head); ++i)
    head = head << 8 | (i < text.size() ? static_cast<uint8_t>(text[i]) : 0u);
  return head;
}

Result<TagInner> TagInner::decode(Bytes payload) {
  Reader reader(payload);
  const auto type = reader.load<uint8_t>();
  const auto count = reader.load<uint16_t>();
  if (!type || !count || *type != 0)
    return fail(ErrorCode::kDamaged, "the block is no inner node of the tag tree");
  if (*count > payload.size() / 8)
    return fail(ErrorCode::kDamaged, fmt::format("a tag node claims {} keys, its block allows {}",
                                                 *count, payload.size() / 8));
  TagInner inner;
  inner.ends_.reserve(size_t{*count} + 1);
  inner.ends_.push_back(0);
  for (unsigned i = 0; i < *count; ++i) {
    const auto length = reader.load<uint8_t>();
    const auto bytes = length ? reader.take(*length) : std::nullopt;
    if (!bytes)
      return fail(ErrorCode::kDamaged,
                  fmt::format("key {} of {} of a tag node runs past its block", i + 1, *count));
    inner.keys_.append(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    inner.ends_.push_back(static_cast<uint32_t>(inner.keys_.size()));
  }
  inner.children_.reserve(size_t{*count} + 1);
  for (unsigned i = 0; i <= *count; ++i) {
    const auto child = reader.load<int32_t>();
    if (!child)
      return fail(
          ErrorCode::kDamaged,
          fmt::format("child {} of {} of a tag node runs past its block", i + 1, *count + 1));
    inner.children_.push_back(*child);
  }
  inner.find_heads();
  return inner;
}

void TagInner::find_heads() {
  const size_t count = ends_.size() - 1;
  if (count > 0) common_ = key(0).size();
  for (size_t i = 1; i < count; ++i) {
    const std::string_view first = key(0).substr(0, common_);
    const std::string_view other = key(i);
    const auto mismatch =
        std::mismatch(first.begin(), first.end(), other.begin(), other.end()).first;
    common_ = static_cast<size_t>(mismatch - first.begin());
  }
  heads_.reserve(count);
  for (size_t i = 0; i < count; ++i) heads_.push_back(tag_key_head(key(i).substr(common_)));
}

size_t TagInner::search(std::string_view wanted, bool above) const {
  const size_t all = count();
  if (all == 0) return 0;
  const int prefix = wanted.substr(0, common_).compare(key(0).substr(0, common_));
  if (prefix != 0) return prefix < 0 ? 0 : all;
  const uint64_t head = tag_key_head(wanted.substr(common_));
  const uint64_t* begin = heads_.data();
  size_t length = all;  // the first head that is not less, without a branch to guess
  while (length > 1) {
    const size_t half = length / 2;
    begin += begin[half - 1] < head ? half : 0;
    length -= half;
  }
  size_t i = static_cast<size_t>(begin - heads_.data()) + (*begin < head ? 1 : 0);
  // Keys of the same head are few, unless somebody wants them to be many.
  size_t end = i;
  for (size_t step = 1; end < all && heads_[end] == head; step *= 2)
    end = std::min(all, end + step);
  while (i < end) {
    const size_t middle = i + (end - i) / 2;
    const int order = key(middle).compare(wanted);
    if (order < 0 || (above && order == 0))
      i = middle + 1;
    else
      end = middle;
  }
  return i;
}

TagNode TagInner::node() const {
  TagNode node;
  node.leaf = false;
  for (size_t i = 0; i < count(); ++i) node.keys.emplace_back(key(i));
  node.children = children_;
  return node;
}

}  // namespace vde
