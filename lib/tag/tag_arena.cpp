#include "tag/tag_arena.h"

#include <algorithm>
#include <bit>

namespace vde {
namespace {

// The number of key bytes in a cache; the lowest byte holds their count.
constexpr size_t kCachedBytes = 7;
// For this few items, comparing whole keys is faster than another round.
constexpr size_t kFewItems = 12;

// The next bytes of the key from `depth` on, first byte highest, and their number, or kCachedBytes
// + 1 if there are more. Comparing two caches compares the keys up to there.
uint64_t key_cache(const uint8_t* record, size_t depth) {
  const std::string_view key = tag_record_key(record);
  const size_t left = key.size() - depth;
  if (left >= sizeof(uint64_t)) {
    uint64_t bytes = 0;
    std::memcpy(&bytes, key.data() + depth, sizeof bytes);
    if constexpr (std::endian::native == std::endian::little) bytes = __builtin_bswap64(bytes);
    return (bytes & ~uint64_t{0xFF}) | (kCachedBytes + 1);
  }
  uint64_t bytes = 0;
  for (size_t i = 0; i < left; ++i)
    bytes |= uint64_t{static_cast<uint8_t>(key[depth + i])} << (56 - 8 * i);
  return bytes | left;
}

bool ends_within(uint64_t cache) {
  return (cache & 0xFF) <= kCachedBytes;
}

// Maps signed to unsigned order.
uint64_t inode_cache(const uint8_t* record) {
  return static_cast<uint64_t>(tag_record_inode(record)) ^ (uint64_t{1} << 63);
}

size_t common_length(std::string_view a, std::string_view b, size_t most) {
  const size_t end = std::min({a.size(), b.size(), most});
  return static_cast<size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<ptrdiff_t>(end), b.begin()).first -
      a.begin());
}

}  // namespace

TagArena::TagArena(size_t bytes)
    : capacity_(bytes / sizeof(Item) * sizeof(Item)), memory_(capacity_) {}

bool TagArena::add(const TagView& entry, uint64_t line) {
  const size_t size = tag_record_size(entry);
  if (used_ + size + (count_ + 1) * sizeof(Item) > capacity_) return false;
  uint8_t* const record = memory_.data() + used_;
  write_tag_record(record, entry, line);
  if (last_ == nullptr) {
    common_ = entry.key.size();
  } else {
    common_ = common_length(tag_record_key(last_), entry.key, common_);
    in_order_ = in_order_ && compare_tag_records(last_, record) <= 0;
  }
  last_ = record;
  used_ += size;
  ++count_;
  return true;
}

void TagArena::make_items() {
  items_ = {reinterpret_cast<Item*>(memory_.data() + capacity_) - count_, count_};
  const uint8_t* record = memory_.data();
  for (Item& item : items_) {
    item = {key_cache(record, common_), record};
    record += tag_record_size(record);
  }
}

void TagArena::sort() {
  if (!in_order_) {
    make_items();
    sort_by_key(items_, common_);
  }
  rewind();
}

void TagArena::rewind() {
  at_ = 0;
  record_ = memory_.data();
}

const uint8_t* TagArena::next() {
  // How many records ahead to prefetch.
  constexpr size_t kPrefetched = 8;
  if (at_ == count_) return nullptr;
  const size_t at = at_++;
  if (items_.empty()) {
    const uint8_t* record = record_;
    record_ += tag_record_size(record);
    return record;
  }
  if (at + kPrefetched < count_) __builtin_prefetch(items_[at + kPrefetched].record);
  return items_[at].record;
}

// All keys of `items` share their first `depth` bytes, and their caches are set.
void TagArena::sort_by_key(std::span<Item> items, size_t depth) {
  std::vector<Work> work{{items, depth}};
  while (!work.empty()) {
    const Work next = work.back();
    work.pop_back();
    std::sort(next.items.begin(), next.items.end(),
              [](const Item& a, const Item& b) { return a.cache < b.cache; });
    for (size_t begin = 0, end = 0; begin < next.items.size(); begin = end) {
      const uint64_t cache = next.items[begin].cache;
      while (end < next.items.size() && next.items[end].cache == cache) ++end;
      if (end - begin > 1) sort_group(next.items.subspan(begin, end - begin), next.depth, work);
    }
  }
}

// Sorts items with equal caches. Records are stored in insertion order, so their addresses keep
// equal ones in that order.
void TagArena::sort_group(std::span<Item> items, size_t depth, std::vector<Work>& work) {
  if (ends_within(items[0].cache)) {
    for (Item& item : items) item.cache = inode_cache(item.record);
    std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
      return a.cache != b.cache ? a.cache < b.cache : a.record < b.record;
    });
  } else if (items.size() <= kFewItems) {
    std::sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
      const int order = compare_tag_records(a.record, b.record);
      return order != 0 ? order < 0 : a.record < b.record;
    });
  } else {
    for (Item& item : items) item.cache = key_cache(item.record, depth + kCachedBytes);
    work.push_back({items, depth + kCachedBytes});
  }
}

void TagArena::clear() {
  used_ = 0;
  count_ = 0;
  last_ = nullptr;
  in_order_ = true;
  items_ = {};
  rewind();
}

}  // namespace vde
