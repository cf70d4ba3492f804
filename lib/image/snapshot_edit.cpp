#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "format/hash.h"
#include "image/snapshot_place.h"
#include "image/volume.h"
#include "region/snapshot_table.h"
#include "vde/text.h"

namespace vde {
namespace {

static_assert(kMaxSnapshotLabelBytes == kMaxSnapshotLabel);

Result<void> check_label(std::string_view label) {
  if (label.size() > kMaxSnapshotLabel)
    return fail(ErrorCode::kUsage, fmt::format("the label is {} bytes long", label.size()),
                fmt::format("{} is the most", kMaxSnapshotLabel));
  if (!is_utf8(label) || label.find('\0') != std::string_view::npos)
    return fail(ErrorCode::kUsage, "the label is not UTF-8 text");
  return {};
}

// What is refused must leave no trace, and opening for writing may: so wishes are looked into
// first.
template <class Action>
auto with_reader(BlockFile& file, Action action)
    -> decltype(action(std::declval<SnapshotReader&>())) {
  VDE_TRY_ASSIGN(view, committed_view(file));
  VDE_TRY_ASSIGN(reader, SnapshotReader::open(*view));
  return refused(action(*reader));
}

struct ResolvedWish {
  Guid parent;
};

Result<ResolvedWish> resolve(BlockFile& file, const SnapshotWish& wish) {
  return with_reader(file, [&](SnapshotReader& reader) -> Result<ResolvedWish> {
    ResolvedWish resolved;
    if (wish.parent) {
      VDE_TRY_ASSIGN(parent, reader.find(*wish.parent));
      resolved.parent = parent.id;
    }
    if (!wish.id) return resolved;
    if (wish.id->is_zero()) return fail(ErrorCode::kUsage, "the id is zero");
    VDE_TRY_ASSIGN(same, reader.get(*wish.id));
    if (same)
      return fail(ErrorCode::kExists,
                  fmt::format("there is a snapshot {} already", to_string(*wish.id)));
    return resolved;
  });
}

// An id that no other commit to this image has: its sequence counts commits.
Guid derived_id(const Transaction& transaction, const Guid& uuid) {
  std::array<uint8_t, 24> seed{};
  std::copy(uuid.bytes.begin(), uuid.bytes.end(), seed.begin());
  store_le(MutableBytes(seed), 16, transaction.sequence());
  const Opaque<32> hash = sha256(seed);
  Guid id;
  std::copy_n(hash.begin(), id.bytes.size(), id.bytes.begin());
  id.bytes[7] = static_cast<uint8_t>((id.bytes[7] & 0x0f) | 0x80);
  id.bytes[8] = static_cast<uint8_t>((id.bytes[8] & 0x3f) | 0x80);
  return id;
}

SnapshotEntry entry_for(Transaction& transaction, const SnapshotWish& wish, const Guid& parent,
                        const EditOptions& options) {
  SnapshotEntry entry;
  if (wish.id)
    entry.id = *wish.id;
  else
    entry.id =
        wish.reproducible ? derived_id(transaction, transaction.superblock().uuid) : random_guid();
  entry.parent = parent;
  entry.created = options.now;
  for (const RegionSlot& slot : transaction.slots())
    if (!slot.is_free() && slot.tag == tags::kInodes && entry.inode_table_blocks == 0) {
      entry.inode_table_start = slot.start;
      entry.inode_table_blocks = slot.count;
    }
  entry.data_blocks = allocated_data_blocks(transaction.superblock(), transaction.slots());
  if (wish.read_only) entry.flags |= kSnapshotReadOnly;
  if (wish.base) entry.flags |= kSnapshotBase;
  entry.label = wish.label;
  return entry;
}

// The order of the table decides between snapshots of one moment: only a later one may take a place
// before others.
Result<PackedEditor::Room> room_for(PackedEditor& table, const SnapshotEntry& entry) {
  VDE_TRY_ASSIGN(last, table.last());
  const bool is_later = !last || entry.created > snapshot_of(*last).created;
  return is_later ? PackedEditor::Room::kAnywhere : PackedEditor::Room::kAtEnd;
}

Result<Guid> resolve_for_change(SnapshotReader& reader, SnapshotRef ref, bool deleted) {
  VDE_TRY_ASSIGN(snapshot, reader.find(ref));
  if (snapshot.is_deleted() == deleted)
    return fail(ErrorCode::kNotFound,
                fmt::format("snapshot {} is {}deleted", to_string(snapshot.id),
                            deleted ? "already " : "not "));
  return snapshot.id;
}

// Sets or clears the mark of all `ids`, in one commit.
Result<std::vector<Snapshot>> mark_deleted(BlockFile& file, const std::vector<Guid>& ids,
                                           bool deleted, const EditOptions& options) {
  VDE_TRY_ASSIGN(volume, Volume::open(file, options));
  VDE_TRY_ASSIGN(transaction, volume->begin());
  VDE_TRY_ASSIGN(slot, snapshot_slot(transaction.slots()));
  VDE_TRY_ASSIGN(table,
                 PackedEditor::open(transaction, volume->allocator(), slot, snapshot_table()));
  std::map<Guid, PackedPlace> places;
  VDE_TRY(table.walk([&](const PackedRecord& record) {
    Guid id;
    std::copy_n(record.bytes.begin(), id.bytes.size(), id.bytes.begin());
    if (std::find(ids.begin(), ids.end(), id) != ids.end()) places.emplace(id, record.place);
    return places.size() < ids.size();
  }));
  std::vector<Snapshot> changed;
  for (const Guid& id : ids) {
    VDE_TRY_ASSIGN(record, table.read(places.at(id)));
    SnapshotEntry entry = snapshot_of(record);
    entry.flags = static_cast<uint16_t>(deleted ? entry.flags | kSnapshotDeleted
                                                : entry.flags & ~kSnapshotDeleted);
    encode(entry, record);
    VDE_TRY(table.replace(places.at(id), record));
    changed.push_back(public_form(entry));
  }
  VDE_TRY(volume->commit(transaction));
  VDE_TRY(volume->close());
  return changed;
}

Result<Snapshot> add_snapshot(BlockFile& file, const SnapshotWish& wish,
                              const EditOptions& options) {
  VDE_TRY_ASSIGN(resolved, resolve(file, wish));
  VDE_TRY_ASSIGN(volume, Volume::open(file, options));
  VDE_TRY_ASSIGN(transaction, volume->begin());
  VDE_TRY_ASSIGN(slot, snapshot_slot(transaction.slots()));
  VDE_TRY_ASSIGN(table,
                 PackedEditor::open(transaction, volume->allocator(), slot, snapshot_table()));
  const SnapshotEntry entry = entry_for(transaction, wish, resolved.parent, options);
  std::vector<uint8_t> record(encoded_size(entry));
  encode(entry, record);
  VDE_TRY_ASSIGN(room, room_for(table, entry));
  VDE_TRY(table.append(record, room));
  VDE_TRY(volume->commit(transaction));
  VDE_TRY(volume->close());
  return public_form(entry);
}

}  // namespace

Result<Snapshot> create_snapshot(BlockFile& file, const SnapshotWish& wish,
                                 const EditOptions& options) {
  VDE_TRY(check_label(wish.label));
  return refused(add_snapshot(file, wish, options));
}

Result<std::vector<Snapshot>> delete_snapshots(BlockFile& file, std::span<const std::string> refs,
                                               const EditOptions& options) {
  VDE_TRY_ASSIGN(ids, with_reader(file, [&](SnapshotReader& reader) -> Result<std::vector<Guid>> {
                   if (refs.size() > 1) VDE_TRY(reader.load());
                   std::vector<Guid> found;
                   for (const std::string& ref : refs) {
                     VDE_TRY_ASSIGN(id, resolve_for_change(reader, ref, true));
                     if (std::find(found.begin(), found.end(), id) == found.end())
                       found.push_back(id);
                   }
                   return found;
                 }));
  return refused(mark_deleted(file, ids, true, options));
}

Result<Snapshot> undelete_snapshot(BlockFile& file, SnapshotRef ref, const EditOptions& options) {
  VDE_TRY_ASSIGN(id, with_reader(file, [&](SnapshotReader& reader) {
                   return resolve_for_change(reader, ref, false);
                 }));
  VDE_TRY_ASSIGN(changed, refused(mark_deleted(file, {id}, false, options)));
  return changed.front();
}

}  // namespace vde
