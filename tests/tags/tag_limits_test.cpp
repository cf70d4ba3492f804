// The limits of an index, and its behavior when there is no room.
#include <doctest/doctest.h>

#include "tags/tag_session.h"

using namespace vde;
using namespace vde::test;

TEST_CASE("the longest entries are accepted, longer ones are refused with the limit") {
  struct Case {
    uint32_t block_size;
    size_t key;
    size_t value;
    bool fits;
  };
  for (const Case& one :
       {Case{512, 239, 232, true}, Case{512, 239, 233, false}, Case{512, 240, 0, false},
        Case{512, 216, 255, true}, Case{1024, 255, 255, true}, Case{1024, 256, 0, false},
        Case{65536, 255, 256, false}}) {
    CAPTURE(one.block_size);
    CAPTURE(one.key);
    CAPTURE(one.value);
    ImageBuilder image({one.block_size, 512, "tags"});
    auto writer = must(TagWriter::open(image.file(), kSomeOptions));
    const TagEntry entry{std::string(one.key, 'k'), std::string(one.value, 'v'), 1, 2};
    const Result<bool> result = writer->set(entry);
    CHECK(result.has_value() == one.fits);
    if (result) continue;
    CHECK(result.error().code == ErrorCode::kUsage);
    CHECK(result.error().message.find("(maximum ") != std::string::npos);
    CHECK(must(writer->set({"short", "", 1, 2})));
  }
}

TEST_CASE("an index of the longest keys, each alone on its leaf, splits and merges") {
  for (const uint32_t block_size : {512u, 1024u}) {
    CAPTURE(block_size);
    ImageBuilder image({block_size, 8192, "tags"});
    auto writer = must(TagWriter::open(image.file(), kSomeOptions));
    const size_t size = block_size == 512 ? 239 : 255;
    std::vector<TagEntry> entries;
    for (int i = 0; i < 300; ++i) {
      std::string key = std::to_string(i * 7919 % 300);
      key.insert(0, size - key.size(), '=');
      entries.push_back({key, std::string(block_size == 512 ? 232 : 255, 'v'), i, i});
      CHECK(must(writer->set(entries.back())));
    }
    must(writer->commit());
    must(writer->close());
    check_strictly(image.bytes(), sorted(entries), false);
    for (const TagEntry& entry : entries) CHECK(must(writer->remove(entry.key, entry.inode)));
    must(writer->commit());
    must(writer->close());
    check_strictly(image.bytes(), {}, false);
    CHECK(StrictReader(image.bytes()).tag_index().reachable_nodes() == 1);
  }
}

TEST_CASE("dropped changes are not visible to later ones") {
  ImageBuilder image({512, 4096, "tags"});
  const auto writer = must(TagWriter::open(image.file(), kSomeOptions));
  const auto add = [&](int first, int end, std::vector<TagEntry>& added) {
    for (int i = first; i < end; ++i) {
      added.push_back({"key" + std::to_string(i), std::string(100, 'v'), i, i});
      CHECK(must(writer->set(added.back())));
    }
  };
  std::vector<TagEntry> kept;
  add(0, 200, kept);
  must(writer->commit());
  std::vector<TagEntry> given_up;
  add(200, 600, given_up);
  must(writer->close());
  // Splits the same nodes at other places.
  add(600, 800, kept);
  for (const TagEntry& entry : given_up) CHECK_FALSE(must(writer->remove(entry.key, entry.inode)));
  must(writer->commit());
  must(writer->close());
  check_strictly(image.bytes(), sorted(kept), false);
}

TEST_CASE("a full volume refuses a tag, and the index is unchanged") {
  ImageBuilder image({512, 1024, "tags"});
  auto writer = must(TagWriter::open(image.file(), kSomeOptions));
  std::vector<TagEntry> entries;
  for (int i = 0;; ++i) {
    const TagEntry entry{"key" + std::to_string(i), std::string(200, 'v'), i, i};
    const Result<bool> added = writer->set(entry);
    if (!added) {
      CHECK(added.error().code == ErrorCode::kNoSpace);
      break;
    }
    const Result<void> committed = writer->commit();
    if (!committed) {
      CHECK(committed.error().code == ErrorCode::kNoSpace);
      break;
    }
    entries.push_back(entry);
    REQUIRE(i < 5000);
  }
  CHECK(entries.size() > 300);
  must(writer->close());
  CHECK(sorted(found(*open_tags(image.file()), {})) == sorted(entries));
  check_strictly(image.bytes(), sorted(entries), false);
  CHECK(must(writer->remove(entries[0].key, entries[0].inode)));
  must(writer->commit());
  must(writer->close());
}

TEST_CASE("an uninitialized region is an empty index, and can be used") {
  ImageBuilder image({4096, 256, "tags"});
  const uint64_t start = image.start("TAGI");
  image.write(start, "TAGI", "");
  for (uint64_t block = start + 1; block < start + 4; ++block) image.wipe(block);
  const auto reader = open_tags(image.file());
  CHECK(reader->entry_count() == 0);
  CHECK(found(*reader, {}).empty());
  CHECK(gotten(*reader, "key").empty());
  auto writer = must(TagWriter::open(image.file(), kSomeOptions));
  CHECK(must(writer->set({"key", "value", 1, 2})));
  must(writer->commit());
  must(writer->close());
  check_strictly(image.bytes(), {{"key", "value", 1, 2}}, false);
}

TEST_CASE("one key on very many inodes: each is found by descent, and removed") {
  ImageBuilder image({512, 16'384, "tags"});
  auto writer = must(TagWriter::open(image.file(), kSomeOptions));
  constexpr int64_t kInodes = 20'000;
  for (int64_t i = 0; i < kInodes; ++i)
    CHECK(must(writer->set({"hot", "value", i * 7919 % kInodes, i})));
  must(writer->commit());
  const auto reader = open_tags(image.file());
  for (int64_t i = 0; i < kInodes; i += 37) CHECK(gotten(*reader, "hot", i).size() == 1);
  CHECK(gotten(*reader, "hot", kInodes).empty());
  CHECK(gotten(*reader, "hot", -1).empty());
  CHECK(gotten(*reader, "hot").size() == kInodes);
  for (int64_t i = 0; i < kInodes; i += 2) CHECK(must(writer->remove("hot", i)));
  must(writer->commit());
  must(writer->close());
  CHECK(found(*open_tags(image.file()), {}).size() == kInodes / 2);
}
