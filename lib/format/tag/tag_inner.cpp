#include "format/tag/tag_inner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/endian.h"

namespace vde {

uint64_t tag_key_head(std::string_view text) {
  // Most texts are longer, and a copy of known length is one load.
  if (text.size() >= sizeof(uint64_t))
    return __builtin_bswap64(load_le<uint64_t>(
        Bytes(reinterpret_cast<const uint8_t*>(text.data()), sizeof(uint64_t)), 0));
  std::array<uint8_t, sizeof(uint64_t)> bytes{};
  std::memcpy(bytes.data(), text.data(), text.size());
  return __builtin_bswap64(load_le<uint64_t>(bytes, 0));
}

namespace {

std::string_view after(std::string_view text, size_t bytes) {
  return text.substr(std::min(bytes, text.size()));
}

}  // namespace

Result<TagInner> TagInner::decode(Bytes payload) {
  if (payload.size() < kTagNodeHead || payload[0] != kTagInnerType)
    return fail(ErrorCode::kDamaged, "the block is not an inner node of the tag tree");
  const size_t count = load_le<uint16_t>(payload, 1);
  if (count > payload.size() / 8)
    return fail(ErrorCode::kDamaged, fmt::format("a tag node claims {} keys, its block allows {}",
                                                 count, payload.size() / 8));
  const Bytes keys = payload.subspan(kTagNodeHead);
  TagInner inner;
  inner.ends_.reserve(count + 1);
  size_t end = 0;
  inner.ends_.push_back(0);
  for (size_t i = 0; i < count; ++i) {
    if (end < keys.size()) end += size_t{1} + keys[end];
    if (end > keys.size() || end == inner.ends_.back())
      return fail(ErrorCode::kDamaged,
                  fmt::format("key {} of {} of a tag node runs past its block", i + 1, count));
    inner.ends_.push_back(static_cast<uint32_t>(end));
  }
  inner.keys_.assign(reinterpret_cast<const char*>(keys.data()), end);
  const Bytes children = keys.subspan(end);
  const size_t whole = children.size() / kTagLinkSize;
  if (whole <= count)
    return fail(ErrorCode::kDamaged, fmt::format("child {} of {} of a tag node runs past its block",
                                                 whole + 1, count + 1));
  inner.children_.resize(count + 1);
  for (size_t i = 0; i <= count; ++i)
    inner.children_[i] = load_le<int32_t>(children, i * kTagLinkSize);
  inner.find_heads();
  return inner;
}

// The prefix that the first and the last key have in common is that of all keys, if they are in
// order. In a damaged node they may not be: then no prefix is taken off.
void TagInner::find_heads() {
  const size_t count = ends_.size() - 1;
  heads_.resize(count);
  if (count == 0) return;
  const std::string_view first = key(0);
  const std::string_view last = key(count - 1);
  const auto differ = std::mismatch(first.begin(), first.end(), last.begin(), last.end()).first;
  common_ = static_cast<size_t>(differ - first.begin());
  const std::string_view common = first.substr(0, common_);
  for (size_t i = 0; i < count && common_ > 0; ++i)
    if (!key(i).starts_with(common)) common_ = 0;
  for (size_t i = 0; i < count; ++i) heads_[i] = head_of(key(i).substr(common_));
}

void TagInner::encode(MutableBytes payload) const {
  encode_inner_node(
      count(), [this](size_t i) { return key(i); }, children_, payload);
}

void TagInner::insert(size_t i, std::string_view key, int32_t child) {
  const auto at = static_cast<ptrdiff_t>(i);
  const bool as_others = count() > 0 && key.starts_with(common());
  if (as_others) heads_.insert(heads_.begin() + at, head_of(key.substr(common_)));
  const uint32_t begin = ends_[i];
  keys_.insert(begin, 1, static_cast<char>(key.size()));
  keys_.insert(begin + 1, key);
  ends_.insert(ends_.begin() + at, begin);
  for (size_t k = i + 1; k < ends_.size(); ++k) ends_[k] += static_cast<uint32_t>(1 + key.size());
  children_.insert(children_.begin() + at + 1, child);
  if (!as_others) find_heads();
}

void TagInner::erase(size_t i) {
  const auto at = static_cast<ptrdiff_t>(i);
  const uint32_t size = ends_[i + 1] - ends_[i];
  keys_.erase(ends_[i], size);
  ends_.erase(ends_.begin() + at);
  for (size_t k = i; k < ends_.size(); ++k) ends_[k] -= size;
  children_.erase(children_.begin() + at + 1);
  // The remaining keys still have the common prefix.
  heads_.erase(heads_.begin() + at);
}

void TagInner::set_key(size_t i, std::string_view key) {
  const int32_t child = children_[i + 1];
  erase(i);
  insert(i, key, child);
}

void TagInner::append(std::string_view key, const TagInner& right) {
  keys_.push_back(static_cast<char>(key.size()));
  keys_.append(key);
  for (const uint32_t end : right.ends_) ends_.push_back(static_cast<uint32_t>(keys_.size()) + end);
  keys_.append(right.keys_);
  children_.insert(children_.end(), right.children_.begin(), right.children_.end());
  find_heads();
}

TagInner TagInner::part(size_t begin, size_t end) const {
  const auto from = static_cast<ptrdiff_t>(begin);
  const auto to = static_cast<ptrdiff_t>(end) + 1;
  TagInner inner;
  inner.keys_ = keys_.substr(ends_[begin], ends_[end] - ends_[begin]);
  inner.ends_.assign(ends_.begin() + from, ends_.begin() + to);
  for (uint32_t& at : inner.ends_) at -= ends_[begin];
  inner.children_.assign(children_.begin() + from, children_.begin() + to);
  inner.find_heads();
  return inner;
}

TagInner::Head TagInner::head_of(std::string_view text) {
  return Head{tag_key_head(text)} << 64 | tag_key_head(after(text, sizeof(uint64_t)));
}

// Returns count() if there is none. In a large index the node is not in a near cache. So first one
// head of each group is compared, then all of one group: two waits in a node of 4096 bytes, instead
// of one for each step of a binary search. No branch depends on the data, so nothing can be
// mispredicted.
size_t TagInner::first_not_less(Head wanted) const {
  constexpr size_t kGroup = 16;
  size_t groups = 0;
  for (size_t i = kGroup; i <= heads_.size(); i += kGroup)
    groups += static_cast<size_t>(heads_[i - 1] < wanted);
  const size_t begin = groups * kGroup;
  const size_t end = std::min(begin + kGroup, heads_.size());
  size_t less = 0;
  for (size_t i = begin; i < end; ++i) less += static_cast<size_t>(heads_[i] < wanted);
  return begin + less;
}

size_t TagInner::search(std::string_view wanted, bool above) const {
  const size_t all = count();
  if (all == 0) return 0;
  const int prefix = wanted.substr(0, common_).compare(common());
  if (prefix != 0) return prefix < 0 ? 0 : all;
  const Head head = head_of(wanted.substr(common_));
  size_t i = first_not_less(head);
  if (i == all || heads_[i] != head) return i;
  const auto alike =
      std::upper_bound(heads_.begin() + static_cast<ptrdiff_t>(i), heads_.end(), head);
  auto end = static_cast<size_t>(alike - heads_.begin());
  // Keys with equal heads are rare here, unless someone chooses them that way.
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
