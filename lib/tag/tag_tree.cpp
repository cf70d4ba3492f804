#include "tag/tag_tree.h"

#include <fmt/format.h>

#include <algorithm>

#include "tag/tag_rebuild.h"

namespace vde {

std::string tag_separator(std::string_view left, std::string_view right) {
  const auto differ = std::mismatch(left.begin(), left.end(), right.begin(), right.end()).second;
  const auto common = static_cast<size_t>(differ - right.begin());
  return std::string(right.substr(0, common + 1));
}

Result<void> check_tag_entry(const TagView& entry, uint32_t block_size) {
  const auto too_long = [](const char* what, size_t size, size_t max) {
    return fail(ErrorCode::kUsage,
                fmt::format("{} too long: {} bytes (maximum {})", what, size, max));
  };
  const size_t payload = payload_size(block_size);
  // An inner node must hold two keys, each with its length, and three children.
  const size_t max_key = std::min(kMaxTagKey, (payload - kTagNodeHead - 2 - 3 * kTagLinkSize) / 2);
  if (entry.key.size() > max_key) return too_long("key", entry.key.size(), max_key);
  if (entry.value.size() > kMaxTagValue) return too_long("value", entry.value.size(), kMaxTagValue);
  const size_t max = payload - kTagNodeHead - kTagLinkSize - kTagEntryFixed;
  if (entry.key.size() + entry.value.size() > max)
    return too_long("key and value together", entry.key.size() + entry.value.size(), max);
  return {};
}

Result<std::unique_ptr<TagTree>> TagTree::open(Transaction& transaction, Allocator& allocator,
                                               TagNodes& nodes, size_t slot) {
  std::unique_ptr<TagTree> tree(new TagTree(transaction, allocator, nodes, slot));
  VDE_TRY(tree->pages_.load());
  if (tree->pages_.is_blank())
    VDE_TRY(tree->start_blank());
  else if (!tree->pages_.is_own())
    VDE_TRY(tree->adopt());
  else
    VDE_TRY(tree->check_lone_root());
  return tree;
}

// A root that is a leaf must have all entries that the header counts.
Result<void> TagTree::check_lone_root() {
  if (pages_.header().depth != 0) return {};
  VDE_TRY_ASSIGN(root, leaf(kTagRoot));
  if (root.count() == static_cast<uint32_t>(pages_.header().entry_count)) return {};
  return damaged(0, fmt::format("the tag index counts {} tags, but its only leaf holds {}",
                                pages_.header().entry_count, root.count()));
}

// Position of the entry in the editor's leaf, or where it belongs.
size_t TagTree::position(std::string_view key, int64_t inode, bool& found) {
  const bool sorted = is_sorted();
  size_t begin = 0;
  size_t end = editor_.count();
  while (begin < end) {
    const size_t middle = begin + (end - begin) / 2;
    const TagView entry = editor_.entry(middle);
    const int order = entry.key.compare(key);
    if (order < 0 || (order == 0 && (!sorted || entry.inode < inode)))
      begin = middle + 1;
    else
      end = middle;
  }
  found = false;
  if (sorted && begin < editor_.count()) {
    const TagView entry = editor_.entry(begin);
    found = entry.key == key && entry.inode == inode;
  }
  return begin;
}

// Includes room for the index, unless the leaf is one run of equal keys, which must stay together.
bool TagTree::fits_with(const TagView& entry, size_t i) const {
  const size_t bytes = editor_.entry_bytes() + tag_entry_size(entry);
  const size_t count = editor_.count() + 1;
  if (tag_leaf_holds_indexed(pages_.payload_bytes(), bytes, count)) return true;
  if (!tag_leaf_holds(pages_.payload_bytes(), bytes)) return false;
  if (editor_.count() == 0) return true;
  const bool alone =
      editor_.entry(0).key == entry.key && editor_.entry(editor_.count() - 1).key == entry.key;
  return alone && i <= editor_.count();
}

// Returns true if there was no tag with this key and inode. `fresh` is set if its leaf has no tag
// with the key at all.
Result<bool> TagTree::put(const TagView& entry, bool& fresh) {
  VDE_TRY_ASSIGN(number, locate(entry.key, entry.inode));
  VDE_TRY_ASSIGN(payload, pages_.edit(number));
  if (Result<void> loaded = editor_.load(payload); !loaded)
    return damaged(number, std::move(loaded.error().message));
  bool found = false;
  const size_t i = position(entry.key, entry.inode, found);
  const bool beside = (i > 0 && editor_.entry(i - 1).key == entry.key) ||
                      (i < editor_.count() && editor_.entry(i).key == entry.key);
  fresh = !beside;
  if (!found && (i == 0 || i == editor_.count())) VDE_TRY(check_bounds(number));
  if (i == editor_.count())
    VDE_TRY(check_next(number, editor_.next_leaf(), entry.key, entry.inode));
  bool shrunk = false;
  if (found) {
    shrunk = editor_.encoded(i).size() > tag_entry_size(entry);
    editor_.erase(i);
  }
  if (fits_with(entry, i)) {
    editor_.insert(i, entry);
    editor_.store();
  } else {
    VDE_TRY(split_leaf(number, entry, i));
  }
  if (shrunk) VDE_TRY(gather_short_run(std::string(entry.key)));
  return !found;
}

Result<bool> TagTree::set(const TagView& entry) {
  VDE_TRY(check_tag_entry(entry, pages_.block_size()));
  bool replaced = false;
  while (!is_sorted()) {
    VDE_TRY_ASSIGN(taken, take(entry.key, entry.inode));
    if (!taken) break;
    --pages_.header().entry_count;
    replaced = true;
  }
  bool fresh = false;
  VDE_TRY_ASSIGN(added, put(entry, fresh));
  if (!added) return false;
  if (pages_.header().entry_count == INT32_MAX)
    return fail(ErrorCode::kNoSpace, "a tag index can hold at most 2^31 - 1 tags");
  ++pages_.header().entry_count;
  VDE_TRY(pages_.note_key(entry.key, fresh));
  if (pages_.needs_filter()) VDE_TRY(build_filters());
  return !replaced;
}

Result<void> TagTree::erase_at(uint32_t number, size_t i) {
  const std::string key(editor_.entry(i).key);
  editor_.erase(i);
  editor_.store();
  front_gone_ = i == 0 && (editor_.count() == 0 || editor_.entry(0).key != key);
  at_edge_ = editor_.count() == 0 || editor_.entry(0).key == key ||
             editor_.entry(editor_.count() - 1).key == key;
  return repair_leaf(number);
}

Result<bool> TagTree::take_sorted(std::string_view key, int64_t inode) {
  VDE_TRY_ASSIGN(number, locate(key, inode));
  {
    // If there is no such tag, nothing is staged.
    VDE_TRY_ASSIGN(there, leaf(number));
    TagView entry;
    size_t at = TagLeaf::kFirst;
    bool found = false;
    for (uint32_t i = 0; i < there.count() && !found; ++i)
      found = there.read(at, entry) && entry.key == key && entry.inode == inode;
    // If the leaf ends before the key, the next leaf must not have it.
    const bool at_end = !found && (there.count() == 0 || entry.key <= key);
    const int32_t next = there.next_leaf();
    if (at_end) VDE_TRY(check_next(number, next, key, inode));
    if (!found) {
      VDE_TRY(check_bounds(number));
      return false;
    }
  }
  VDE_TRY_ASSIGN(payload, pages_.edit(number));
  VDE_TRY(editor_.load(payload));
  bool found = false;
  const size_t i = position(key, inode, found);
  if (!found) return damaged(number, "equal keys are not in the order that the index records");
  VDE_TRY(erase_at(number, i));
  return true;
}

// For equal keys in any order: reads all of them.
Result<bool> TagTree::take_scanning(std::string_view key, int64_t inode) {
  VDE_TRY_ASSIGN(start, locate_first(key));
  std::optional<uint32_t> number = start;
  for (uint64_t steps = 0; number; ++steps) {
    if (steps > pages_.count()) return damaged(*number, "the tag tree contains a cycle");
    VDE_TRY_ASSIGN(there, leaf(*number));
    const int32_t after = there.next_leaf();
    TagView entry;
    size_t at = TagLeaf::kFirst;
    for (uint32_t i = 0; i < there.count(); ++i) {
      if (!there.read(at, entry) || entry.key > key) return false;
      if (entry.key != key || entry.inode != inode) continue;
      VDE_TRY_ASSIGN(payload, pages_.edit(*number));
      VDE_TRY(editor_.load(payload));
      VDE_TRY(erase_at(*number, i));
      return true;
    }
    VDE_TRY_ASSIGN(next, advance(*number, after));
    number = next;
  }
  return false;
}

Result<bool> TagTree::take(std::string_view key, int64_t inode) {
  return is_sorted() ? take_sorted(key, inode) : take_scanning(key, inode);
}

Result<bool> TagTree::remove(std::string_view key, int64_t inode) {
  if (key.size() > kMaxTagKey) return false;
  const std::string kept(key);  // the caller's bytes may be part of the tree
  bool found = false;
  for (;;) {
    VDE_TRY_ASSIGN(taken, take(kept, inode));
    if (!taken) break;
    found = true;
    --pages_.header().entry_count;
    if (front_gone_) VDE_TRY(raise_separators(kept));
    if (is_sorted()) break;
  }
  if (found && at_edge_) VDE_TRY(gather_short_run(kept));
  return found;
}

// The keys of an inode, from `from` on, up to a limit. A walk over all leaves must find as many
// tags as the header counts.
Result<std::vector<std::string>> TagTree::keys_of(int64_t inode, const std::string& from,
                                                  size_t max) {
  std::vector<std::string> keys;
  VDE_TRY_ASSIGN(start, locate_first(from));
  std::optional<uint32_t> number = start;
  uint64_t seen = 0;
  for (uint64_t steps = 0; number && keys.size() < max; ++steps) {
    if (steps > pages_.count()) return damaged(*number, "the tag tree contains a cycle");
    VDE_TRY_ASSIGN(there, leaf(*number));
    const int32_t after = there.next_leaf();
    seen += there.count();
    TagView entry;
    size_t at = TagLeaf::kFirst;
    for (uint32_t i = 0; i < there.count() && there.read(at, entry); ++i)
      if (entry.inode == inode) keys.emplace_back(entry.key);
    VDE_TRY_ASSIGN(next, advance(*number, after));
    number = next;
  }
  const auto counted = static_cast<uint64_t>(pages_.header().entry_count);
  if (from.empty() && !number && seen != counted)
    return damaged(
        0, fmt::format("the tag index counts {} tags, but its leaves hold {}", counted, seen));
  return keys;
}

Result<uint64_t> TagTree::remove_all(int64_t inode) {
  constexpr size_t kAtOnce = 4096;
  uint64_t removed = 0;
  for (std::string from;;) {
    VDE_TRY_ASSIGN(keys, keys_of(inode, from, kAtOnce));
    for (const std::string& key : keys) {
      const int32_t before = pages_.header().entry_count;
      VDE_TRY_ASSIGN(found, remove(key, inode));
      // Without duplicates, every tag that was seen can be found.
      if (!found && is_sorted())
        return damaged(0, "a tag in a leaf cannot be found through the tag tree");
      removed += static_cast<uint64_t>(before - pages_.header().entry_count);
    }
    if (keys.size() < kAtOnce) return removed;
    from = keys.back();
  }
}

// Reads the run of `key` as long as it would fit a leaf; adds its entries to `run` unless null.
// Returns the number of its leaves, or nothing if it is longer than a leaf.
Result<std::optional<size_t>> TagTree::short_run(const std::string& key,
                                                 std::vector<TagEntry>* run) {
  VDE_TRY_ASSIGN(start, locate_first(key));
  std::optional<uint32_t> number = start;
  size_t bytes = 0;
  size_t pieces = 0;
  for (uint64_t steps = 0; number; ++steps) {
    if (steps > pages_.count()) return damaged(*number, "the tag tree contains a cycle");
    VDE_TRY_ASSIGN(there, leaf(*number));
    TagView entry;
    size_t at = TagLeaf::kFirst;
    const int32_t after = there.next_leaf();
    const size_t before = bytes;
    for (uint32_t i = 0; i < there.count() && there.read(at, entry); ++i) {
      if (entry.key > key) return std::optional<size_t>(pieces + (bytes > before ? 1 : 0));
      if (entry.key != key) continue;
      bytes += tag_entry_size(entry);
      if (run != nullptr)
        run->push_back(
            {std::string(entry.key), std::string(entry.value), entry.inode, entry.block});
    }
    pieces += bytes > before ? 1 : 0;
    if (!tag_leaf_holds(pages_.payload_bytes(), bytes)) return std::optional<size_t>();
    VDE_TRY_ASSIGN(next, advance(*number, after));
    number = next;
  }
  return std::optional<size_t>(pieces);
}

// Puts a run back into one leaf if it is spread over several although it fits.
Result<void> TagTree::gather_short_run(const std::string& key) {
  if (!is_sorted()) return {};
  VDE_TRY_ASSIGN(pieces, short_run(key, nullptr));
  if (!pieces || *pieces < 2) return {};
  std::vector<TagEntry> run;
  VDE_TRY(short_run(key, &run));
  for (const TagEntry& entry : run) {
    VDE_TRY_ASSIGN(taken, take(entry.key, entry.inode));
    if (!taken) return damaged(0, "equal keys are not in the order that the index records");
  }
  bool fresh = false;
  for (const TagEntry& entry : run)
    VDE_TRY(put({entry.key, entry.value, entry.inode, entry.block}, fresh));
  return {};
}

}  // namespace vde
