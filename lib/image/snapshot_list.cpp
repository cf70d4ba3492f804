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

Result<void> refuse_keeping_none(const std::vector<RetentionChoice>& choices) {
  const bool keeps_any = std::any_of(choices.begin(), choices.end(),
                                     [](const RetentionChoice& one) { return one.is_kept(); });
  if (keeps_any || choices.empty()) return {};
  return fail(ErrorCode::kUnsupported,
              choices.size() == 1
                  ? std::string("the rules would not keep the only snapshot")
                  : fmt::format("the rules would keep none of {} snapshots", choices.size()),
              "add a rule that keeps one, e.g. --keep-last 1");
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
  const auto found = index_.find(id);
  if (found == index_.end()) return broken(fmt::format("no snapshot has the id {}", to_string(id)));
  std::vector<bool> seen(entries_.size());
  for (std::optional<size_t> at = found->second; at;) {
    const SnapshotEntry& entry = entries_[*at];
    if (seen[*at]) return cycle(entry.id);
    seen[*at] = true;
    if (!visit(public_form(entry))) return {};
    VDE_TRY_ASSIGN(parent, parent_of(entry));
    at = parent;
  }
  return {};
}

Result<std::optional<size_t>> SnapshotList::parent_of(const SnapshotEntry& entry) const {
  if (entry.parent.is_zero()) return std::optional<size_t>();
  const auto found = index_.find(entry.parent);
  if (found == index_.end())
    return broken(fmt::format("parent {} of the chain is missing", to_string(entry.parent)));
  return std::optional(found->second);
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

Result<void> SnapshotList::load_unique() {
  VDE_TRY(load());
  for (size_t i = 0; i < entries_.size(); ++i)
    if (index_.at(entries_[i].id) != i)
      return broken(fmt::format("two snapshots have the id {}", to_string(entries_[i].id)));
  return {};
}

Result<std::vector<RetentionChoice>> SnapshotList::choose(const RetentionRules& rules) {
  VDE_TRY(load_unique());
  std::vector<Snapshot> all;
  all.reserve(entries_.size());
  for (const SnapshotEntry& entry : entries_) all.push_back(public_form(entry));
  return choose_snapshots(rules, all);
}

// Which entries are living, or ancestors of living ones. Every entry is visited once.
Result<std::vector<bool>> SnapshotList::reached_from_living() const {
  constexpr size_t kNone = SIZE_MAX;
  std::vector<size_t> reached_by(entries_.size(), kNone);
  for (size_t i = 0; i < entries_.size(); ++i) {
    if ((entries_[i].flags & kSnapshotDeleted) != 0) continue;
    std::optional<size_t> at = i;
    while (at && reached_by[*at] == kNone) {
      reached_by[*at] = i;
      VDE_TRY_ASSIGN(parent, parent_of(entries_[*at]));
      at = parent;
      if (at && reached_by[*at] == i) return cycle(entries_[*at].id);
    }
  }
  std::vector<bool> reached(entries_.size());
  for (size_t i = 0; i < reached.size(); ++i) reached[i] = reached_by[i] != kNone;
  return reached;
}

Result<std::vector<Snapshot>> SnapshotList::purgeable() {
  VDE_TRY(load_unique());
  VDE_TRY_ASSIGN(reached, reached_from_living());
  std::vector<Snapshot> found;
  for (size_t i = 0; i < entries_.size(); ++i)
    if (!reached[i]) found.push_back(public_form(entries_[i]));
  if (found.empty()) return fail(ErrorCode::kUnchanged, "no deleted snapshot can be purged");
  return found;
}

tl::unexpected<Error> SnapshotList::cycle(const Guid& id) const {
  return broken(fmt::format("the chain contains a cycle: it returns to {}", to_string(id)));
}

tl::unexpected<Error> SnapshotList::broken(std::string what) const {
  return fail_at(first_, ErrorCode::kDamaged, std::move(what), kRunVerify);
}

}  // namespace vde
