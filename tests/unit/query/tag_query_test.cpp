// Queries against a model: random expressions over the tags of images of this and other programs,
// in memory and with temporary files.
#include "vde/query.h"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "format/tag/tag_leaf.h"
#include "support/effort.h"
#include "support/temporary_folder.h"
#include "unit/query/query_images.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

namespace {

// What one inode has: a key may have several values in the index of another program.
using Tags = std::multimap<std::string, std::string>;
using TagModel = std::map<int64_t, Tags>;

TagModel model_of(const TagList& entries) {
  TagModel model;
  for (const TagEntry& entry : entries) model[entry.inode].emplace(entry.key, entry.value);
  return model;
}

// A random expression, as text and as a function of an inode's tags.
class RandomExpression {
 public:
  RandomExpression(Random& random, const TagList& entries) : random_(random), entries_(entries) {
    text_ = space(false);
    test_ = any_of(1 + random_.below(5));
    text_ += space(false);
  }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool matches(const Tags& tags) const { return test_(tags); }

 private:
  using Test = std::function<bool(const Tags&)>;

  // Operands joined by `or`, or `and`.
  Test any_of(uint64_t depth) {
    Test test = all_of(depth);
    while (random_.below(3) == 0) {
      join("or");
      test = [a = test, b = all_of(depth)](const Tags& tags) { return a(tags) || b(tags); };
    }
    return test;
  }
  Test all_of(uint64_t depth) {
    Test test = operand(depth);
    while (random_.below(3) == 0) {
      join("and");
      test = [a = test, b = operand(depth)](const Tags& tags) { return a(tags) && b(tags); };
    }
    return test;
  }
  Test operand(uint64_t depth) {
    if (random_.below(4) == 0) {
      word("not");
      return [a = operand(depth)](const Tags& tags) { return !a(tags); };
    }
    if (depth == 0 || random_.below(2) == 0) return single();
    text_ += "(" + space(false);
    const Test test = any_of(depth - 1);
    text_ += space(false) + ")";
    return test;
  }
  Test single() {
    if (random_.below(10) == 0) {
      word("*");
      return [](const Tags& tags) { return !tags.empty(); };
    }
    const TagEntry& entry = entries_[random_.below(entries_.size())];
    const std::string key = random_.below(20) == 0 ? "missing" : entry.key;
    const std::string text = written(key);
    switch (random_.below(4)) {
      case 0: {
        word(text + "=" + (entry.value.empty() ? "" : written(entry.value)));
        return [key, value = entry.value](const Tags& tags) {
          for (auto [at, end] = tags.equal_range(key); at != end; ++at)
            if (at->second == value) return true;
          return false;
        };
      }
      case 1: {
        const std::string prefix = key.substr(0, random_.below(key.size() + 1));
        word(written(prefix) + "*");
        return [prefix](const Tags& tags) {
          const auto at = tags.lower_bound(prefix);
          return at != tags.end() && at->first.starts_with(prefix);
        };
      }
      default:
        word(text);
        return [key](const Tags& tags) { return tags.contains(key); };
    }
  }

  // Bytes as some mix of plain text, quotes and escapes.
  std::string written(const std::string& bytes) {
    std::string text;
    for (const char byte : bytes) {
      const bool is_plain = std::isalnum(static_cast<unsigned char>(byte)) != 0;
      const bool fits_quotes = byte != '"' && byte != '\\';
      if (is_plain && random_.below(8) != 0)
        text += byte;
      else if (fits_quotes && random_.below(2) == 0)
        text += std::string("\"") + byte + '"';
      else
        text += "\\x" + to_hex({reinterpret_cast<const uint8_t*>(&byte), 1});
    }
    return text.empty() || text == "and" ? "\"" + text + "\"" : text;
  }

  std::string space(bool is_needed) {
    static constexpr std::string_view kSpaces = " \t\r\n";
    std::string text;
    if (is_needed) text = ' ';
    while (random_.below(6) == 0) text += kSpaces[random_.below(kSpaces.size())];
    return text;
  }
  // Adds a word. A parenthesis before it separates it as white space does.
  void word(const std::string& text) {
    const bool follows_word =
        !text_.empty() && std::string_view("( \t\r\n").find(text_.back()) == std::string_view::npos;
    text_ += space(follows_word) + text;
  }
  void join(const std::string& operation) {
    if (text_.back() == ')' && random_.below(2) == 0)
      text_ += operation;
    else
      word(operation);
    if (random_.below(2) == 0) text_ += space(true);
  }

  Random& random_;
  const TagList& entries_;
  std::string text_;
  Test test_;
};

std::vector<int64_t> queried(TagReader& reader, std::string_view text,
                             const TagQueryOptions& options = {}) {
  const TagExpression expression = must(TagExpression::parse(text));
  Activity activity;
  std::vector<int64_t> inodes;
  const uint64_t count = must(query_tags(reader, expression, options, activity, [&](int64_t inode) {
    inodes.push_back(inode);
    return true;
  }));
  CHECK(count == inodes.size());
  return inodes;
}

void check_queries(ImageBuilder& image, uint64_t count, uint64_t seed,
                   const TagQueryOptions& options) {
  const OpenTags reader = open_tags(image.file());
  const TagList entries = found(*reader, {});
  const TagModel model = model_of(entries);
  Random random(seed);
  uint64_t with_result = 0;
  for (uint64_t run = scaled(count); run > 0; --run) {
    const RandomExpression expression(random, entries);
    CAPTURE(expression.text());
    std::vector<int64_t> expected;
    for (const auto& inode : model)
      if (expression.matches(inode.second)) expected.push_back(inode.first);
    REQUIRE(queried(*reader, expression.text(), options) == expected);
    if (!expected.empty()) ++with_result;
  }
  CHECK(with_result > scaled(count) / 3);
}

std::optional<Error> query_error(ImageBuilder& image, std::string_view text,
                                 std::vector<int64_t>& before) {
  const OpenTags reader = open_tags(image.file());
  const TagExpression expression = must(TagExpression::parse(text));
  Activity activity;
  const auto count = query_tags(*reader, expression, {}, activity, [&](int64_t inode) {
    before.push_back(inode);
    return true;
  });
  return count ? std::nullopt : std::optional(count.error());
}

}  // namespace

TEST_CASE("random expressions select what a model selects, in an index of this program") {
  for (const uint32_t block_size : {512U, 4096U}) {
    CAPTURE(block_size);
    Random random(block_size);
    OwnImage image(without_duplicates(random_tags(random, 3000)), block_size);
    check_queries(image, 800, 1, {});
  }
}

TEST_CASE("random expressions, sorted in temporary files") {
  const TemporaryFolder folder;
  Random random(3);
  // Many inodes: the smallest memory holds a thousand.
  TagList entries = random_tags(random, 3000);
  for (TagEntry& entry : entries)
    entry.inode = static_cast<int64_t>(static_cast<uint64_t>(entry.inode) * (1 + random.below(9)));
  OwnImage image(without_duplicates(entries));
  check_queries(image, 300, 2, {.memory = 1, .temporary_folder = folder.path()});
  CHECK(folder.count() == 0);
  // With a folder that does not exist, the file is an error: it is needed.
  const OpenTags reader = open_tags(image.file());
  const TagExpression expression = must(TagExpression::parse("*"));
  Activity activity;
  const auto none = query_tags(*reader, expression, {1, "/does/not/exist"}, activity,
                               [](int64_t) { return true; });
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().code == ErrorCode::kIo);
}

TEST_CASE("random expressions in an index of another program: runs in any order, duplicates") {
  for (const uint64_t empty_every : {0U, 5U}) {
    CAPTURE(empty_every);
    Random random(5);
    ForeignImage image(by_key(random_tags(random, 2000)), empty_every);
    const TemporaryFolder folder;
    check_queries(image, 400, 3, {});
    check_queries(image, 100, 4, {.memory = 1, .temporary_folder = folder.path()});
  }
}

TEST_CASE("a key of many leaves is searched without memory or files") {
  TagList entries;
  for (int64_t i = 0; i < 20'000; ++i) entries.push_back({"a", "v", i, 0});
  for (int64_t i = 0; i < 20'000; i += 3) entries.push_back({"b", "v", i, 0});
  OwnImage image(entries);
  const OpenTags reader = open_tags(image.file());
  const TagQueryOptions nowhere{1, "/does/not/exist"};
  CHECK(queried(*reader, "a and b", nowhere).size() == 6667);
  CHECK(queried(*reader, "a and not b", nowhere).size() == 13'333);
  CHECK(queried(*reader, "b and not a", nowhere).empty());
  CHECK(queried(*reader, "a=v and * and (b or a=w)", nowhere).size() == 6667);
  CHECK(queried(*reader, "not (not a or not b)", nowhere).size() == 6667);
}

TEST_CASE("an index without tags has no inodes, whatever is asked") {
  ImageBuilder image({4096, 256, "tags"});
  const OpenTags reader = open_tags(image.file());
  for (const char* text : {"*", "not a", "a", "a*", "not (a and *)", "\"\"", "\"\"*"})
    CHECK(queried(*reader, text).empty());
}

TEST_CASE("the visitor stops the query, and so does the activity") {
  TagList entries;
  for (int64_t i = 0; i < 1000; ++i) entries.push_back({"a", "", i, 0});
  OwnImage image(entries);
  const OpenTags reader = open_tags(image.file());
  const TagExpression expression = must(TagExpression::parse("a"));
  Activity activity;
  CHECK(must(query_tags(*reader, expression, {}, activity,
                        [](int64_t inode) { return inode < 9; })) == 10);
  const auto stopped = query_tags(*reader, expression, {}, activity, [&](int64_t) {
    activity.stop = true;
    return true;
  });
  REQUIRE_FALSE(stopped.has_value());
  CHECK(stopped.error().code == ErrorCode::kInterrupted);
}

TEST_CASE("a damaged leaf ends the query with its block, and no wrong inode before it") {
  TagList entries;
  for (int64_t i = 0; i < 3000; ++i) entries.push_back({"a", std::string(40, 'v'), i, 0});
  for (int64_t i = 0; i < 3000; i += 2) entries.push_back({"b", std::string(40, 'v'), i, 0});
  OwnImage image(entries);
  const std::vector<uint8_t> sound = image.bytes();
  const uint64_t start = image.start("TAGI");
  const auto count = static_cast<uint64_t>(image.slots()[image.slot_of("TAGI")].count);
  uint64_t failures = 0;
  for (uint64_t block = start + 2; block < start + count; ++block) {
    if (image.payload(block)[0] != kTagLeafType) continue;
    image.flip(block, 500);
    for (const char* text : {"a and b", "a and not b", "not b", "a or b", "a*", "b"}) {
      CAPTURE(text);
      CAPTURE(block);
      std::vector<int64_t> before;
      const auto error = query_error(image, text, before);
      const bool is_right = text == std::string_view("a and b") || text == std::string_view("b");
      const bool is_rest =
          text == std::string_view("a and not b") || text == std::string_view("not b");
      for (const int64_t inode : before)
        CHECK((is_right ? inode % 2 == 0 : !is_rest || inode % 2 == 1));
      if (!error) continue;
      ++failures;
      CHECK(error->code == ErrorCode::kDamaged);
      CHECK(error->block == block);
    }
    image.bytes() = sound;
  }
  CHECK(failures > 100);
}

TEST_CASE("tags out of order in an index that says it is sorted are damage") {
  TagList entries;
  for (int64_t i = 0; i < 100; ++i) entries.push_back({"a", "", i, 0});
  OwnImage image(entries);
  const uint64_t start = image.start("TAGI");
  const auto count = static_cast<uint64_t>(image.slots()[image.slot_of("TAGI")].count);
  // The inode of the third entry: key and value take 1 + 1 + 1 bytes, inode and block 8 each.
  size_t changed = 0;
  for (uint64_t block = start + 1; block < start + count; ++block) {
    if (image.payload(block)[0] != kTagLeafType || image.payload(block)[1] != 100) continue;
    image.patch(block, 3 + 2 * 19 + 3, "6300000000000000").rehash(block);
    ++changed;
  }
  REQUIRE(changed == 1);
  std::vector<int64_t> before;
  const auto error = query_error(image, "a", before);
  REQUIRE(error.has_value());
  CHECK(error->code == ErrorCode::kDamaged);
  CHECK(error->message.find("order of their inodes") != std::string::npos);
}
