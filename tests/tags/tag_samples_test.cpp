// Reads and changes the tag indexes of the samples.
#include <doctest/doctest.h>

#include "support/vectors.h"
#include "tags/tag_session.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;
using nlohmann::json;

namespace {

std::string bytes_of_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::vector<TagEntry> listed_entries(const json& listing) {
  std::vector<TagEntry> entries;
  for (const json& entry : listing["tags"]["entries"])
    entries.push_back({bytes_of_hex(entry[0]), bytes_of_hex(entry[1]), entry[2], entry[3]});
  return entries;
}

// Calls `check` for every sample whose index can be read, with its entries in chain order.
template <class Check>
void for_tag_samples(Check check) {
  size_t samples = 0;
  for (const std::string& name : vector_names()) {
    const json listing = vector_listing(name);
    if (!listing.contains("tags")) continue;
    CAPTURE(name);
    ++samples;
    MemoryFile file(vector_image(name));
    std::vector<TagEntry> entries = listed_entries(listing);
    // The largest are listed only by digest; another test compares the strict reader with it.
    if (listing["tags"].contains("entries_left_out")) {
      entries.clear();
      const StrictReader reader(file.bytes());
      for (const strict::Tag& tag : reader.tags())
        entries.push_back({tag.key, tag.value, tag.inode, tag.address});
    }
    check(file, entries);
  }
  CHECK(samples >= 14);
}

}  // namespace

TEST_CASE("every sample returns exactly its entries, forwards and backwards") {
  for_tag_samples([](MemoryFile& file, const std::vector<TagEntry>& entries) {
    const auto reader = open_tags(file);
    CHECK(reader->entry_count() == entries.size());
    CHECK(found(*reader, {}) == entries);
    TagQuery query;
    query.reverse = true;
    CHECK(found(*reader, query) == std::vector<TagEntry>(entries.rbegin(), entries.rend()));
  });
}

TEST_CASE("every key of every sample is found, with all its entries, and each by its inode") {
  for_tag_samples([](MemoryFile& file, const std::vector<TagEntry>& entries) {
    const auto reader = open_tags(file);
    for (size_t begin = 0, end = 0; begin < entries.size(); begin = end) {
      std::vector<TagEntry> run;
      for (; end < entries.size() && entries[end].key == entries[begin].key; ++end)
        run.push_back(entries[end]);
      REQUIRE(gotten(*reader, run[0].key) == run);
      for (size_t i = 0; i < std::min<size_t>(run.size(), 8); ++i) {
        const auto same = gotten(*reader, run[i].key, run[i].inode);
        CHECK(std::find(same.begin(), same.end(), run[i]) != same.end());
      }
      CHECK(gotten(*reader, run[0].key + "\x01no").empty());
    }
    CHECK(gotten(*reader, "no such key").empty());
  });
}

TEST_CASE("prefixes and ranges of every sample are those of its list") {
  for_tag_samples([](MemoryFile& file, const std::vector<TagEntry>& entries) {
    const auto reader = open_tags(file);
    const size_t step = std::max<size_t>(1, entries.size() / 40);
    for (size_t i = 0; i < entries.size(); i += step) {
      TagQuery query;
      query.prefix = entries[i].key.substr(0, entries[i].key.size() / 2);
      std::vector<TagEntry> expected;
      for (const TagEntry& entry : entries)
        if (entry.key.starts_with(query.prefix)) expected.push_back(entry);
      CHECK(found(*reader, query) == expected);
      TagQuery range;
      range.from = entries[i].key;
      range.to = entries[std::min(entries.size() - 1, i + 3 * step)].key;
      expected.clear();
      for (const TagEntry& entry : entries)
        if (entry.key >= *range.from && entry.key <= *range.to) expected.push_back(entry);
      CHECK(found(*reader, range) == expected);
    }
  });
}

TEST_CASE("the strict reader finds all tags after changes to the samples") {
  for_tag_samples([](MemoryFile& file, const std::vector<TagEntry>& before) {
    std::vector<TagEntry> entries = before;
    auto writer = must(TagWriter::open(file, kSomeOptions));
    const size_t step = std::max<size_t>(1, entries.size() / 50);
    for (size_t i = 0; i < before.size(); i += step) {
      const TagEntry added{before[i].key.substr(0, 240) + "\x01more", "value", 77, 0};
      if (must(writer->set(added))) entries.push_back(added);
      CHECK(must(writer->remove(before[i].key, before[i].inode)));
      std::erase_if(entries, [&](const TagEntry& entry) {
        return entry.key == before[i].key && entry.inode == before[i].inode;
      });
      // The sample's volume has no room for one large commit.
      if (i % (8 * step) == 0) must(writer->commit());
    }
    const TagEntry first{"", "the empty key", INT64_MIN, -1};
    if (must(writer->set(first))) entries.push_back(first);
    must(writer->commit());
    must(writer->close());
    entries = sorted(std::move(entries));
    const auto reader = open_tags(file);
    CHECK(sorted(found(*reader, {})) == entries);
    check_strictly(file.bytes(), entries, true);
  });
}
