#include "check/passes/tag_verifier.h"

#include <fmt/format.h>

#include <algorithm>

#include "format/tag/tag_inner.h"

namespace vde {
namespace {

// More levels than any tree has.

}  // namespace

void TagVerifier::add(FindingCode code, uint64_t number, std::string message, FindingSite site) {
  if (is_switched_off(code, site)) return;
  clean_ = false;
  if (quiet_) return;
  context_.report.add(code, facts_.region.begin + number, block_types::kTagIndex,
                      std::move(message), {}, site);
}

// What follows from the whole tree is not known any more.
void TagVerifier::lose_track() {
  whole_ = false;
  stretch_.next.reset();
}

Result<void> TagVerifier::walk(TagVisit from) {
  std::vector<TagVisit> waiting;
  waiting.push_back(std::move(from));
  while (!waiting.empty() && (clean_ || !quiet_)) {
    if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
    const TagVisit visit = std::move(waiting.back());
    waiting.pop_back();
    if (!reached_.reach(visit.number)) {
      add(FindingCode::kTagNodeTwice, visit.number, "the tree reaches the node in two ways");
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

// What cannot be read or does not verify is reported by the blocks' pass.
std::optional<Bytes> TagVerifier::read(uint64_t number) {
  const auto block = window_.read(facts_.region.begin + number);
  if (!block) return std::nullopt;
  const auto checked = block->check(block_types::kTagIndex);
  // The blocks' pass reports a block that is too new; a quiet walk must stand in for it.
  if (checked && quiet_ && is_newer(context_.probe, checked->trailer().generation)) clean_ = false;
  if (checked) {
    compare_age(number, checked->trailer().generation);
    return checked->payload();
  }
  if (block->is_unwritten()) add(FindingCode::kTagNodeBroken, number, "the node was never written");
  return std::nullopt;
}

// One node shows as much as all of them.
void TagVerifier::compare_age(uint64_t number, uint32_t generation) {
  if (header_is_older_ || !facts_.newest || !is_later_generation(generation, *facts_.newest))
    return;
  header_is_older_ = true;
  add(FindingCode::kTagHeaderOlder, number,
      fmt::format("the node is of generation {}, the header of {}", generation, *facts_.newest));
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
    add(in_order ? FindingCode::kTagBesideSeparator : FindingCode::kTagsOutOfOrder, visit.number,
        fmt::format("separator {} of {}", i + 1, inner->count()));
    break;
  }
  for (size_t i = 0; i <= inner->count(); ++i) {
    const int64_t child = inner->child(i);
    if (child <= static_cast<int64_t>(kTagRoot) ||
        child >= static_cast<int64_t>(facts_.region.count())) {
      add(FindingCode::kTagChildOutside, visit.number,
          fmt::format("child {} is block {} of {}", i + 1, child, facts_.region.count()));
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
  // Nothing else is reported of a broken leaf. A quiet walk, which ends there, finds out as it
  // reads.
  if (!leaf || (!quiet_ && leaf->shape() == TagLeaf::Shape::kBroken)) {
    add(FindingCode::kTagNodeBroken, visit.number,
        "the leaf claims more entries than it has, or one runs past its block");
    return lose_track();
  }
  check_place(visit, *leaf);
  Tally tally;
  const size_t end = check_entries(*leaf, tally);
  tally.beside = count_beside(visit, *leaf, tally.disorder == 0);
  // Where the index would have to lie over entries, it is none: other writers' bytes may look so.
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
        fmt::format("a leaf {} levels below the root, others {}", visit.depth, *stretch_.depth));
  if (!stretch_.depth) stretch_.depth = visit.depth;
  if (stretch_.next && *stretch_.next != static_cast<int64_t>(visit.number))
    add(FindingCode::kTagChainBroken, visit.number,
        fmt::format("the leaf before it is followed by block {} of the region", *stretch_.next));
  stretch_.next = leaf.next_leaf();
  if (leaf.count() == 0 && visit.number != kTagRoot) stretch_.has_empty_leaf = true;
}

// The byte after the last entry that was read: of a leaf that is not broken, after all.
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
        ++tally.denied;
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

// Entries beyond the separators. Of those in order, the first and the last one suffice.
uint64_t TagVerifier::count_beside(const TagVisit& visit, const TagLeaf& leaf,
                                   bool in_order) const {
  TagView entry;
  size_t at = TagLeaf::kFirst;
  const bool starts_within =
      !visit.from || (leaf.count() > 0 && leaf.read(at, entry) && entry.key >= *visit.from);
  if (leaf.count() == 0 ||
      (in_order && starts_within && (!visit.to || stretch_.last.key <= *visit.to)))
    return 0;
  uint64_t beside = 0;
  at = TagLeaf::kFirst;
  for (uint32_t i = 0; i < leaf.count() && leaf.read(at, entry); ++i)
    if ((visit.from && entry.key < *visit.from) || (visit.to && entry.key > *visit.to)) ++beside;
  return beside;
}

void TagVerifier::report(uint64_t number, const Tally& tally) {
  const auto tell = [&](FindingCode code, uint64_t count, const char* what,
                        FindingSite site = FindingSite::here()) {
    if (count > 0) add(code, number, fmt::format("{} {}", count, what), site);
  };
  tell(FindingCode::kTagsOutOfOrder, tally.disorder, "entries are less than the one before");
  tell(FindingCode::kTagBesideSeparator, tally.beside, "entries are beyond a separator");
  tell(FindingCode::kTagBloomDenies, tally.denied, "keys are denied by the Bloom filter");
  if (facts_.are_equal_keys_sorted())
    tell(FindingCode::kTagsNotSorted, tally.unsorted, "equal keys are not sorted by inode");
  tell(FindingCode::kTagAddressOutside, tally.outside,
       "entries have a block address outside of the volume");
}

void TagVerifier::finish_filter() {
  if (!filter_) return;
  filter_->finish();
  for (const auto& [number, keys] : filter_->denials())
    add(FindingCode::kTagFilterDenies, number, fmt::format("{} keys are denied", keys));
  for (const uint64_t number : filter_->unwritten())
    add(FindingCode::kTagFilterDenies, number, "a block of the larger filter was never written");
  if (!filter_->makes_sense())
    add(FindingCode::kTagFilterDenies, 0, "the place of the larger filter makes no sense");
}

}  // namespace vde
