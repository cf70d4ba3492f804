// Walks the tag tree, or a part of it, and checks every node and entry. Each thread has a walker of
// its own; all share the set of reached nodes.
#pragma once

#include "check/context.h"
#include "check/passes/tag_filter_check.h"
#include "check/passes/tags_reached.h"
#include "format/tag/tag_index.h"
#include "format/tag/tag_leaf.h"
#include "io/block_window.h"

namespace vde {

// What all walkers of a tree need.
struct TagFacts {
  BlockRange region;
  BlockType type = block_types::kTagIndex;  // of the region's slot; the blocks always have TAGI
  TagIndexHeader header;
  std::optional<TagExtension> extension;
  std::optional<uint32_t> newest;  // the header's generation, if vdetool made the last change
  BlockBuffer bloom;               // the bits of the Bloom filter in block 0
  bool bloom_full = false;         // all bits are set: the filter misses no key

  [[nodiscard]] bool are_equal_keys_sorted() const {
    return extension && (extension->flags & kTagEqualKeysSorted) != 0;
  }
};

// A node to visit, with the separators around it.
struct TagVisit {
  uint64_t number;
  size_t depth;
  std::optional<std::string> from;
  std::optional<std::string> to;
};

// A key and inode; not set before the first entry.
struct TagMark {
  bool is_set = false;
  std::string key;
  int64_t inode = 0;
};

// The leaves that a walk visited: a part of the chain.
struct TagStretch {
  std::optional<uint64_t> first_leaf;
  TagMark first;
  TagMark last;
  std::optional<int64_t> next;  // the successor recorded in the last leaf
  std::optional<size_t> depth;  // of the first leaf
  uint64_t entries = 0;
  bool has_empty_leaf = false;
};

class TagVerifier {
 public:
  // All references must outlive the walker; `filter` may be null. A silent walker reports nothing
  // and stops at the first problem.
  TagVerifier(VerifyContext& context, const TagFacts& facts, TagsReached& reached,
              BlockWindow& window, TagFilterCheck* filter, bool silent)
      : context_(context),
        facts_(facts),
        reached_(reached),
        window_(window),
        filter_(filter),
        silent_(silent) {}

  // Depth first, left to right, so that leaves are visited in the order of their chain.
  [[nodiscard]] Result<void> walk(TagVisit from);
  // The children of an inner node, left to right; nothing if it is not an intact inner node.
  [[nodiscard]] std::optional<std::vector<TagVisit>> children(const TagVisit& visit);
  // Call it after the last walk: checks the remaining keys against the filter.
  void finish_filter();

  // Nothing was found to report.
  [[nodiscard]] bool is_clean() const { return clean_; }
  // Every node could be read.
  [[nodiscard]] bool is_whole() const { return whole_; }

  [[nodiscard]] const TagStretch& stretch() const { return stretch_; }

 private:
  // The number of entries of a leaf with each kind of problem.
  struct Tally {
    uint64_t disorder = 0;
    uint64_t beyond = 0;
    uint64_t missed = 0;
    uint64_t outside = 0;
    uint64_t unsorted = 0;
    std::optional<uint32_t> index_wrong;  // the first entry for which the leaf's index is wrong
  };

  void add(FindingCode code, uint64_t number, std::string message,
           FindingSite site = FindingSite::here());
  void lose_track();
  [[nodiscard]] std::optional<Bytes> read(uint64_t number);
  void compare_age(uint64_t number, uint32_t generation);
  [[nodiscard]] std::vector<TagVisit> check_inner(const TagVisit& visit, Bytes payload);
  void check_leaf(const TagVisit& visit, Bytes payload);
  void check_place(const TagVisit& visit, const TagLeaf& leaf);
  [[nodiscard]] size_t check_entries(const TagLeaf& leaf, Tally& tally);
  [[nodiscard]] uint64_t count_beyond(const TagVisit& visit, const TagLeaf& leaf,
                                      bool in_order) const;
  void report(uint64_t number, const Tally& tally);

  VerifyContext& context_;
  const TagFacts& facts_;
  TagsReached& reached_;
  BlockWindow& window_;
  TagFilterCheck* filter_;
  bool silent_;
  bool clean_ = true;
  bool whole_ = true;
  bool header_is_older_ = false;  // TAGI-017 was reported
  TagStretch stretch_;
};

}  // namespace vde
