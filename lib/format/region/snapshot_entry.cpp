#include "format/region/snapshot_entry.h"

#include <tuple>

namespace vde {
namespace {

constexpr PackedCodec<SnapshotEntry, decltype(kSnapshotEntryLayout)> kSnapshotCodec{
    kSnapshotShape, kSnapshotEntryLayout, &SnapshotEntry::label, &SnapshotEntry::label_length};

auto values(const SnapshotEntry& entry) {
  return std::tie(entry.id, entry.parent, entry.created, entry.inode_table_start,
                  entry.inode_table_blocks, entry.data_blocks, entry.flags, entry.label);
}

}  // namespace

bool SnapshotEntry::operator==(const SnapshotEntry& other) const {
  return values(*this) == values(other);
}

Result<Decoded<SnapshotEntry>> decode_snapshot_entry(Bytes from) {
  return kSnapshotCodec.decode(from);
}

Result<std::vector<SnapshotEntry>> decode_snapshot_block(Bytes payload, bool first,
                                                         int64_t expected_left) {
  return kSnapshotCodec.decode_block(payload, first, expected_left);
}

size_t encoded_size(const SnapshotEntry& entry) {
  return kSnapshotCodec.size(entry);
}

void encode(const SnapshotEntry& entry, MutableBytes to) {
  kSnapshotCodec.encode(entry, to);
}

}  // namespace vde
