#include "support/strict/strict_tables.h"

#include <algorithm>
#include <bit>

namespace vde::test::strict {

namespace {

constexpr size_t kTableHeaderSize = 16;
constexpr size_t kKeySlots = 63;
constexpr size_t kKeySlotSize = 124;
constexpr size_t kDigestSize = 32;

// SNAP and CODE: a count, then entries of a fixed part and a text; no entry crosses a payload's
// end.
template <class Entry>
std::vector<Entry> read_table(const Region& region, std::string_view tag, size_t fixed_size,
                              Entry (*read_entry)(Cursor&)) {
  region.check_all_trailers(tag);
  const auto count = Cursor(region.payload(0)).number<int32_t>();
  if (count < 0) throw Failure("a negative entry count");
  std::vector<Entry> entries;
  for (size_t block = 0; block < region.blocks(); ++block) {
    Cursor cursor(region.payload(block), block == 0 ? kTableHeaderSize : 0);
    while (entries.size() < static_cast<size_t>(count) && cursor.left() >= fixed_size)
      entries.push_back(read_entry(cursor));
  }
  if (entries.size() < static_cast<size_t>(count)) throw Failure("fewer entries than are counted");
  return entries;
}

std::string read_short_text(Cursor& cursor, size_t longest) {
  const size_t length = cursor.number<uint16_t>();
  if (length > longest) throw Failure("a text is longer than its entry allows");
  return cursor.text(length);
}

Snapshot read_snapshot(Cursor& cursor) {
  Snapshot snapshot;
  snapshot.id = cursor.array<16>();
  snapshot.parent = cursor.array<16>();
  snapshot.created = cursor.number<int64_t>();
  snapshot.inode_table_start = cursor.number<int64_t>();
  snapshot.inode_table_blocks = cursor.number<int64_t>();
  snapshot.data_blocks = cursor.number<int64_t>();
  snapshot.flags = cursor.number<uint16_t>();
  snapshot.label = read_short_text(cursor, 64);
  return snapshot;
}

Module read_module(Cursor& cursor) {
  Module module;
  module.hash = cursor.array<32>();
  module.id = cursor.array<16>();
  module.first_block = cursor.number<int64_t>();
  module.block_count = cursor.number<int32_t>();
  module.size = cursor.number<int32_t>();
  module.abi = cursor.number<uint16_t>();
  module.registered = cursor.number<int64_t>();
  module.entry_point = read_short_text(cursor, 128);
  return module;
}

KeySlot read_key_slot(Cursor cursor) {
  KeySlot slot;
  slot.index = cursor.number<uint8_t>();
  slot.status = cursor.number<uint8_t>();
  slot.algorithm = cursor.number<uint16_t>();
  slot.wrapped_key = cursor.array<64>();
  slot.salt = cursor.array<32>();
  slot.kdf_iterations = cursor.number<uint32_t>();
  slot.kdf = cursor.number<uint16_t>();
  cursor.take(2);
  slot.created = cursor.number<int64_t>();
  slot.retired = cursor.number<int64_t>();
  return slot;
}

}  // namespace

std::vector<Snapshot> read_snapshots(const Region& region) {
  return read_table<Snapshot>(region, "SNAP", 68, read_snapshot);
}

std::vector<Module> read_modules(const Region& region) {
  return read_table<Module>(region, "CODE", 76, read_module);
}

std::optional<IntegrityTree> read_integrity_tree(const Region& region) {
  region.check_trailer(0, "MTRK");
  Cursor header(region.payload(0));
  IntegrityTree tree;
  tree.leaf_count = header.number<int32_t>();
  tree.capacity = header.number<int32_t>();
  tree.root = header.array<kDigestSize>();
  if (all_zero(region.payload(0).first(header.offset()))) return std::nullopt;
  region.check_all_trailers("MTRK");
  if (tree.leaf_count < 0 || tree.capacity < 1) throw Failure("a negative count of leaves");
  const auto capacity = static_cast<uint32_t>(tree.capacity);
  const auto leaves = std::max<uint32_t>(1, static_cast<uint32_t>(tree.leaf_count));
  if (capacity != std::bit_ceil(leaves)) throw Failure("a capacity that does not fit the leaves");
  const size_t per_block = region.payload_size() / kDigestSize;
  const size_t last = size_t{2} * capacity - 1;
  if (last > (region.blocks() - 1) * per_block) throw Failure("the nodes need more blocks");
  tree.nodes.resize(last + 1);
  for (size_t i = 1; i <= last; ++i) {
    const Bytes payload = region.payload(1 + (i - 1) / per_block);
    tree.nodes[i] = Cursor(payload, (i - 1) % per_block * kDigestSize).array<kDigestSize>();
  }
  return tree;
}

std::optional<EncryptionHeader> read_encryption_header(const Region& region) {
  if (all_zero(region.bytes())) return std::nullopt;
  region.check_all_trailers("ENCR");
  Cursor first(region.payload(0));
  EncryptionHeader header;
  header.active_slot = first.number<uint8_t>();
  header.active_slots = first.number<uint8_t>();
  const size_t rotations = first.number<uint16_t>();
  first.take(4);
  Cursor second(region.payload(1));
  for (Cursor* block : {&first, &second})
    while (header.slots.size() < kKeySlots && block->left() >= kKeySlotSize)
      header.slots.push_back(read_key_slot(Cursor(block->take(kKeySlotSize))));
  for (size_t i = 0; i < rotations; ++i) {
    Rotation rotation;
    rotation.ticks = second.number<int64_t>();
    rotation.old_slot = second.number<uint8_t>();
    rotation.new_slot = second.number<uint8_t>();
    rotation.reason = second.number<uint16_t>();
    header.rotations.push_back(rotation);
  }
  return header;
}

}  // namespace vde::test::strict
