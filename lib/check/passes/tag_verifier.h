// Walks the tag tree, or a part of it, and judges every node and entry: a walker for each thread,
// which see each other's nodes.
#pragma once

#include "check/context.h"
#include "check/passes/tag_filter_check.h"
#include "check/passes/tags_reached.h"
#include "format/tag/tag_index.h"
#include "format/tag/tag_leaf.h"
#include "io/block_window.h"

namespace vde {

// What all walkers of a tree go by.
struct TagFacts {
  BlockRange region;
  TagIndexHeader header;
  std::optional<TagExtension> extension;
  std::optional<uint32_t> newest;  // the header's generation, where vdetool changed the index last
  BlockBuffer bloom;               // bits of block 0
  bool bloom_full = false;         // all of them are set: no key is denied

  [[nodiscard]] bool are_equal_keys_sorted() const {
    return extension && (extension->flags & kTagEqualKeysSorted) != 0;
  }
};

// A node that waits for its visit, with the separators around it.
struct TagVisit {
  uint64_t number;
  size_t depth;
  std::optional<std::string> from;
  std::optional<std::string> to;
};

// A key and inode; none before the first entry.
struct TagMark {
  bool is_set = false;
  std::string key;
  int64_t inode = 0;
};

// The leaves that a walk came by, as one stretch of the chain.
struct TagStretch {
  std::optional<uint64_t> first_leaf;
  TagMark first;
  TagMark last;
  std::optional<int64_t> next;  // what the last leaf says follows
  std::optional<size_t> depth;  // of the first leaf
  uint64_t entries = 0;
  bool has_empty_leaf = false;
};

class TagVerifier {
 public:
  // All outlive the walker; `filter` may be null. A quiet walker reports nothing, and ends at the
  // first thing that it would report.
  TagVerifier(VerifyContext& context, const TagFacts& facts, TagsReached& reached,
              BlockWindow& window, TagFilterCheck* filter, bool quiet)
      : context_(context),
        facts_(facts),
        reached_(reached),
        window_(window),
        filter_(filter),
        quiet_(quiet) {}

  // Depth first, left to right, so that leaves come in the order of their chain.
  [[nodiscard]] Result<void> walk(TagVisit from);
  // The children of an inner node, left to right; nothing where the node is none, or not sound.
  [[nodiscard]] std::optional<std::vector<TagVisit>> children(const TagVisit& visit);
  // After the last walk: keys that still wait are held against the filter.
  void finish_filter();

  // Nothing was found that has to be reported.
  [[nodiscard]] bool is_clean() const { return clean_; }
  // Every node could be read.
  [[nodiscard]] bool is_whole() const { return whole_; }

  [[nodiscard]] const TagStretch& stretch() const { return stretch_; }

 private:
  // How many entries of a leaf have a fault.
  struct Tally {
    uint64_t disorder = 0;
    uint64_t beside = 0;
    uint64_t denied = 0;
    uint64_t outside = 0;
    uint64_t unsorted = 0;
    std::optional<uint32_t> index_wrong;  // the first entry that the leaf's index is wrong of
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
  [[nodiscard]] uint64_t count_beside(const TagVisit& visit, const TagLeaf& leaf,
                                      bool in_order) const;
  void report(uint64_t number, const Tally& tally);

  VerifyContext& context_;
  const TagFacts& facts_;
  TagsReached& reached_;
  BlockWindow& window_;
  TagFilterCheck* filter_;
  bool quiet_;
  bool clean_ = true;
  bool whole_ = true;
  bool header_is_older_ = false;  // reported
  TagStretch stretch_;
};

}  // namespace vde
