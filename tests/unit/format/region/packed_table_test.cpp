#include "format/region/packed_table.h"

#include "../listing.h"
#include "format/region/module_entry.h"
#include "format/region/snapshot_entry.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr int64_t kTime = 638700000000000000;

SnapshotEntry example_snapshot() {
  SnapshotEntry entry;
  entry.id = *parse_guid("00112233-4455-6677-8899-aabbccddeeff");
  entry.parent = Guid{filled<16>(0x0A)};
  entry.created = Ticks{kTime};
  entry.inode_table_start = 11;
  entry.inode_table_blocks = 1024;
  entry.data_blocks = 49573;
  entry.flags = kSnapshotReadOnly | kSnapshotBase;
  entry.label = "s000";
  return entry;
}

ModuleEntry example_module() {
  ModuleEntry entry;
  entry.hash = filled<32>(0x0B);
  entry.id = *parse_guid("00112233-4455-6677-8899-aabbccddeeff");
  entry.first_block = 1359;
  entry.block_count = 3;
  entry.size = 8192;
  entry.abi = kAbiPreview2;
  entry.registered = Ticks{kTime + 246};
  entry.entry_point = "_start";
  return entry;
}

template <class Entry>
std::vector<uint8_t> encoded(const Entry& entry) {
  std::vector<uint8_t> bytes(encoded_size(entry), 0xEE);
  encode(entry, bytes);
  return bytes;
}

// A payload of 496 bytes with the entries from `offset` on.
std::vector<uint8_t> payload_with(size_t offset, const std::vector<SnapshotEntry>& entries) {
  std::vector<uint8_t> payload(496, 0);
  for (const SnapshotEntry& entry : entries) {
    encode(entry, MutableBytes(payload).subspan(offset));
    offset += encoded_size(entry);
  }
  return payload;
}

// Walks a sample's table block by block and compares each entry with the listing.
template <class StructureLayout, class DecodeBlock>
void check_table(const Sample& sample, const char* tag, const char* text_name,
                 const StructureLayout& layout, const nlohmann::json& listing,
                 DecodeBlock decode_block) {
  const Bytes head = sample.payload(tag, 0);
  const auto header = kPackedTableHeaderLayout.decode(head);
  REQUIRE(static_cast<size_t>(header.count) == listing.size());
  size_t next = 0;
  for (uint64_t block = 0; next < listing.size(); ++block) {
    CAPTURE(block);
    const Bytes payload = sample.payload(tag, block);
    const auto entries =
        decode_block(payload, block == 0, static_cast<int64_t>(listing.size() - next));
    REQUIRE(entries.has_value());
    REQUIRE_FALSE(entries->empty());
    size_t offset = block == 0 ? 16 : 0;
    for (const auto& entry : *entries) {
      REQUIRE(next < listing.size());
      CAPTURE(next);
      const Bytes record = payload.subspan(offset, encoded_size(entry));
      CHECK(to_hex(encoded(entry)) == to_hex(record));
      check_listed(layout, record, listing[next], {text_name});
      CHECK(to_hex(record.subspan(layout.size())) == listing[next][text_name]);
      offset += record.size();
      ++next;
    }
  }
}

}  // namespace

TEST_CASE("a table's header is its count and twelve reserved bytes") {
  PackedTableHeader header;
  header.count = 25;
  CHECK(to_hex(bytes_of(kPackedTableHeaderLayout, header)) ==
        "19000000"
        "000000000000000000000000");
}

TEST_CASE("a snapshot entry's bytes") {
  CHECK(to_hex(encoded(example_snapshot())) ==
        "33221100554477668899aabbccddeeff"
        "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"
        "00c00a1a441edd08"
        "0b00000000000000"
        "0004000000000000"
        "a5c1000000000000"
        "0500"
        "0400"
        "73303030");
  CHECK(encoded_size(example_snapshot()) == 72);
  const auto back = decode_snapshot_entry(encoded(example_snapshot()));
  REQUIRE(back.has_value());
  CHECK(back->entry == example_snapshot());
  CHECK(back->entry.label_length == 4);
  CHECK(back->consumed == 72);
}

TEST_CASE("a module entry's bytes") {
  CHECK(to_hex(encoded(example_module())) ==
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
        "33221100554477668899aabbccddeeff"
        "4f05000000000000"
        "03000000"
        "00200000"
        "0100"
        "f6c00a1a441edd08"
        "0600"
        "5f7374617274");
  CHECK(encoded_size(example_module()) == 82);
  const auto back = decode_module_entry(encoded(example_module()));
  REQUIRE(back.has_value());
  CHECK(back->entry == example_module());
  CHECK(back->consumed == 82);
}

TEST_CASE("entries differ by every field except the stored length") {
  auto other = example_snapshot();
  other.label_length = 99;
  CHECK(other == example_snapshot());
  other.label = "s001";
  CHECK(other != example_snapshot());
  auto module = example_module();
  module.registered.value += 1;
  CHECK(module != example_module());
}

TEST_CASE("an entry cut short is refused at every length") {
  const auto snapshot = encoded(example_snapshot());
  for (size_t size = 0; size < snapshot.size(); ++size)
    CHECK_FALSE(decode_snapshot_entry(prefix(snapshot, size)).has_value());
  const auto module = encoded(example_module());
  for (size_t size = 0; size < module.size(); ++size)
    CHECK_FALSE(decode_module_entry(prefix(module, size)).has_value());
}

TEST_CASE("a text may be as long as the format allows and no longer") {
  auto snapshot = example_snapshot();
  snapshot.label.assign(64, 'l');
  CHECK(decode_snapshot_entry(encoded(snapshot))->entry == snapshot);
  auto module = example_module();
  module.entry_point.assign(128, 'e');
  CHECK(decode_module_entry(encoded(module))->entry == module);

  std::vector<uint8_t> bytes(70000, 1);
  for (const uint16_t length : {uint16_t{65}, uint16_t{32768}, uint16_t{65535}}) {
    store_le(bytes, 66, length);
    CHECK(decode_snapshot_entry(bytes).error().message ==
          "a snapshot entry has a text of " + std::to_string(length) + " bytes (maximum 64)");
  }
  for (const uint16_t length : {uint16_t{129}, uint16_t{65535}}) {
    store_le(bytes, 74, length);
    CHECK(decode_module_entry(bytes).error().code == ErrorCode::kDamaged);
  }
}

TEST_CASE("entries start after the header only in the first block") {
  const auto a = example_snapshot();
  auto b = example_snapshot();
  b.id.bytes[0] = 1;
  b.label.clear();
  CHECK(*decode_snapshot_block(payload_with(16, {a, b}), true, 2) == std::vector{a, b});
  CHECK(*decode_snapshot_block(payload_with(0, {a, b}), false, 2) == std::vector{a, b});
}

TEST_CASE("a block ends after the expected entries, at padding, or where no entry fits") {
  const auto entry = example_snapshot();
  const auto block = payload_with(0, {entry, entry, entry});
  CHECK(decode_snapshot_block(block, false, 2)->size() == 2);
  CHECK(decode_snapshot_block(block, false, 0)->empty());
  CHECK(decode_snapshot_block(block, false, -1)->empty());
  CHECK(decode_snapshot_block(block, false, INT64_MIN)->empty());
  CHECK(decode_snapshot_block(block, false, INT32_MAX)->size() == 3);
  CHECK(decode_snapshot_block(block, false, INT64_MAX)->size() == 3);
  const auto full = payload_with(0, std::vector(6, entry));
  CHECK(decode_snapshot_block(full, false, INT32_MAX)->size() == 6);
  CHECK(decode_module_block(std::vector<uint8_t>(496, 0), true, INT32_MAX)->empty());
}

TEST_CASE("an entry that crosses its payload is damage") {
  auto entry = example_snapshot();
  auto block = payload_with(0, std::vector(6, entry));  // 64 bytes are left: less than an entry
  CHECK(decode_snapshot_block(block, false, 7).has_value());
  entry.label.clear();
  block = payload_with(16, std::vector(7, entry));  // 4 bytes are left after the last one
  store_le<uint16_t>(block, 16 + 6 * 68 + 66, 5);
  CHECK(decode_snapshot_block(block, true, 7).error().message ==
        "the text of a snapshot entry runs past its block");
  CHECK(decode_snapshot_block(block, true, 6).has_value());
}

TEST_CASE("a truncated block returns its complete entries, or damage if a label is cut") {
  const auto block = payload_with(16, std::vector(6, example_snapshot()));  // of 72 bytes each
  for (size_t size = 16; size <= block.size(); ++size) {
    CAPTURE(size);
    const size_t whole = std::min<size_t>((size - 16) / 72, 6);
    const bool cut_label = whole < 6 && (size - 16) % 72 >= 68;
    const auto entries = decode_snapshot_block(prefix(block, size), true, INT32_MAX);
    REQUIRE(entries.has_value() == !cut_label);
    if (entries) CHECK(entries->size() == whole);
  }
  for (size_t size = 0; size < 16; ++size)
    CHECK(decode_snapshot_block(prefix(block, size), true, INT32_MAX)->empty());
}

TEST_CASE("every sample's snapshot table is as listed") {
  for_samples_with("snapshots", [](const Sample& sample) {
    check_table(sample, "SNAP", "label_hex", kSnapshotEntryLayout, sample.listing["snapshots"],
                decode_snapshot_block);
  });
}

TEST_CASE("every sample's code cache is as listed") {
  for_samples_with("modules", [](const Sample& sample) {
    check_table(sample, "CODE", "entry_point_hex", kModuleEntryLayout, sample.listing["modules"],
                decode_module_block);
  });
}
