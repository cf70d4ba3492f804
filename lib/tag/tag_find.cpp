// Walks over many tags: ranges in both directions, and statistics.
#include <algorithm>
#include <bit>

#include "format/region/bitmap.h"
#include "format/tag/tag_filter.h"
#include "tag/tag_cursor.h"

namespace vde {
namespace {

bool is_wanted(const TagQuery& query, const TagView& entry) {
  if (query.value && entry.value != *query.value) return false;
  return !query.inode || entry.inode == *query.inode;
}

// A key that no user would choose, different for each number.
std::string strange_key(uint64_t number) {
  std::string key("\xFF\x00probe", 7);
  for (unsigned shift = 0; shift < 64; shift += 8)
    key.push_back(static_cast<char>(number * 0x9E3779B97F4A7C15 >> shift & 0xFF));
  return key;
}

// Not std::pow(): for that alone a program would load the library of mathematics at every start.
double power(double base, uint64_t exponent) {
  long double product = 1;
  for (uint64_t i = 0; i < exponent; ++i) product *= static_cast<long double>(base);
  return static_cast<double>(product);
}

}  // namespace

Result<uint64_t> TagSearch::find(const TagQuery& query, const TagVisitor& visit) {
  if (empty_) return 0;
  return query.reverse ? find_reverse(query, visit) : find_forward(query, visit);
}

Result<uint64_t> TagSearch::find_forward(const TagQuery& query, const TagVisitor& visit) {
  const bool filtered = query.value || query.inode;
  TagCursor cursor(*this, query);
  uint64_t found = 0;
  TagView entry;
  while (true) {
    VDE_TRY_ASSIGN(more, cursor.next_leaf());
    if (!more) return found;
    while (cursor.read(entry)) {
      if (filtered && !is_wanted(query, entry)) continue;
      ++found;
      if (!visit(entry)) return found;
    }
  }
}

// The leaf after the one at the end of the path, according to the tree; its block is not read.
// Nothing after the last. All leaves have the same depth.
Result<std::optional<uint64_t>> TagSearch::following_leaf(Path& path) {
  const size_t depth = path.size();
  while (!path.empty() && path.back().child == path.back().at.keys().count()) path.pop_back();
  if (path.empty()) return std::optional<uint64_t>();
  ++path.back().child;
  while (path.size() < depth) {
    VDE_TRY_ASSIGN(below, step(path.back().at, path.back().child));
    if (below.inner == nullptr) return damaged(below.number, "tag leaves have different depths");
    path.push_back({below, 0});
  }
  const PathEntry& last = path.back();
  return std::optional(static_cast<uint64_t>(int64_t{last.at.keys().child(last.child)}));
}

// Descends to the last leaf below `at` and extends the path to it.
Result<uint64_t> TagSearch::descend_right(Path& path, At at, uint64_t& visits) {
  const auto rightmost = [&](const At& node) -> Result<std::optional<size_t>> {
    if (++visits > 2 * blocks_.count())
      return damaged(node.number, "the tag tree contains a cycle");
    path.push_back({node, node.keys().count()});
    return path.back().child;
  };
  VDE_TRY(Descent::to_leaf(*this, at, path.size(), rightmost));
  return at.number;
}

// The leaf before the one at the end of the path; nothing if that was the first.
Result<std::optional<uint64_t>> TagSearch::previous_leaf(Path& path, uint64_t& visits) {
  while (!path.empty() && path.back().child == 0) path.pop_back();
  if (path.empty()) return std::optional<uint64_t>();
  if (++visits > 2 * blocks_.count()) return damaged(kTagRoot, "the tag tree contains a cycle");
  PathEntry& parent = path.back();
  --parent.child;
  VDE_TRY_ASSIGN(below, step(parent.at, parent.child));
  VDE_TRY_ASSIGN(number, descend_right(path, below, visits));
  return std::optional<uint64_t>(number);
}

Result<uint64_t> TagSearch::find_reverse(const TagQuery& query, const TagVisitor& visit) {
  const TagKeyRange range(query);
  Path path;
  uint64_t visits = 0;
  const auto highest = [&](const TagInner& keys) {
    if (!range.end) return keys.count();
    return range.inclusive ? keys.upper(*range.end) : keys.lower(*range.end);
  };
  VDE_TRY_ASSIGN(start, start_walk(path, highest));
  uint64_t found = 0;
  uint64_t seen = 0;
  TagView entry;
  std::optional<uint64_t> after;
  for (std::optional<uint64_t> number = start; number;) {
    const std::optional<TagLeaf> leaf = blocks_.leaf(*number);
    if (!leaf) return blocks_.failure();
    if (after && leaf->next_leaf() != static_cast<int64_t>(*after))
      return damaged(*number, "the chain of tag leaves differs from the tree");
    after = number;
    offsets_.clear();
    size_t byte = TagLeaf::kFirst;
    for (uint32_t i = 0; i < leaf->count(); ++i) {
      offsets_.push_back(byte);
      if (!leaf->read(byte, entry)) return damaged(*number, "a tag leaf changed while it was read");
    }
    seen += offsets_.size();
    for (size_t i = offsets_.size(); i-- > 0;) {
      byte = offsets_[i];
      if (!leaf->read(byte, entry)) return damaged(*number, "a tag leaf changed while it was read");
      if (range.ends_before(entry.key)) continue;
      if (entry.key < range.first) return found;
      if (!is_wanted(query, entry)) continue;
      ++found;
      if (!visit(entry)) return found;
    }
    VDE_TRY_ASSIGN(previous, previous_leaf(path, visits));
    number = previous;
  }
  if (range.first.empty() && !range.end) VDE_TRY(check_count(seen));
  return found;
}

Result<void> TagSearch::count_nodes(Activity& activity, TagStats& stats) {
  std::vector<uint64_t> waiting{kTagRoot};
  std::vector<bool> met(blocks_.count());
  met[kTagRoot] = true;
  uint64_t bytes = 0;
  uint64_t entries = 0;
  activity.total = blocks_.count() * blocks_.block_size();
  while (!waiting.empty()) {
    if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    const uint64_t number = waiting.back();
    waiting.pop_back();
    ++stats.nodes;
    activity.done += blocks_.block_size();
    const uint8_t* payload = blocks_.payload(number);
    if (payload == nullptr) return blocks_.failure();
    if (*payload != kTagLeafType) {
      Result<TagInner> inner = TagInner::decode(Bytes(payload, blocks_.payload_bytes()));
      if (!inner) return damaged(number, std::move(inner.error().message));
      // Each node is queued at most once, however many nodes refer to it.
      for (size_t i = inner->count() + 1; i-- > 0;) {
        const auto child = static_cast<uint64_t>(int64_t{inner->child(i)});
        if (child < kTagRoot || child >= blocks_.count() || met[child])
          return damaged(
              0, "the tag tree refers to a block that is not a node, or twice to the same one");
        met[child] = true;
        waiting.push_back(child);
      }
      continue;
    }
    const std::optional<TagLeaf> leaf = blocks_.leaf(number);
    if (!leaf) return blocks_.failure();
    ++stats.leaves;
    entries += leaf->count();
    TagView entry;
    size_t at = TagLeaf::kFirst;
    for (uint32_t i = 0; i < leaf->count(); ++i)
      if (!leaf->read(at, entry)) return damaged(number, "a tag leaf changed while it was read");
    bytes += at + kTagLinkSize;
  }
  VDE_TRY(check_count(entries));
  const uint64_t room = stats.leaves * blocks_.payload_bytes();
  stats.fill = room == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(room);
  return {};
}

void TagSearch::measure_bloom(TagStats& stats) {
  TagStats::Bloom& bloom = stats.bloom;
  uint64_t set = 0;
  if (filter_lines_ > 0) {
    bloom.extended = true;
    bloom.bits = uint64_t{filter_lines_} * kTagLineSize * 8;
    bloom.hashes = kTagLineProbes;
    for (uint64_t line = 0; line < filter_lines_; ++line) {
      const uint8_t* payload = blocks_.payload(filter_start_ + line / lines_per_block_);
      if (payload == nullptr) continue;
      for (const uint8_t byte :
           Bytes(payload + tag_line_offset(line % lines_per_block_), kTagLineSize))
        set += static_cast<uint64_t>(std::popcount(byte));
    }
  } else {
    bloom.bits = static_cast<uint64_t>(std::max(header_.bloom_bits, 0));
    bloom.hashes = header_.bloom_hashes;
    const uint64_t bits = std::min<uint64_t>(bloom.bits, bloom_.size() * 8);
    for (uint64_t bit = 0; bit < bits; ++bit) set += test_bit(bloom_, bit) ? 1U : 0U;
  }
  if (bloom.bits == 0) return;
  bloom.fill = static_cast<double>(set) / static_cast<double>(bloom.bits);
  bloom.expected_false_positive_rate = power(bloom.fill, bloom.hashes);
  constexpr uint64_t kProbes = 100'000;
  uint64_t passed = 0;
  for (uint64_t i = 0; i < kProbes; ++i) {
    const std::string key = strange_key(i);
    passed += may_contain(key, tag_key_hash(key)) ? 1U : 0U;
  }
  bloom.measured_false_positive_rate = static_cast<double>(passed) / kProbes;
}

Result<TagStats> TagSearch::stats(Activity& activity) {
  TagStats stats;
  stats.entries = entries_;
  stats.depth = static_cast<uint32_t>(header_.depth);
  stats.region_blocks = blocks_.count();
  if (!empty_) VDE_TRY(count_nodes(activity, stats));
  const uint64_t filter = (filter_lines_ + lines_per_block_ - 1) / lines_per_block_;
  const uint64_t used = 1 + stats.nodes + filter;
  stats.free_blocks = stats.region_blocks > used ? stats.region_blocks - used : 0;
  if (!empty_) measure_bloom(stats);
  return stats;
}

}  // namespace vde
