#include "tags/tag_session.h"

#include <tuple>

namespace vde::test {

TagView view_of(const TagEntry& entry) {
  return {entry.key, entry.value, entry.inode, entry.block};
}

TagEntry entry_of(const TagView& view) {
  return {std::string(view.key), std::string(view.value), view.inode, view.block};
}

std::vector<TagEntry> found(TagReader& reader, const TagQuery& query) {
  std::vector<TagEntry> entries;
  const uint64_t count = must(reader.find(query, [&](const TagView& view) {
    entries.push_back(entry_of(view));
    return true;
  }));
  CHECK(count == entries.size());
  return entries;
}

std::vector<TagEntry> gotten(TagReader& reader, std::string_view key,
                             std::optional<int64_t> inode) {
  std::vector<TagEntry> entries;
  const uint64_t count = must(reader.get(key, inode, [&](const TagView& view) {
    entries.push_back(entry_of(view));
    return true;
  }));
  CHECK(count == entries.size());
  return entries;
}

std::vector<TagEntry> sorted(std::vector<TagEntry> entries) {
  const auto order = [](const TagEntry& entry) {
    return std::tie(entry.key, entry.inode, entry.value, entry.block);
  };
  std::sort(entries.begin(), entries.end(),
            [&](const TagEntry& a, const TagEntry& b) { return order(a) < order(b); });
  return entries;
}

void check_strictly(const std::vector<uint8_t>& image, const std::vector<TagEntry>& entries,
                    bool runs_may_be_lost) {
  const StrictReader reader(image);
  REQUIRE(reader.validates());
  REQUIRE_MESSAGE(reader.outcome("TAGI") == Outcome::kReads, reader.failure("TAGI"));
  std::vector<TagEntry> listed;
  for (const strict::Tag& tag : reader.tags())
    listed.push_back({tag.key, tag.value, tag.inode, tag.address});
  CHECK(sorted(std::move(listed)) == entries);
  CHECK(reader.tag_index().entry_count() == static_cast<int64_t>(entries.size()));
  CHECK(reader.tag_index().depth() == static_cast<int64_t>(reader.tag_index().levels_below_root()));
  const auto lookups = reader.tag_index().lookups();
  CHECK(lookups.found == lookups.distinct_keys);
  if (!runs_may_be_lost) CHECK(lookups.found_whole == lookups.distinct_keys);
}

}  // namespace vde::test
