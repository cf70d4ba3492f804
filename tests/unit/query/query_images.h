// Images with tags for the tests of queries, and the inodes of streams.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "query/inode_stream.h"
#include "support/random.h"
#include "tags/foreign_tags.h"
#include "tags/tag_session.h"

namespace vde::test {

inline std::vector<int64_t> inodes_in(InodeStream& stream) {
  std::vector<int64_t> all;
  must(stream.start());
  while (stream.has_inode()) {
    all.push_back(stream.inode());
    must(stream.step());
  }
  return all;
}

using TagList = std::vector<TagEntry>;

// An image with these tags, which differ in key or inode.
struct OwnImage : ImageBuilder {
  explicit OwnImage(const TagList& entries, uint32_t block_size = 4096)
      : ImageBuilder({block_size, (uint64_t{8} << 20) / block_size, "tags"}) {
    Activity activity;
    const auto import = must(TagImport::open(file(), {}, kSomeOptions));
    for (const TagEntry& entry : entries) must(import->add(view_of(entry), 1));
    must(import->finish(activity));
  }
};

// The same, as another program leaves the index: the tags in the order given, which is one of their
// keys, and maybe some leaves empty.
struct ForeignImage : OwnImage {
  explicit ForeignImage(const TagList& entries, uint64_t empty_every = 0)
      : OwnImage(fillers(entries.size())) {
    const auto blocks = static_cast<uint64_t>(slots()[slot_of("TAGI")].count);
    const MutableBytes region =
        MutableBytes(bytes()).subspan(start("TAGI") * block_size(), blocks * block_size());
    REQUIRE(write_as_foreign(region, block_size(), entries, {16, empty_every}));
  }

 private:
  // They make the region large enough.
  static TagList fillers(size_t count) {
    TagList entries;
    for (size_t i = 0; i < count; ++i)
      entries.push_back({std::string(200, 'f'), std::string(200, 'v'), static_cast<int64_t>(i), 0});
    return entries;
  }
};

// Tags of few keys on few inodes; keys have from one to a thousand inodes.
inline TagList random_tags(Random& random, size_t count) {
  static const std::vector<std::string> kKeys = {
      "a", "ab", "abc", std::string("a\0b", 3), "b", "and", "", "x y", "*", "\xff\xfe", "(q)", "z"};
  static const std::vector<std::string> kValues = {"", "1", "2", "a b", "=", "*"};
  TagList entries;
  for (size_t i = 0; i < count; ++i) {
    const size_t key = random.below(1 + random.below(kKeys.size()));
    entries.push_back({kKeys[key], kValues[random.below(kValues.size())],
                       static_cast<int64_t>(random.below(1000)) - 30, 0});
    if (random.below(500) == 0) entries.back().inode = INT64_MAX;
    if (random.below(500) == 0) entries.back().inode = INT64_MIN;
  }
  return entries;
}

// The last one of each key and inode, in the order of the index.
inline TagList without_duplicates(const TagList& entries) {
  std::map<std::pair<std::string, int64_t>, TagEntry> last;
  for (const TagEntry& entry : entries) last[{entry.key, entry.inode}] = entry;
  TagList result;
  for (const auto& [place, entry] : last) result.push_back(entry);
  return result;
}

// In the order of keys; equal keys as they are.
inline TagList by_key(TagList entries) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const TagEntry& a, const TagEntry& b) { return a.key < b.key; });
  return entries;
}

}  // namespace vde::test
