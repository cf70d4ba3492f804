// Differences between the tags of two images.
#include "vde/query.h"

#include <doctest/doctest.h>

#include <map>

#include "support/effort.h"
#include "unit/query/query_images.h"

using namespace vde;
using namespace vde::test;

namespace {

struct Difference {
  TagChangeKind kind;
  TagEntry before;
  TagEntry after;

  bool operator==(const Difference&) const = default;
};

std::vector<Difference> differences(ImageBuilder& before, ImageBuilder& after,
                                    const TagDiffOptions& options = {}) {
  const OpenTags old_tags = open_tags(before.file());
  const OpenTags new_tags = open_tags(after.file());
  Activity activity;
  std::vector<Difference> all;
  const uint64_t count =
      must(TagDiff(*old_tags, *new_tags, options).run(activity, [&](const TagChange& change) {
        all.push_back({change.kind, entry_of(change.before), entry_of(change.after)});
        return true;
      }));
  CHECK(count == all.size());
  return all;
}

using Place = std::pair<std::string, int64_t>;

// For tags with different keys or inodes.
std::vector<Difference> expected_differences(const TagList& before, const TagList& after) {
  std::map<Place, std::pair<const TagEntry*, const TagEntry*>> places;
  for (const TagEntry& entry : before) places[{entry.key, entry.inode}].first = &entry;
  for (const TagEntry& entry : after) places[{entry.key, entry.inode}].second = &entry;
  std::vector<Difference> all;
  for (const auto& [place, tags] : places) {
    if (tags.first == nullptr)
      all.push_back({TagChangeKind::kAdded, {}, *tags.second});
    else if (tags.second == nullptr)
      all.push_back({TagChangeKind::kRemoved, *tags.first, {}});
    else if (*tags.first != *tags.second)
      all.push_back({TagChangeKind::kChanged, *tags.first, *tags.second});
  }
  return all;
}

TagList changed_tags(Random& random, TagList entries) {
  std::erase_if(entries, [&](const TagEntry&) { return random.below(10) == 0; });
  for (TagEntry& entry : entries) {
    if (random.below(10) == 0) entry.value += "x";
    if (random.below(10) == 0) entry.block = static_cast<int64_t>(random.next());
  }
  const TagList more = random_tags(random, entries.size() / 10);
  entries.insert(entries.end(), more.begin(), more.end());
  return without_duplicates(entries);
}

// The tags of each key in a random order.
TagList shuffled_runs(Random& random, TagList entries) {
  for (size_t i = entries.size(); i > 1; --i) std::swap(entries[i - 1], entries[random.below(i)]);
  return by_key(std::move(entries));
}

}  // namespace

TEST_CASE("what was added, removed and changed, in key order, at different block sizes") {
  Random random(1);
  for (uint64_t run = scaled(10); run > 0; --run) {
    const TagList before = without_duplicates(random_tags(random, 2000));
    const TagList after = changed_tags(random, before);
    OwnImage old_image(before, 512);
    OwnImage new_image(after, 4096);
    CHECK(differences(old_image, new_image) == expected_differences(before, after));
    CHECK(differences(new_image, old_image) == expected_differences(after, before));
    CHECK(differences(old_image, old_image).empty());
  }
}

TEST_CASE("the order that another program left does not matter") {
  Random random(2);
  const TagList before = without_duplicates(random_tags(random, 2000));
  const TagList after = changed_tags(random, before);
  ForeignImage old_image(shuffled_runs(random, before));
  OwnImage new_image(after);
  CHECK(differences(old_image, new_image) == expected_differences(before, after));
  ForeignImage same(shuffled_runs(random, before));
  CHECK(differences(old_image, same).empty());
  CHECK(differences(old_image, same, {.memory = 1}).empty());
}

TEST_CASE("tags that both have are equal even if a key and inode occurs several times") {
  const TagList before = {{"k", "1", 5, 0}, {"k", "2", 5, 0}, {"k", "3", 5, 0}};
  ForeignImage old_image(before);
  ForeignImage same(TagList{before[2], before[0], before[1]});
  CHECK(differences(old_image, same).empty());
  ForeignImage other(TagList{{"k", "9", 5, 0}, before[2], before[1]});
  CHECK(differences(old_image, other) ==
        std::vector<Difference>{{TagChangeKind::kChanged, before[0], {"k", "9", 5, 0}}});
  OwnImage single(TagList{before[1]});
  CHECK(differences(old_image, single) ==
        std::vector<Difference>{{TagChangeKind::kRemoved, before[0], {}},
                                {TagChangeKind::kRemoved, before[2], {}}});
}

TEST_CASE("images without tags") {
  ImageBuilder empty({4096, 256, "tags"});
  const TagList tags = {{"", "v", INT64_MIN, 1}, {"a", "", INT64_MAX, 0}};
  OwnImage image(tags);
  CHECK(differences(empty, empty).empty());
  CHECK(differences(empty, image) == expected_differences({}, tags));
  CHECK(differences(image, empty) == expected_differences(tags, {}));
}

TEST_CASE("an error names the side that is damaged") {
  TagList tags;
  for (int64_t i = 0; i < 2000; ++i) tags.push_back({"a", std::string(40, 'v'), i, 0});
  OwnImage sound(tags);
  OwnImage damaged(tags);
  const uint64_t leaf = damaged.start("TAGI") + 2;
  damaged.flip(leaf, 500);
  const OpenTags good = open_tags(sound.file());
  const OpenTags bad = open_tags(damaged.file());
  Activity activity;
  for (const bool is_new : {false, true}) {
    TagDiff diff(is_new ? *good : *bad, is_new ? *bad : *good);
    const auto count = diff.run(activity, [](const TagChange&) { return true; });
    REQUIRE_FALSE(count.has_value());
    CHECK(count.error().code == ErrorCode::kDamaged);
    CHECK(count.error().block == leaf);
    CHECK(diff.failed_in_new() == is_new);
  }
}
