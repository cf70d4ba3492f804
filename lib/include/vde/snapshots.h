// Snapshots: marks of what the inode table was at some time, in chains from child to parent. An
// entry records where things are and copies nothing. Deleting one keeps its entry, so that the
// chains of its children hold. Image::snapshots() reads the table, Change::snapshots() changes it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vde/guid.h"
#include "vde/ticks.h"

namespace vde {

struct ChangeState;

struct Snapshot {
  Guid id;
  Guid parent;  // zero = none
  Ticks created;
  int64_t inode_table_start = 0;   // first block
  int64_t inode_table_blocks = 0;  // blocks
  int64_t data_blocks = 0;         // allocated ones at that time; other writers count as they like
  uint16_t flags = 0;              // 1 read-only, 2 deleted, 4 base
  std::string label;               // UTF-8, unless the image says otherwise

  [[nodiscard]] bool is_read_only() const { return (flags & 1) != 0; }
  [[nodiscard]] bool is_deleted() const { return (flags & 2) != 0; }
  [[nodiscard]] bool is_base() const { return (flags & 4) != 0; }
  bool operator==(const Snapshot&) const = default;
};

// "read-only", "deleted", "base"; "bit N" for others.
[[nodiscard]] std::vector<std::string> snapshot_flag_names(uint16_t flags);

// How a command names a snapshot: a whole id, "@latest" (the one made last), a whole label, or a
// prefix of an id of 4 or more characters; tried in this order. A deleted one is found by its whole
// id alone.
using SnapshotRef = std::string_view;

// Gets snapshots one by one; false = no more of them.
using SnapshotVisitor = std::function<bool(const Snapshot&)>;

// Every call reads the table once, in order; nothing is kept but by load().
class SnapshotReader {
 public:
  SnapshotReader(SnapshotReader&&) noexcept;
  SnapshotReader& operator=(SnapshotReader&&) noexcept;
  ~SnapshotReader();

  // All entries in the order of the table, deleted ones too.
  [[nodiscard]] Result<void> list(const SnapshotVisitor& visit);

  // The entry of this id; nothing where there is none. After load(), without reading.
  [[nodiscard]] Result<std::optional<Snapshot>> get(const Guid& id);

  // The snapshot that `ref` names. kNotFound, or kUsage listing the candidates where it names
  // several.
  [[nodiscard]] Result<Snapshot> find(SnapshotRef ref);

  // From `id` to its root, parent by parent, deleted ones included. kDamaged, after what comes
  // before it, where a parent is missing or the chain comes back to one of its own.
  [[nodiscard]] Result<void> chain(const Guid& id, const SnapshotVisitor& visit);

  // Those whose parent is `id`, in the order of the table, deleted ones too.
  [[nodiscard]] Result<void> children(const Guid& id, const SnapshotVisitor& visit);

  // Reads all entries into memory and makes an index of their ids: get() takes the same time from
  // then on, however many there are.
  [[nodiscard]] Result<void> load();

 private:
  friend class Image;
  struct State;
  explicit SnapshotReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct SnapshotOptions {
  std::string label = {};                  // as check_label() wants it
  std::optional<std::string> parent = {};  // a SnapshotRef; none without
  bool read_only = false;
  bool base = false;
  std::optional<Guid> id = {};  // a new one without
  // The new id follows from the image instead of chance, so that the same commands make the same
  // bytes.
  bool reproducible = false;
};

// References name snapshots as the change has them, those that it made included.
class SnapshotEditor {
 public:
  // Adds a snapshot of what the image is now: where the inode table lies and how many blocks of
  // data are allocated. Reads and writes none of these. kExists for an id that is there; the parent
  // as SnapshotReader::find.
  [[nodiscard]] Result<Snapshot> create(const SnapshotOptions& options);

  // Marks snapshots as deleted, all of them or, where one is not found, none. kUnchanged where one
  // of them is deleted already.
  [[nodiscard]] Result<std::vector<Snapshot>> remove(std::span<const std::string> refs);

  // Takes the mark off again. kUnchanged where the snapshot is not deleted.
  [[nodiscard]] Result<Snapshot> undelete(SnapshotRef ref);

 private:
  friend struct ChangeState;
  explicit SnapshotEditor(ChangeState& change) : change_(change) {}
  ChangeState& change_;
};

}  // namespace vde
