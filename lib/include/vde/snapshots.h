// Snapshots: marks of what the inode table was at some time, in chains from child to parent. An
// entry records where things are and copies nothing. Deleting one keeps its entry, so that the
// chains of its children hold.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vde/edit.h"
#include "vde/guid.h"

namespace vde {

inline constexpr size_t kMaxSnapshotLabelBytes = 64;

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

// Reads the snapshots of an image: one that is not being changed, or its committed_view(). Every
// call reads the table once, in order; nothing is kept but by load().
class SnapshotReader {
 public:
  virtual ~SnapshotReader() = default;

  // `file` outlives the reader. kUnsupported where the image has no snapshot table (or one that
  // must not be read as one) or uses unknown features.
  [[nodiscard]] static Result<std::unique_ptr<SnapshotReader>> open(BlockFile& file);

  // All entries in the order of the table, deleted ones too.
  [[nodiscard]] virtual Result<void> list(const SnapshotVisitor& visit) = 0;

  // The entry of this id; nothing where there is none. After load(), without reading.
  [[nodiscard]] virtual Result<std::optional<Snapshot>> get(const Guid& id) = 0;

  // The snapshot that `ref` names. kNotFound, or kUsage listing the candidates where it names
  // several.
  [[nodiscard]] virtual Result<Snapshot> find(SnapshotRef ref) = 0;

  // From `id` to its root, parent by parent, deleted ones included. kDamaged, after what comes
  // before it, where a parent is missing or the chain comes back to one of its own.
  [[nodiscard]] virtual Result<void> chain(const Guid& id, const SnapshotVisitor& visit) = 0;

  // Those whose parent is `id`, in the order of the table, deleted ones too.
  [[nodiscard]] virtual Result<void> children(const Guid& id, const SnapshotVisitor& visit) = 0;

  // Reads all entries into memory and makes an index of their ids: get() takes the same time from
  // then on, however many there are.
  [[nodiscard]] virtual Result<void> load() = 0;
};

struct SnapshotWish {
  std::string label;                  // at most 64 bytes of UTF-8
  std::optional<std::string> parent;  // a SnapshotRef; none without
  bool read_only = false;
  bool base = false;
  std::optional<Guid> id;  // a new one without
  // The new id follows from the image instead of chance, so that the same commands make the same
  // bytes.
  bool reproducible = false;
};

// Each function makes one durable change to the image, whose exclusive lock the caller holds.

// Adds a snapshot of what the image is now: where the inode table lies and how many blocks of data
// are allocated. Reads and writes none of these. kUsage for a label that is longer or no UTF-8,
// kExists for an id that is there; the parent as SnapshotReader::find.
[[nodiscard]] Result<Snapshot> create_snapshot(BlockFile& file, const SnapshotWish& wish,
                                               const EditOptions& options);

// Marks snapshots as deleted, all of them or, where one is not found, none. kNotFound, too, where
// one of them is deleted already.
[[nodiscard]] Result<std::vector<Snapshot>> delete_snapshots(BlockFile& file,
                                                             std::span<const std::string> refs,
                                                             const EditOptions& options);

// Takes the mark off again. kNotFound where the snapshot is not deleted.
[[nodiscard]] Result<Snapshot> undelete_snapshot(BlockFile& file, SnapshotRef ref,
                                                 const EditOptions& options);

}  // namespace vde
