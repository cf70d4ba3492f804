#include "check/passes/tag_verifier.h"

#include <fmt/format.h>

#include <algorithm>

#include "format/tag/tag_inner.h"

namespace vde {

void TagVerifier::add(FindingCode code, uint64_t number, std::string message, FindingSite site) {
  if (is_switched_off(code, site)) return;
  clean_ = false;
  if (silent_) return;
  context_.report.add(code, facts_.region.begin + number, facts_.type, std::move(message), {},
                      site);
}

// After an unreadable node, totals of the whole tree are unknown.
void TagVerifier::lose_track() {
  whole_ = false;
  stretch_.next.reset();
}

Result<void> TagVerifier::walk(TagVisit from) {
  std::vector<TagVisit> waiting;
  waiting.push_back(std::move(from));
  while (!waiting.empty() && (clean_ || !silent_)) {
    if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    const TagVisit visit = std::move(waiting.back());
    waiting.pop_back();
    if (!reached_.reach(visit.number)) {
      add(FindingCode::kTagNodeTwice, visit.number, "two nodes lead to it");
      lose_track();
      continue;
    }
    const std::optional<Bytes> payload = read(visit.number);
    if (!payload) {
      lose_track();
    } else if (payload->front() == kTagLeafType) {
      check_leaf(visit, *payload);
    } else {
      std::vector<TagVisit> below = check_inner(visit, *payload);
      std::move(below.rbegin(), below.rend(), std::back_inserter(waiting));
    }
  }
  return {};
}

// The block pass reports blocks that are damaged or cannot be read.
std::optional<Bytes> TagVerifier::read(uint64_t number) {
  const auto block = window_.read(facts_.region.begin + number);
  if (!block) return std::nullopt;
  const auto checked = block->check(block_types::kTagIndex);
  // The block pass reports a block that is too new. A silent walk replaces that pass.
  if (checked && silent_ && is_newer(context_.probe, checked->trailer().generation)) clean_ = false;
  if (checked) {
    compare_age(number, checked->trailer().generation);
    return checked->payload();
  }
  if (block->is_unwritten())
    add(FindingCode::kTagNodeBroken, number, "the block was never written");
  return std::nullopt;
}

// Only the first newer node is reported.
void TagVerifier::compare_age(uint64_t number, uint32_t generation) {
  if (header_is_older_ || !facts_.newest || !is_later_generation(generation, *facts_.newest))
    return;
  header_is_older_ = true;
  add(FindingCode::kTagHeaderOlder, number,
      fmt::format("node generation {}, header generation {}", generation, *facts_.newest));
}

std::optional<std::vector<TagVisit>> TagVerifier::children(const TagVisit& visit) {
  const std::optional<Bytes> payload = read(visit.number);
  if (!payload || payload->front() == kTagLeafType) return std::nullopt;
  std::vector<TagVisit> below = check_inner(visit, *payload);
  if (!clean_ || !reached_.reach(visit.number)) return std::nullopt;
  return below;
}

std::vector<TagVisit> TagVerifier::check_inner(const TagVisit& visit, Bytes payload) {
  std::vector<TagVisit> below;
  const Result<TagInner> inner = TagInner::decode(payload);
  if (!inner || visit.depth == kMaxTagLevels) {
    add(FindingCode::kTagNodeBroken, visit.number,
        inner ? "the tree has too many levels" : inner.error().message);
    lose_track();
    return below;
  }
  for (size_t i = 0; i < inner->count(); ++i) {
    const bool in_order = i == 0 || inner->key(i - 1) <= inner->key(i);
    const bool within =
        (!visit.from || inner->key(i) >= *visit.from) && (!visit.to || inner->key(i) <= *visit.to);
    if (in_order && within) continue;
    add(in_order ? FindingCode::kTagBeyondSeparator : FindingCode::kTagsOutOfOrder, visit.number,
        fmt::format("separator {} of {}", i + 1, inner->count()));
    break;
  }
  for (size_t i = 0; i <= inner->count(); ++i) {
    const int64_t child = inner->child(i);
    if (child <= static_cast<int64_t>(kTagRoot) ||
        child >= static_cast<int64_t>(facts_.region.count())) {
      add(FindingCode::kTagChildOutside, visit.number,
          fmt::format("child {} is block {}; the region has {} blocks", i + 1, child,
                      facts_.region.count()));
      lose_track();
      continue;
    }
    below.push_back({static_cast<uint64_t>(child), visit.depth + 1,
                     i > 0 ? std::optional<std::string>(inner->key(i - 1)) : visit.from,
                     i < inner->count() ? std::optional<std::string>(inner->key(i)) : visit.to});
  }
  return below;
}

void TagVerifier::check_leaf(const TagVisit& visit, Bytes payload) {
  const std::optional<TagLeaf> leaf = TagLeaf::open(payload);
  // Nothing else is reported about a broken leaf. A silent walk finds out while it reads the
  // entries.
  if (!leaf || (!silent_ && leaf->shape() == TagLeaf::Shape::kBroken)) {
    add(FindingCode::kTagNodeBroken, visit.number,
        "the leaf claims more entries than it has, or an entry exceeds the block");
    return lose_track();
  }
  check_place(visit, *leaf);
  Tally tally;
  const size_t end = check_entries(*leaf, tally);
  tally.beyond = count_beyond(visit, *leaf, tally.disorder == 0);
  // Without room after the entries there is no index; bytes of other writers may look like one.
  const size_t room = payload.size() - kTagLinkSize - end;
  if (tag_index_size(leaf->count()) > room) tally.index_wrong.reset();
  if (tally.index_wrong)
    add(FindingCode::kTagLeafIndexWrong, visit.number,
        fmt::format("entry {} of {}", *tally.index_wrong + 1, leaf->count()));
  stretch_.entries += leaf->count();
  report(visit.number, tally);
}

void TagVerifier::check_place(const TagVisit& visit, const TagLeaf& leaf) {
  if (!stretch_.first_leaf) stretch_.first_leaf = visit.number;
  if (stretch_.depth && *stretch_.depth != visit.depth)
    add(FindingCode::kTagDepthWrong, visit.number,
        fmt::format("this leaf is at depth {}, others at depth {}", visit.depth, *stretch_.depth));
  if (!stretch_.depth) stretch_.depth = visit.depth;
  if (stretch_.next && *stretch_.next != static_cast<int64_t>(visit.number))
    add(FindingCode::kTagChainBroken, visit.number,
        fmt::format("the previous leaf names block {} of the region instead", *stretch_.next));
  stretch_.next = leaf.next_leaf();
  if (leaf.count() == 0 && visit.number != kTagRoot) stretch_.has_empty_leaf = true;
}

// Returns the offset after the last entry that was read.
size_t TagVerifier::check_entries(const TagLeaf& leaf, Tally& tally) {
  TagMark& last = stretch_.last;
  const bool known_size = context_.probe.superblock_verified();
  const int64_t blocks = context_.probe.superblock.total_blocks;
  std::string_view key = last.key;
  bool has_key = last.is_set;
  uint64_t hash = tag_key_hash(key);
  TagView entry;
  size_t at = TagLeaf::kFirst;
  for (uint32_t i = 0; i < leaf.count(); ++i) {
    const bool in_place = !leaf.has_index() || leaf.offset(i) == at;
    if (!leaf.read(at, entry)) {
      clean_ = false;
      break;
    }
    const int order = has_key ? key.compare(entry.key) : -1;
    if (order > 0) ++tally.disorder;
    if (order == 0 && last.inode >= entry.inode) ++tally.unsorted;
    if (known_size && (entry.block < 0 || entry.block >= blocks)) ++tally.outside;
    last.inode = entry.inode;
    if (order != 0) {
      key = entry.key;
      has_key = true;
      hash = tag_key_hash(key);
      if (!facts_.bloom_full &&
          !bloom_may_contain(facts_.bloom, static_cast<uint32_t>(facts_.header.bloom_bits),
                             facts_.header.bloom_hashes, key))
        ++tally.missed;
      if (filter_) filter_->add(hash);
    }
    const bool indexed =
        in_place && (!leaf.has_index() || leaf.fingerprint(i) == tag_fingerprint(hash));
    if (!indexed && !tally.index_wrong) tally.index_wrong = i;
    if (!stretch_.first.is_set) stretch_.first = {true, std::string(entry.key), entry.inode};
  }
  if (leaf.count() > 0) last.key = std::string(key);
  last.is_set = has_key;
  return at;
}

// The number of entries beyond the separators. If entries are in order, it is enough to compare the
// first and the last one before counting.
uint64_t TagVerifier::count_beyond(const TagVisit& visit, const TagLeaf& leaf,
                                   bool in_order) const {
  TagView entry;
  size_t at = TagLeaf::kFirst;
  const bool starts_within =
      !visit.from || (leaf.count() > 0 && leaf.read(at, entry) && entry.key >= *visit.from);
  if (leaf.count() == 0 ||
      (in_order && starts_within && (!visit.to || stretch_.last.key <= *visit.to)))
    return 0;
  uint64_t beyond = 0;
  at = TagLeaf::kFirst;
  for (uint32_t i = 0; i < leaf.count() && leaf.read(at, entry); ++i)
    if ((visit.from && entry.key < *visit.from) || (visit.to && entry.key > *visit.to)) ++beyond;
  return beyond;
}

void TagVerifier::report(uint64_t number, const Tally& tally) {
  const auto report_count = [&](FindingCode code, uint64_t count, const char* one, const char* many,
                                FindingSite site = FindingSite::here()) {
    if (count > 0) add(code, number, fmt::format("{} {}", count, count == 1 ? one : many), site);
  };
  report_count(FindingCode::kTagsOutOfOrder, tally.disorder, "entry", "entries");
  report_count(FindingCode::kTagBeyondSeparator, tally.beyond, "entry", "entries");
  report_count(FindingCode::kTagBloomMisses, tally.missed, "key", "keys");
  if (facts_.are_equal_keys_sorted())
    report_count(FindingCode::kTagsNotSorted, tally.unsorted, "entry is out of order",
                 "entries are out of order");
  report_count(FindingCode::kTagAddressOutside, tally.outside, "entry", "entries");
}

void TagVerifier::finish_filter() {
  if (!filter_) return;
  filter_->finish();
  for (const auto& [number, keys] : filter_->misses())
    add(FindingCode::kLineFilterMisses, number,
        fmt::format("{} {}", keys, keys == 1 ? "key" : "keys"));
  for (const uint64_t number : filter_->unwritten())
    add(FindingCode::kLineFilterMisses, number, "the block of the filter was never written");
  if (!filter_->is_placed())
    add(FindingCode::kLineFilterMisses, 0, "the filter lies outside the region");
}

}  // namespace vde
