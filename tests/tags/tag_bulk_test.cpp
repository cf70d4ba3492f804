// Indexes that are rebuilt as a whole.
#include <doctest/doctest.h>

#include "format/tag/tag_extension.h"
#include "support/verify_list.h"
#include "tag/tag_rebuild.h"
#include "tags/tag_session.h"

using namespace vde;
using namespace vde::test;

namespace {

size_t tag_slot(Volume& volume) {
  const auto& slots = volume.journal().regions().raw_slots();
  size_t slot = 0;
  while (slots[slot].type != block_types::kTagIndex) ++slot;
  return slot;
}

// Replaces the index of `file` by the sorted `entries`.
void build(BlockFile& file, const std::vector<TagEntry>& entries) {
  const auto volume = open_volume(file);
  Transaction transaction = must(volume->begin());
  TagRebuildSize size;
  size.entries = size.keys = entries.size();
  for (const TagEntry& entry : entries)
    size.entry_bytes += kTagEntryOverhead + entry.key.size() + entry.value.size();
  const auto bulk = must(TagRebuild::begin(transaction, volume->allocator(), size));
  for (const TagEntry& entry : entries) must(bulk->add(view_of(entry)));
  must(bulk->finish(tag_slot(*volume), 0));
  must(volume->commit(transaction));
  must(volume->close());
}

std::vector<TagEntry> numbered(size_t count, size_t value_size) {
  std::vector<TagEntry> entries;
  for (size_t i = 0; i < count; ++i) {
    std::string number = std::to_string(i);
    entries.push_back({"key" + std::string(8 - number.size(), '0') + number,
                       std::string(value_size, 'v'), static_cast<int64_t>(i % 7), 5});
  }
  return entries;
}

uint64_t leaves_of(ImageBuilder& image) {
  Activity activity;
  return must(open_tags(image.file())->stats(activity)).leaves;
}

// Runs of equal keys with every length around that of a leaf.
std::vector<TagEntry> runs(uint32_t block_size) {
  std::vector<TagEntry> entries;
  for (int64_t run = 0; run < 60; ++run) {
    const int64_t length =
        run % 3 == 0 ? 1 + run : static_cast<int64_t>(block_size) / 40 - 15 + run;
    for (int64_t inode = 0; inode < length; ++inode)
      entries.push_back({"run" + std::to_string(100 + run), "0123456789", inode, 0});
  }
  return entries;
}

}  // namespace

TEST_CASE("a rebuilt index holds all its input, for every reader") {
  for (const uint32_t block_size : {512u, 4096u, 65536u}) {
    for (const size_t count : {0u, 1u, 5u, 100u, 20'000u}) {
      CAPTURE(block_size);
      CAPTURE(count);
      ImageBuilder image({block_size, std::max<uint64_t>(256, (24u << 20) / block_size), "tags"});
      const std::vector<TagEntry> entries = numbered(count, 12);
      build(image.file(), entries);
      const auto reader = open_tags(image.file());
      CHECK(found(*reader, {}) == entries);
      for (size_t i = 0; i < count; i += 97)
        CHECK(gotten(*reader, entries[i].key) == std::vector{entries[i]});
      check_strictly(image.bytes(), entries, false);
      CHECK(verified(image.file()).codes == std::vector<std::string>{});
    }
  }
}

TEST_CASE("runs of equal keys that fit a leaf are not split, longer ones are found") {
  for (const uint32_t block_size : {512u, 4096u}) {
    CAPTURE(block_size);
    ImageBuilder image({block_size, 16'000, "tags"});
    const std::vector<TagEntry> entries = sorted(runs(block_size));
    build(image.file(), entries);
    const auto reader = open_tags(image.file());
    CHECK(found(*reader, {}) == entries);
    for (const TagEntry& entry : entries)
      REQUIRE(gotten(*reader, entry.key, entry.inode) == std::vector{entry});
    check_strictly(image.bytes(), entries, true);
    const StrictReader strict(image.bytes());
    for (size_t begin = 0, end = 0; begin < entries.size(); begin = end) {
      size_t bytes = 0;
      for (; end < entries.size() && entries[end].key == entries[begin].key; ++end)
        bytes += kTagEntryOverhead + entries[end].key.size() + entries[end].value.size();
      if (3 + bytes + 4 <= block_size - 16)
        CHECK(strict.find(entries[begin].key).size() == end - begin);
    }
  }
}

TEST_CASE("a rebuilt index can be changed without rebuilding the filter immediately") {
  ImageBuilder image({4096, 4096, "tags"});
  std::vector<TagEntry> entries = numbered(20'000, 12);
  build(image.file(), entries);
  auto writer = must(TagWriter::open(image.file(), kSomeOptions));
  entries.push_back({"later", "", 1, 2});
  CHECK(must(writer->set(entries.back())));
  must(writer->commit());
  must(writer->close());
  CHECK(found(*open_tags(image.file()), {}) == sorted(entries));
  Activity activity;
  const TagStats stats = must(open_tags(image.file())->stats(activity));
  CHECK(stats.entries == 20'001);
  CHECK(stats.bloom.extended);
  CHECK(stats.bloom.measured_false_positive_rate < 0.01);
}

TEST_CASE("a leaf of a rebuilt index has room for one more small entry") {
  ImageBuilder image({4096, 4096, "tags"});
  const std::vector<TagEntry> entries = numbered(20'000, 12);
  build(image.file(), entries);
  const uint64_t leaves = leaves_of(image);
  auto writer = must(TagWriter::open(image.file(), kSomeOptions));
  // No two in the same leaf.
  for (size_t i = 0; i < entries.size(); i += 2'000)
    CHECK(must(writer->set({entries[i].key + "+", entries[i].value, 1, 2})));
  must(writer->commit());
  must(writer->close());
  CHECK(leaves_of(image) == leaves);
}

// A leaf has 4069 bytes for entries with 3 bytes each of its index.
TEST_CASE("leaves are filled where room would cost much") {
  const auto built = [](uint64_t blocks, const std::vector<TagEntry>& entries) {
    ImageBuilder image({4096, blocks, "tags"});
    build(image.file(), entries);
    CHECK(found(*open_tags(image.file()), {}) == entries);
    return leaves_of(image);
  };
  // 14 large ones of 284 bytes take 4018 bytes.
  CHECK(built(4096, numbered(1'000, 255)) == 72);
  // 92 small ones of 41 bytes take 4048. A small volume has no space for half-empty leaves.
  CHECK(built(4096, numbered(20'000, 12)) == 220);
  CHECK(built(512, numbered(20'000, 12)) == 218);
  // So do two runs of 46.
  std::vector<TagEntry> runs;
  for (int64_t i = 0; i < 46 * 100; ++i)
    runs.push_back({"run" + std::to_string(10000000 + i / 46), std::string(12, 'v'), i % 46, 0});
  CHECK(built(4096, runs) == 50);
}

TEST_CASE("a lost block of the larger filter hides no tag, and no change uses it") {
  ImageBuilder image({4096, 1024, "tags"});
  const std::vector<TagEntry> entries = numbered(2'000, 12);
  build(image.file(), entries);
  const auto record = decode_tag_extension(image.payload(image.start("TAGI")));
  REQUIRE(record.has_value());
  REQUIRE(record->filter_lines > 0);
  const uint64_t lost = image.start("TAGI") + record->filter_start;
  image.wipe(lost);
  const auto reader = open_tags(image.file());
  for (const TagEntry& entry : entries)
    if (gotten(*reader, entry.key).size() != 1) FAIL(entry.key);
  const auto before = image.bytes();
  auto writer = must(TagWriter::open(image.file(), kSomeOptions));
  std::optional<Error> refusal;
  for (int i = 0; i < 50 && !refusal; ++i)
    if (auto set = writer->set({"later" + std::to_string(i), "", 1, 2}); !set)
      refusal = set.error();
  REQUIRE(refusal.has_value());
  CHECK(refusal->code == ErrorCode::kDamaged);
  CHECK(refusal->block == lost);
  CHECK(refusal->hint == "run 'vdetool verify IMAGE --repair'");
  must(writer->close());
  CHECK(image.bytes() == before);
}

TEST_CASE("entries out of order and duplicates are refused") {
  ImageBuilder image({4096, 1024, "tags"});
  const auto volume = open_volume(image.file());
  Transaction transaction = must(volume->begin());
  const auto bulk = must(TagRebuild::begin(transaction, volume->allocator(), {3, 100, 3}));
  must(bulk->add({"b", "", 1, 0}));
  CHECK(bulk->add({"b", "", 1, 0}).error().code == ErrorCode::kUsage);
  CHECK(bulk->add({"b", "", 0, 0}).error().code == ErrorCode::kUsage);
  CHECK(bulk->add({"a", "", 9, 0}).error().code == ErrorCode::kUsage);
  must(bulk->add({"b", "", 2, 0}));
}
