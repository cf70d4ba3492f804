// Distinct keys with the number of their inodes.
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "support/effort.h"
#include "unit/query/query_images.h"
#include "vde/query.h"

using namespace vde;
using namespace vde::test;

namespace {

using KeyCounts = std::vector<std::pair<std::string, uint64_t>>;

KeyCounts keys_in(ImageBuilder& image, std::string_view prefix,
                  const TagQueryOptions& options = {}) {
  const OpenTags reader = open_tags(image.file());
  Activity activity;
  KeyCounts keys;
  const uint64_t count =
      must(list_tag_keys(*reader, prefix, options, activity, [&](const TagKey& key) {
        keys.emplace_back(key.key, key.inodes);
        return true;
      }));
  CHECK(count == keys.size());
  return keys;
}

KeyCounts expected_keys(const TagList& entries, std::string_view prefix) {
  std::map<std::string, std::set<int64_t>> inodes;
  for (const TagEntry& entry : entries)
    if (entry.key.starts_with(prefix)) inodes[entry.key].insert(entry.inode);
  KeyCounts keys;
  for (const auto& [key, set] : inodes) keys.emplace_back(key, set.size());
  return keys;
}

}  // namespace

TEST_CASE("keys are listed once, in order, with the number of their inodes") {
  Random random(1);
  const TagList entries = without_duplicates(random_tags(random, 4000));
  OwnImage image(entries, 512);
  for (const char* prefix : {"", "a", "ab", "abcd", "z", "\xff"}) {
    CAPTURE(prefix);
    CHECK(keys_in(image, prefix) == expected_keys(entries, prefix));
  }
}

TEST_CASE("an inode counts once if another program's index has a key and inode twice") {
  Random random(2);
  const TagList entries = by_key(random_tags(random, 2000));
  ForeignImage image(entries);
  const KeyCounts expected = expected_keys(entries, "");
  uint64_t tags = 0;
  for (const auto& key : expected) tags += key.second;
  CHECK(tags < entries.size());
  CHECK(keys_in(image, "") == expected);
  CHECK(keys_in(image, "", {.memory = 1}) == expected);
}

TEST_CASE("the visitor ends the list of keys") {
  OwnImage image(TagList{{"a", "", 1, 0}, {"b", "", 1, 0}, {"c", "", 1, 0}});
  const OpenTags reader = open_tags(image.file());
  Activity activity;
  CHECK(must(list_tag_keys(*reader, "", {}, activity,
                           [](const TagKey& key) { return key.key < "b"; })) == 2);
}

TEST_CASE("an index without tags has no keys") {
  ImageBuilder image({4096, 256, "tags"});
  CHECK(keys_in(image, "").empty());
}
