// Snapshots of one table, for readers and for changes.
#pragma once

#include <unordered_map>
#include <vector>

#include "table/snapshot_table.h"
#include "vde/snapshots.h"

namespace vde {

[[nodiscard]] Snapshot public_form(const SnapshotEntry& entry);

// kUnsupported if there are snapshots, and the rules keep none of them.
[[nodiscard]] Result<void> refuse_keeping_none(const std::vector<RetentionChoice>& choices);

using SnapshotEntryVisitor = std::function<bool(const SnapshotEntry&)>;

class SnapshotList {
 public:
  // `walk` reads a table whose first block is `first`, which errors name.
  SnapshotList(PackedWalk walk, uint64_t first) : walk_(std::move(walk)), first_(first) {}

  // As the functions of SnapshotReader.
  [[nodiscard]] Result<void> each(const SnapshotEntryVisitor& visit);
  [[nodiscard]] Result<std::optional<SnapshotEntry>> get(const Guid& id);
  [[nodiscard]] Result<Snapshot> find(SnapshotRef ref);
  [[nodiscard]] Result<void> chain(const Guid& id, const SnapshotVisitor& visit);
  [[nodiscard]] Result<void> load();
  [[nodiscard]] Result<std::vector<RetentionChoice>> choose(const RetentionRules& rules);
  [[nodiscard]] Result<std::vector<Snapshot>> purgeable();

 private:
  struct IdHash {
    size_t operator()(const Guid& id) const {
      return load_le<uint64_t>(id.bytes, 0) ^ load_le<uint64_t>(id.bytes, 8);
    }
  };

  // As load(). kDamaged if two entries have one id, so that it is unclear which one is meant.
  [[nodiscard]] Result<void> load_unique();
  // The place of an entry's parent in the table; nothing for a root. kDamaged if it is missing.
  [[nodiscard]] Result<std::optional<size_t>> parent_of(const SnapshotEntry& entry) const;
  [[nodiscard]] Result<std::vector<bool>> reached_from_living() const;
  [[nodiscard]] tl::unexpected<Error> cycle(const Guid& id) const;
  [[nodiscard]] tl::unexpected<Error> broken(std::string what) const;

  PackedWalk walk_;
  uint64_t first_;
  bool loaded_ = false;
  std::vector<SnapshotEntry> entries_;
  std::unordered_map<Guid, size_t, IdHash> index_;  // the first entry of each id
};

}  // namespace vde
