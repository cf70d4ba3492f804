#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/checked.h"
#include "format/hash.h"
#include "image/change_state.h"
#include "image/snapshot_list.h"
#include "vde/text.h"

namespace vde {
namespace {

static_assert(kMaxLabelBytes == kMaxSnapshotLabel);

// The snapshots as `change` sees them.
Result<SnapshotList> list_of(ChangeState& change) {
  VDE_TRY_ASSIGN(region, change.image.committed()->regions.open_region(kSnapshotWords));
  return SnapshotList(change.walk_of(change.snapshot_entries), region.blocks.begin);
}

Result<void> check_id(SnapshotList& list, const Guid& id) {
  if (id.is_zero()) return fail(ErrorCode::kUsage, "the id must not be zero");
  VDE_TRY_ASSIGN(same, list.get(id));
  if (!same) return {};
  return fail(ErrorCode::kExists, fmt::format("there is already a snapshot {}", to_string(id)));
}

// An id that is unique in this image: the sequence number counts commits, `index` the snapshots of
// one commit. The first one depends only on volume and sequence.
Guid derived_id(Transaction& transaction, uint32_t index) {
  std::array<uint8_t, 28> seed{};
  const Guid& uuid = transaction.superblock().uuid;
  std::copy(uuid.bytes.begin(), uuid.bytes.end(), seed.begin());
  store_le(MutableBytes(seed), 16, transaction.sequence());
  store_le(MutableBytes(seed), 24, index);
  const Opaque<32> hash = sha256(index == 0 ? Bytes(seed).first(24) : Bytes(seed));
  Guid id;
  std::copy_n(hash.begin(), id.bytes.size(), id.bytes.begin());
  return as_version_8(id);
}

SnapshotEntry entry_for(Transaction& transaction, const SnapshotOptions& options,
                        const Guid& parent, Ticks now) {
  SnapshotEntry entry;
  entry.parent = parent;
  entry.created = now;
  if (const auto inodes = transaction.regions().find(block_types::kInodes)) {
    entry.inode_table_start = static_cast<int64_t>(inodes->blocks.begin);
    entry.inode_table_blocks = static_cast<int64_t>(inodes->blocks.count());
  }
  entry.data_blocks = allocated_data_blocks(transaction.superblock(), transaction.regions());
  if (options.read_only) entry.flags |= kSnapshotReadOnly;
  if (options.base) entry.flags |= kSnapshotBase;
  entry.label = options.label;
  return entry;
}

// The table order decides between snapshots of the same time, so only a later one may be placed
// before others.
Result<PackedEditor::Room> room_for(PackedEditor& table, const SnapshotEntry& entry) {
  VDE_TRY_ASSIGN(last, table.last());
  const bool is_later = !last || entry.created > snapshot_of(*last).created;
  return is_later ? PackedEditor::Room::kAnywhere : PackedEditor::Room::kAtEnd;
}

Result<Guid> resolve(SnapshotList& list, SnapshotRef ref, bool deleted) {
  VDE_TRY_ASSIGN(snapshot, list.find(ref));
  if (snapshot.is_deleted() == deleted)
    return fail(ErrorCode::kUnchanged,
                fmt::format("snapshot {} is {}deleted", to_string(snapshot.id),
                            deleted ? "already " : "not "));
  return snapshot.id;
}

Guid snapshot_id(Bytes record) {
  Guid id;
  std::copy_n(record.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

// Sets or clears the deleted flag of all `ids`, which are different.
Result<std::vector<Snapshot>> mark_deleted(ChangeState& change, const std::vector<Guid>& ids,
                                           bool deleted) {
  VDE_TRY_ASSIGN(table, change.open(change.snapshot_entries));
  const std::set<Guid> wanted(ids.begin(), ids.end());
  std::map<Guid, PackedPlace> places;
  VDE_TRY(table->walk([&](const PackedRecord& record) {
    const Guid id = snapshot_id(record.bytes);
    if (wanted.contains(id)) places.emplace(id, record.place);
    return places.size() < wanted.size();
  }));
  std::vector<Snapshot> changed;
  for (const Guid& id : ids) {
    VDE_TRY_ASSIGN(record, table->read(places.at(id)));
    SnapshotEntry entry = snapshot_of(record);
    entry.flags = static_cast<uint16_t>(deleted ? entry.flags | kSnapshotDeleted
                                                : entry.flags & ~kSnapshotDeleted);
    encode(entry, record);
    VDE_TRY(table->replace(places.at(id), record));
    changed.push_back(public_form(entry));
  }
  return changed;
}

// Removes the entries of `snapshots`, and closes the gaps. Frees no blocks: an entry only notes
// where an inode table was, and something else may be there by now.
Result<void> remove_entries(ChangeState& change, const std::vector<Snapshot>& snapshots) {
  VDE_TRY_ASSIGN(table, change.open(change.snapshot_entries));
  std::set<Guid> ids;
  for (const Snapshot& snapshot : snapshots) ids.insert(snapshot.id);
  return table->compact([&](Bytes record) { return !ids.contains(snapshot_id(record)); });
}

Result<std::vector<Guid>> resolve_all(SnapshotList& list, std::span<const std::string> refs) {
  if (refs.size() > 1) VDE_TRY(list.load());
  std::vector<Guid> ids;
  for (const std::string& ref : refs) {
    VDE_TRY_ASSIGN(id, resolve(list, ref, true));
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

}  // namespace

Result<Snapshot> SnapshotEditor::create(const SnapshotOptions& options) {
  VDE_TRY(change_.check_open());
  VDE_TRY(check_label(options.label));
  VDE_TRY_ASSIGN(list, change_.checked(list_of(change_)));
  Guid parent;
  if (options.parent) {
    VDE_TRY_ASSIGN(found, change_.checked(list.find(*options.parent)));
    parent = found.id;
  }
  if (options.id) VDE_TRY(change_.checked(check_id(list, *options.id)));
  VDE_TRY_ASSIGN(now, change_.checked(change_.now()));
  return change_.stage([&]() -> Result<Snapshot> {
    VDE_TRY_ASSIGN(table, change_.open(change_.snapshot_entries));
    SnapshotEntry entry = entry_for(*change_.transaction, options, parent, now);
    if (options.id)
      entry.id = *options.id;
    else
      entry.id = options.reproducible ? derived_id(*change_.transaction, change_.snapshots_made)
                                      : random_guid();
    std::vector<uint8_t> record(encoded_size(entry));
    encode(entry, record);
    VDE_TRY_ASSIGN(room, room_for(*table, entry));
    VDE_TRY(table->append(record, room));
    ++change_.snapshots_made;
    return public_form(entry);
  });
}

Result<std::vector<Snapshot>> SnapshotEditor::remove(std::span<const std::string> refs) {
  VDE_TRY(change_.check_open());
  VDE_TRY_ASSIGN(list, change_.checked(list_of(change_)));
  VDE_TRY_ASSIGN(ids, change_.checked(resolve_all(list, refs)));
  return change_.stage([&] { return mark_deleted(change_, ids, true); });
}

Result<Snapshot> SnapshotEditor::undelete(SnapshotRef ref) {
  VDE_TRY(change_.check_open());
  VDE_TRY_ASSIGN(list, change_.checked(list_of(change_)));
  VDE_TRY_ASSIGN(id, change_.checked(resolve(list, ref, false)));
  VDE_TRY_ASSIGN(changed, change_.stage([&] { return mark_deleted(change_, {id}, false); }));
  return changed.front();
}

Result<std::vector<RetentionChoice>> SnapshotEditor::prune(const RetentionRules& rules) {
  VDE_TRY(change_.check_open());
  VDE_TRY_ASSIGN(list, change_.checked(list_of(change_)));
  VDE_TRY_ASSIGN(choices, change_.checked(list.choose(rules)));
  VDE_TRY(refuse_keeping_none(choices));
  std::vector<Guid> ids;
  for (const RetentionChoice& choice : choices)
    if (!choice.is_kept()) ids.push_back(choice.snapshot.id);
  if (ids.empty()) return std::move(choices);
  VDE_TRY(change_.stage([&] { return mark_deleted(change_, ids, true); }));
  return std::move(choices);
}

Result<std::vector<Snapshot>> SnapshotEditor::purge() {
  VDE_TRY(change_.check_open());
  VDE_TRY_ASSIGN(list, change_.checked(list_of(change_)));
  VDE_TRY_ASSIGN(snapshots, change_.checked(list.purgeable()));
  VDE_TRY(change_.stage([&] { return remove_entries(change_, snapshots); }));
  return std::move(snapshots);
}

}  // namespace vde
