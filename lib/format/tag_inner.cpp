#include "format/tag_inner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/cursor.h"

namespace vde {

uint64_t tag_key_head(std::string_view text) {
  std::array<uint8_t, sizeof(uint64_t)> bytes{};
  std::memcpy(bytes.data(), text.data(), std::min(text.size(), bytes.size()));
  return __builtin_bswap64(load_le<uint64_t>(bytes, 0));
}

namespace {

constexpr size_t kCacheLine = 64;

std::string_view after(std::string_view text, size_t bytes) {
  return text.substr(std::min(bytes, text.size()));
}

// The first of `count` ascending numbers, of which there is one, that is not less than `wanted`;
// without a branch to guess: compilers make one of a conditional.
size_t first_not_less(const uint64_t* numbers, size_t count, uint64_t wanted) {
  const uint64_t* begin = numbers;
  while (count > 1) {
    const size_t half = count / 2;
    begin += half * static_cast<size_t>(begin[half - 1] < wanted);
    count -= half;
  }
  return static_cast<size_t>(begin - numbers) + (*begin < wanted ? 1 : 0);
}

// Narrows [begin, end), in which `numbers` ascend, to those that are `wanted`, or to nothing where
// they would be.
void narrow(const std::vector<uint64_t>& numbers, uint64_t wanted, size_t& begin, size_t& end) {
  if (begin == end) return;
  begin += first_not_less(numbers.data() + begin, end - begin, wanted);
  if (begin == end || numbers[begin] != wanted) {
    end = begin;
  } else if (wanted != UINT64_MAX) {
    end = begin + first_not_less(numbers.data() + begin, end - begin, wanted + 1);
  }
}

}  // namespace

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
  seconds_.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    heads_.push_back(tag_key_head(key(i).substr(common_)));
    seconds_.push_back(tag_key_head(after(key(i), common_ + sizeof(uint64_t))));
  }
}

size_t TagInner::search(std::string_view wanted, bool above) const {
  const size_t all = count();
  if (all == 0) return 0;
  for (size_t i = 0; i < all; i += kCacheLine / sizeof(uint64_t)) {
    __builtin_prefetch(&heads_[i]);
    __builtin_prefetch(&seconds_[i]);
  }
  const int prefix = wanted.substr(0, common_).compare({keys_.data(), common_});
  if (prefix != 0) return prefix < 0 ? 0 : all;
  const uint64_t head = tag_key_head(wanted.substr(common_));
  size_t i = 0;
  size_t end = all;
  narrow(heads_, head, i, end);
  if (end - i > 1) narrow(seconds_, tag_key_head(after(wanted, common_ + sizeof(head))), i, end);
  // Keys that begin alike are few here, unless somebody wants them to be many.
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
