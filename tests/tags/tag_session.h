// Shared by the tests of the tag index: images, their tags, and the strict reader's view of them.
#pragma once

#include "support/image_builder.h"
#include "support/session.h"
#include "support/strict/strict_reader.h"
#include "vde/tags.h"

namespace vde::test {

[[nodiscard]] TagView view_of(const TagEntry& entry);
[[nodiscard]] TagEntry entry_of(const TagView& view);

// In the order of the index.
[[nodiscard]] std::vector<TagEntry> found(TagReader& reader, const TagQuery& query);
[[nodiscard]] std::vector<TagEntry> gotten(TagReader& reader, std::string_view key,
                                           std::optional<int64_t> inode = std::nullopt);
// Sorted by key, inode, value and address, for comparison if the order is arbitrary.
[[nodiscard]] std::vector<TagEntry> sorted(std::vector<TagEntry> entries);

// The strict reader reads the index, lists `entries` (sorted) and finds every key, and all entries
// of it unless `runs_may_be_lost`.
void check_strictly(const std::vector<uint8_t>& image, const std::vector<TagEntry>& entries,
                    bool runs_may_be_lost);

}  // namespace vde::test
