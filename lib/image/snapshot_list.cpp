#include "image/snapshot_list.h"

#include <fmt/format.h>

#include <algorithm>

namespace vde {

Snapshot public_form(const SnapshotEntry& entry) {
  return {entry.id,
          entry.parent,
          entry.created,
          entry.inode_table_start,
          entry.inode_table_blocks,
          entry.data_blocks,
          entry.flags,
          entry.label};
}

Result<void> SnapshotList::each(const SnapshotEntryVisitor& visit) {
  if (loaded_) {
    for (const SnapshotEntry& entry : entries_)
      if (!visit(entry)) break;
    return {};
  }
  return walk_([&](const PackedRecord& record) {
    const SnapshotEntry entry = snapshot_of(record.bytes);
    return is_padding(entry) || visit(entry);
  });
}

Result<std::optional<SnapshotEntry>> SnapshotList::get(const Guid& id) {
  std::optional<SnapshotEntry> found;
  if (loaded_) {
    const auto at = index_.find(id);
    if (at != index_.end()) found = entries_[at->second];
    return found;
  }
  VDE_TRY(walk_([&](const PackedRecord& record) {
    if (!std::equal(id.bytes.begin(), id.bytes.end(), record.bytes.begin())) return true;
    const SnapshotEntry entry = snapshot_of(record.bytes);
    if (!is_padding(entry)) found = entry;
    return !found;
  }));
  return found;
}

Result<Snapshot> SnapshotList::find(SnapshotRef ref) {
  if (const auto id = parse_guid(ref)) {
    VDE_TRY_ASSIGN(entry, get(*id));
    if (entry) return public_form(*entry);
  }
  SnapshotSearch search(ref);
  VDE_TRY(each([&](const SnapshotEntry& entry) {
    search.consider(entry);
    return true;
  }));
  VDE_TRY_ASSIGN(found, search.result());
  return public_form(found);
}

Result<void> SnapshotList::chain(const Guid& id, const SnapshotVisitor& visit) {
  VDE_TRY(load());
  std::vector<bool> seen(entries_.size());
  for (Guid at = id; !at.is_zero();) {
    const auto found = index_.find(at);
    if (found == index_.end())
      return broken(at == id ? fmt::format("there is no snapshot {}", to_string(at))
                             : fmt::format("parent {} of the chain is missing", to_string(at)));
    if (seen[found->second])
      return broken(fmt::format("the chain contains a cycle: it returns to {}", to_string(at)));
    seen[found->second] = true;
    if (!visit(public_form(entries_[found->second]))) return {};
    at = entries_[found->second].parent;
  }
  return {};
}

Result<void> SnapshotList::load() {
  if (loaded_) return {};
  entries_.clear();
  index_.clear();
  VDE_TRY(each([&](const SnapshotEntry& entry) {
    index_.emplace(entry.id, entries_.size());
    entries_.push_back(entry);
    return true;
  }));
  loaded_ = true;
  return {};
}

tl::unexpected<Error> SnapshotList::broken(std::string what) const {
  return fail_at(first_, ErrorCode::kDamaged, std::move(what), kRunVerify);
}

}  // namespace vde
