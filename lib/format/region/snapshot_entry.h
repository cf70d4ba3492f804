// The entries of the snapshot table (SNAP). packed_table.h describes how they are stored in blocks.
#pragma once

#include "format/region/packed_table.h"

namespace vde {

inline constexpr size_t kMaxSnapshotLabel = 64;  // bytes

enum SnapshotFlag : uint16_t {
  kSnapshotReadOnly = 1,
  kSnapshotDeleted = 2,
  kSnapshotBase = 4,
};
inline constexpr uint16_t kKnownSnapshotFlags =
    kSnapshotReadOnly | kSnapshotDeleted | kSnapshotBase;

struct SnapshotEntry {
  Guid id;
  Guid parent;  // zero = none
  Ticks created;
  int64_t inode_table_start = 0;   // first block
  int64_t inode_table_blocks = 0;  // blocks
  int64_t data_blocks = 0;         // blocks
  uint16_t flags = 0;
  uint16_t label_length = 0;  // as read; encode() writes the label's size; ignored by ==
  std::string label;          // UTF-8 in a valid image

  [[nodiscard]] bool operator==(const SnapshotEntry& other) const;
};

inline constexpr Layout kSnapshotEntryLayout(
    "snapshot", field(0, "id", &SnapshotEntry::id), field(16, "parent", &SnapshotEntry::parent),
    field(32, "created_ticks", &SnapshotEntry::created),
    field(40, "inode_table_start", &SnapshotEntry::inode_table_start),
    field(48, "inode_table_blocks", &SnapshotEntry::inode_table_blocks),
    field(56, "data_blocks", &SnapshotEntry::data_blocks),
    field(64, "flags", &SnapshotEntry::flags),
    field(66, "label_length", &SnapshotEntry::label_length));
static_assert(kSnapshotEntryLayout.covers(68));

inline constexpr PackedShape kSnapshotShape{"snapshot", kSnapshotEntryLayout.size(), sizeof(Guid),
                                            kMaxSnapshotLabel};

// As packed_record() and packed_records(), decoded. kDamaged.
[[nodiscard]] Result<Decoded<SnapshotEntry>> decode_snapshot_entry(Bytes from);
[[nodiscard]] Result<std::vector<SnapshotEntry>> decode_snapshot_block(Bytes payload, bool first,
                                                                       int64_t expected_left);

// The number of bytes that encode() writes.
[[nodiscard]] size_t encoded_size(const SnapshotEntry& entry);
// The label must have at most kMaxSnapshotLabel bytes, and the entry must fit.
void encode(const SnapshotEntry& entry, MutableBytes to);

}  // namespace vde
