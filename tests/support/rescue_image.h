// Rescues images in tests.
#pragma once

#include <doctest/doctest.h>

#include <set>
#include <sstream>

#include "support/must.h"
#include "support/one_change.h"
#include "support/temporary_folder.h"
#include "vde/rescue.h"
#include "vde/text.h"

namespace vde::test {

// The entries of an image as texts that name all their fields.
struct Entries {
  std::set<std::string> tags;
  std::set<std::string> snapshots;
  std::set<std::string> modules;

  bool operator==(const Entries&) const = default;
  [[nodiscard]] size_t size() const { return tags.size() + snapshots.size() + modules.size(); }
};

// What of `all` is not in `part`.
[[nodiscard]] inline std::string missing_in(const Entries& part, const Entries& all) {
  std::string text;
  const auto compare = [&](const std::set<std::string>& some, const std::set<std::string>& whole) {
    for (const std::string& entry : whole)
      if (!some.contains(entry)) text += entry + "\n";
  };
  compare(part.tags, all.tags);
  compare(part.snapshots, all.snapshots);
  compare(part.modules, all.modules);
  return text;
}

// Everything that can be read; a table that cannot be opened has none.
[[nodiscard]] inline Entries entries_of(BlockFile& file) {
  Entries entries;
  if (auto tags = try_open_tags(file))
    (void)(*tags)->find({}, [&](const TagView& tag) {
      entries.tags.insert(escape(tag.key) + "=" + escape(tag.value) + " " +
                          std::to_string(tag.inode) + " " + std::to_string(tag.block));
      return true;
    });
  if (auto snapshots = try_open_snapshots(file))
    (void)(*snapshots)->list([&](const Snapshot& snapshot) {
      entries.snapshots.insert(to_string(snapshot.id) + " " + to_string(snapshot.parent) + " " +
                               escape(snapshot.label) + " " + to_string(snapshot.created));
      return true;
    });
  (void)list_modules(file, [&](const Module& module) {
    entries.modules.insert(to_hex(module.hash) + " " + std::to_string(module.first_block));
    return true;
  });
  return entries;
}

struct Rescued {
  RescueSummary summary;
  std::vector<RescueItem> items;  // without their entries
  Entries entries;
  uint64_t size = 0;  // of the file

  // The number of items of this kind and verdict.
  [[nodiscard]] uint64_t count(RescueVerdict verdict, std::string_view kind) const {
    uint64_t count = 0;
    for (const RescueItem& item : items)
      if (item.verdict == verdict && item.kind == kind) count += item.count;
    return count;
  }
};

[[nodiscard]] inline RescueOptions some_rescue() {
  RescueOptions options;
  options.now = from_unix_seconds(1'800'000'000);
  options.verify = {VerifyScope::kAll, 1, 0};
  return options;
}

// Rescues `source` to a file, and reads that.
[[nodiscard]] inline Rescued rescued(BlockFile& source,
                                     const RescueOptions& options = some_rescue(),
                                     std::vector<uint8_t>* bytes = nullptr) {
  const TemporaryFolder folder;
  Activity activity;
  Rescued result;
  const auto keep = [&](const RescueItem& item) {
    result.items.push_back(item);
    result.items.back().content = {};
    return Result<void>();
  };
  const auto rescue = must(Rescue::plan(source, options, keep, activity));
  const std::string path = folder / "rescued.dwvd";
  must(rescue->write(path, activity));
  CHECK(folder.count() == 1);
  result.summary = rescue->summary();
  const auto file = must(open_file(path, OpenMode::kRead));
  result.size = must(file->size());
  result.entries = entries_of(*file);
  if (bytes != nullptr) *bytes = read_file(path);
  return result;
}

}  // namespace vde::test
