#include "tag/tag_sort.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "support/effort.h"
#include "support/random.h"
#include "support/temporary_folder.h"

using namespace vde;
using namespace vde::test;

namespace {

struct Line {
  TagEntry entry;
  uint64_t line;

  bool operator==(const Line&) const = default;
};

TagView view(const TagEntry& entry) {
  return {entry.key, entry.value, entry.inode, entry.block};
}

std::vector<Line> read_all(TagSort& sort) {
  std::vector<Line> lines;
  REQUIRE(sort.start_reading().has_value());
  SortedTag tag;
  while (true) {
    const auto more = sort.next(tag);
    REQUIRE(more.has_value());
    if (!*more) return lines;
    const TagView& entry = tag.entry;
    lines.push_back(
        {{std::string(entry.key), std::string(entry.value), entry.inode, entry.block}, tag.line});
  }
}

std::vector<Line> sorted(const std::vector<TagEntry>& entries, uint64_t memory,
                         const std::string& folder = "") {
  TagSort sort(memory, folder);
  uint64_t line = 0;
  for (const TagEntry& entry : entries) REQUIRE(sort.add(view(entry), ++line).has_value());
  CHECK(sort.count() == entries.size());
  return read_all(sort);
}

// The expected result of the sort.
std::vector<Line> expected(const std::vector<TagEntry>& entries) {
  std::vector<Line> lines;
  for (const TagEntry& entry : entries) lines.push_back({entry, lines.size() + 1});
  std::stable_sort(lines.begin(), lines.end(), [](const Line& a, const Line& b) {
    return std::tie(a.entry.key, a.entry.inode) < std::tie(b.entry.key, b.entry.inode);
  });
  return lines;
}

// Keys with common prefixes of all lengths, which end anywhere and repeat on other inodes.
std::vector<TagEntry> awkward_entries(size_t count) {
  Random random(5);
  const auto below = [&](uint64_t limit) { return random.below(limit); };
  std::vector<TagEntry> entries;
  for (size_t i = 0; i < count; ++i) {
    std::string key = below(4) == 0 ? std::string(below(240), 'a') : "category";
    for (uint64_t n = below(12); n > 0; --n) key += static_cast<char>(below(3) * 127 + below(2));
    entries.push_back({key, std::string(below(8) == 0 ? 255 : below(12), 'v'),
                       static_cast<int64_t>(below(9)) - 4, static_cast<int64_t>(random.next())});
  }
  return entries;
}

}  // namespace

TEST_CASE("entries are sorted by key bytes, then inode, then insertion order") {
  const std::vector<TagEntry> entries = {
      {"b", "1", 7, 0},      {std::string("a\0", 2), "2", 1, 0},
      {"a", "3", 1, 9},      {"\xff", "4", 0, 0},
      {"a", "5", -1, 0},     {"", "6", 0, 0},
      {"a", "7", 1, 0},      {"abcdefgh", "", 0, 0},
      {"abcdefg", "", 0, 0}, {std::string("abcdefg\0", 8), "", 0, 0}};
  const std::vector<Line> lines = sorted(entries, kMinSortMemory);
  std::vector<uint64_t> numbers;
  for (const Line& line : lines) numbers.push_back(line.line);
  CHECK(numbers == std::vector<uint64_t>{6, 5, 3, 7, 2, 9, 10, 8, 1, 4});
  CHECK(lines[2].entry == entries[2]);
}

TEST_CASE("an empty sort returns nothing, and reading can start again") {
  TagSort empty(kMinSortMemory, "");
  CHECK(read_all(empty).empty());
  CHECK(read_all(empty).empty());
}

TEST_CASE("memory makes no difference to the order") {
  const TemporaryFolder folder;
  const std::vector<TagEntry> entries = awkward_entries(40'000);
  const std::vector<Line> right = expected(entries);
  for (const uint64_t memory :
       {uint64_t{64} << 20, uint64_t{2} << 20, kMinSortMemory, uint64_t{0}}) {
    CAPTURE(memory);
    CHECK(sorted(entries, memory, folder.path()) == right);
  }
  CHECK(folder.count() == 0);
}

TEST_CASE("many runs are merged in levels, and a second reading returns the same") {
  const TemporaryFolder folder;
  // Runs of 900 KiB, more than are merged at once.
  std::vector<TagEntry> entries = awkward_entries(2'000);
  TagSort sort(kMinSortMemory, folder.path());
  const uint64_t rounds = scaled(400);
  for (uint64_t round = 0; round < rounds; ++round)
    for (const TagEntry& entry : entries) REQUIRE(sort.add(view(entry), round).has_value());
  CHECK(folder.count() == 0);
  REQUIRE(sort.start_reading().has_value());
  const std::vector<Line> once = expected(entries);
  for (int pass = 0; pass < 2; ++pass) {
    REQUIRE(sort.start_reading().has_value());
    std::string last_key;
    int64_t last_inode = INT64_MIN;
    uint64_t last_line = 0;
    uint64_t count = 0;
    bool in_order = true;
    SortedTag tag;
    while (*sort.next(tag)) {
      const int keys = last_key.compare(tag.entry.key);
      in_order =
          in_order &&
          (keys < 0 || (keys == 0 && (last_inode < tag.entry.inode ||
                                      (last_inode == tag.entry.inode && last_line <= tag.line))));
      last_key = tag.entry.key;
      last_inode = tag.entry.inode;
      last_line = tag.line;
      ++count;
    }
    CHECK(in_order);
    CHECK(count == rounds * entries.size());
    CHECK(last_key == once.back().entry.key);
  }
}

TEST_CASE("entries added in order stay in order") {
  std::vector<TagEntry> entries;
  for (const Line& line : expected(awkward_entries(5'000))) entries.push_back(line.entry);
  const std::vector<Line> lines = sorted(entries, uint64_t{64} << 20);
  for (size_t i = 0; i < lines.size(); ++i) CHECK(lines[i].line == i + 1);
}

TEST_CASE("a missing folder for scratch files is an error") {
  const TemporaryFolder folder;
  TagSort sort(kMinSortMemory, folder / "missing");
  const std::string value(255, 'v');
  Result<void> added;
  for (int i = 0; i < 5'000 && added; ++i) added = sort.add({"key", value, i, 0}, 1);
  REQUIRE_FALSE(added.has_value());
  CHECK(added.error().code == ErrorCode::kIo);
  CHECK(added.error().message.find("missing") != std::string::npos);
}
