// A secret in each place that can hold one, and none of it in the scrubbed copy.
#include <doctest/doctest.h>

#include "copy_in_memory.h"
#include "format/extended_metadata.h"
#include "format/journal_record.h"
#include "format/region/encryption_header.h"
#include "format/region/module_entry.h"
#include "format/region/policy.h"
#include "format/region/tables.h"
#include "format/tag/tag_extension.h"
#include "format/tag/tag_index.h"
#include "format/tag/tag_leaf.h"
#include "support/session.h"
#include "support/table_image.h"
#include "support/vectors.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

void check_no_secret(const std::vector<uint8_t>& image) {
  REQUIRE(find_secret(image) != std::string::npos);
  CHECK(find_secret(copied(image, CopyContent::kScrubbed).bytes) == std::string::npos);
}

// The image after one change of its tags.
template <class Change>
std::vector<uint8_t> with_tags(Change change) {
  ImageBuilder image;
  auto tags = must(TagWriter::open(image.file(), kSomeOptions));
  change(*tags);
  must(tags->commit());
  must(tags->close());
  return image.bytes();
}

TagReader reader_of_copy(std::vector<uint8_t> bytes) {
  static std::vector<std::unique_ptr<Image>> open;
  open.push_back(
      std::make_unique<Image>(must(Image::open(std::make_unique<MemoryFile>(std::move(bytes))))));
  return must(open.back()->tags());
}

}  // namespace

TEST_CASE("the label, the ids of machines, reserved bytes and the seal") {
  struct Place {
    size_t offset;
    size_t width;
  };
  for (const Place& place : {Place{0x68, 16},          // cluster node
                             Place{0x98, 64},          // label
                             Place{0x100, 16},         // session
                             Place{0x118, 16},         // last writer
                             Place{0x130, 64},         // reserved
                             Place{4096 - 48, 32}}) {  // seal
    CAPTURE(place.offset);
    ImageBuilder image;
    for (const uint64_t group : {0u, 4u}) {
      hide_secret(image.payload(group).subspan(place.offset, place.width));
      image.rehash(group);
    }
    check_no_secret(image.bytes());
  }
}

TEST_CASE("extended metadata, the integrity anchor, and what is left of the region tables") {
  ImageBuilder image;
  for (const uint64_t block : {2u, 3u, 6u, 7u}) {
    hide_secret(image.payload(block));
    image.rehash(block);
  }
  const size_t slots = size_t{slots_per_block(4096)} * 32;
  for (const uint64_t block : {1u, 5u, 8u}) {
    hide_secret(image.payload(block).subspan(slots));
    image.rehash(block);
  }
  hide_secret(image.payload(9).subspan(16));
  image.fit_directory();
  check_no_secret(image.bytes());
  const CopyResult copy = copied(image.bytes(), CopyContent::kScrubbed);
  MemoryFile file(copy.bytes);
  CHECK(verified(file, {VerifyScope::kMetadata, 1, 0}).summary.errors == 0);
}

TEST_CASE("the start and count of a free slot") {
  ImageBuilder image;
  for (const uint64_t table : {1u, 5u, 8u}) {
    hide_secret(image.payload(table).subspan(40 * 32 + 8, 24));
    image.rehash(table);
  }
  image.fit_directory();
  check_no_secret(image.bytes());
}

TEST_CASE("values of tags, while keys, inodes and the shape of the tree stay") {
  const std::vector<uint8_t> image = with_tags([](TagWriter& tags) {
    for (int64_t inode = 1; inode <= 500; ++inode)
      must(tags.set({"key " + std::to_string(inode), secret_text(), inode, 7}));
  });
  check_no_secret(image);
  TagReader before = reader_of_copy(image);
  TagReader after = reader_of_copy(copied(image, CopyContent::kScrubbed).bytes);
  std::vector<std::string> keys;
  must(before.find({}, [&](const TagView& tag) {
    keys.emplace_back(tag.key);
    return true;
  }));
  size_t i = 0;
  must(after.find({}, [&](const TagView& tag) {
    CHECK(tag.key == keys[i++]);
    CHECK(tag.value == std::string(16, '\0'));
    CHECK(tag.block == 7);
    return true;
  }));
  CHECK(i == 500);
  Activity activity;
  CHECK(must(after.stats(activity)).nodes == must(before.stats(activity)).nodes);
}

TEST_CASE("a filter keeps the bits of its keys, and no others") {
  std::vector<uint8_t> bytes = with_tags([](TagWriter& tags) {
    for (int64_t inode = 1; inode <= 300; ++inode)
      must(tags.set({"key " + std::to_string(inode), "value", inode, 0}));
  });
  ImageBuilder image(std::move(bytes), 4096);
  const uint64_t start = image.start("TAGI");
  // The small filter: its bits of the secret would be false positives only.
  MutableBytes payload = image.payload(start);
  for (size_t i = 0; i < 512; ++i) payload[16 + 256 + i] |= kSecret[i % 16];
  image.rehash(start);
  const CopyResult copy = copied(image.bytes(), CopyContent::kScrubbed);
  CHECK(find_secret(copy.bytes) == std::string::npos);
  MemoryFile file(copy.bytes);
  const Verified found = verified(file, {VerifyScope::kMetadata, 1, 0});
  CHECK_FALSE(found.complains());
  TagReader tags = reader_of_copy(copy.bytes);
  CHECK(must(tags.get("key 17", std::nullopt, [](const TagView&) { return true; })) == 1);
}

TEST_CASE("unused bytes of leaves, inner nodes and blocks without a node") {
  std::vector<uint8_t> bytes = with_tags([](TagWriter& tags) {
    for (int64_t inode = 1; inode <= 300; ++inode)
      must(tags.set({"key " + std::to_string(inode), "value", inode, 0}));
  });
  ImageBuilder image(std::move(bytes), 4096);
  const uint64_t start = image.start("TAGI");
  for (uint64_t block = start + 1; block < start + 8; ++block) {
    if (all_zero(image.block(block))) continue;
    const MutableBytes payload = image.payload(block);
    size_t at = 3;
    if (const auto leaf = TagLeaf::open(payload)) {
      TagView entry;
      for (uint32_t i = 0; i < leaf->count(); ++i) REQUIRE(leaf->read(at, entry));
      const size_t end = payload.size() - 4 - tag_index_size(leaf->count());
      if (end > at) hide_secret(payload.subspan(at, end - at));
    } else {
      at = encoded_size(must(decode_tag_node(payload)));
      hide_secret(payload.subspan(at));
    }
    image.rehash(block);
  }
  check_no_secret(image.bytes());
}

TEST_CASE("labels of snapshots and entry points of modules, and what follows the last entry") {
  ImageBuilder image;
  SnapshotOptions snapshot;
  snapshot.label = "label";
  must(create_snapshot(image.file(), snapshot, kSomeOptions));
  const uint64_t table = image.start("SNAP");
  // The label is right after the fixed part of the first entry.
  hide_secret(image.payload(table).subspan(16 + 68, 5));
  hide_secret(image.payload(table).subspan(16 + 68 + 5));
  image.rehash(table);
  hide_secret(image.payload(table + 1));
  image.rehash(table + 1);
  check_no_secret(image.bytes());

  ImageBuilder modules(vector_image("code-12"), 4096);
  const uint64_t code = modules.start("CODE");
  const size_t length = load_le<uint16_t>(modules.payload(code), 16 + 74);
  REQUIRE(length > 0);
  hide_secret(modules.payload(code).subspan(16 + 76, length));
  hide_secret(modules.payload(code + 2));
  modules.rehash(code).rehash(code + 2);
  check_no_secret(modules.bytes());
}

TEST_CASE("hashes of modules are replaced; equal ones stay equal") {
  ImageBuilder image(vector_image("code-12"), 4096);
  const uint64_t code = image.start("CODE");
  const auto entries = must(decode_module_block(image.payload(code), true, 12));
  REQUIRE(entries.size() > 2);
  // The second entry gets the hash of the first one.
  const MutableBytes second = image.payload(code).subspan(16 + encoded_size(entries[0]), 32);
  std::ranges::copy(entries[0].hash, second.begin());
  image.rehash(code);
  ImageBuilder copy(copied(image.bytes(), CopyContent::kScrubbed).bytes, 4096);
  const auto after = must(decode_module_block(copy.payload(code), true, 12));
  REQUIRE(after.size() == entries.size());
  CHECK(after[0].hash == after[1].hash);
  CHECK(after[0].hash != after[2].hash);
  for (size_t i = 0; i < after.size(); ++i) {
    CHECK(after[i].hash != entries[i].hash);
    CHECK_FALSE(after[i].id == entries[i].id);
    CHECK(after[i].first_block == entries[i].first_block);
    CHECK(after[i].entry_point.size() == entries[i].entry_point.size());
  }
}

TEST_CASE("wrapped keys and salts, while the slots stay") {
  ImageBuilder image;
  make_table_region(image, block_types::kEncryption);
  EncryptionTable table;
  table.header.active_slot = 0;
  table.header.active_slots = 1;
  KeySlot slot;
  slot.status = kKeySlotActive;
  slot.algorithm = 1;
  slot.kdf_iterations = 1000;
  hide_secret(slot.wrapped_key);
  hide_secret(slot.salt);
  table.slots.push_back(slot);
  must(encode_encryption(table, image.payload(kTableStart), image.payload(kTableStart + 1)));
  image.rehash(kTableStart).rehash(kTableStart + 1);
  check_no_secret(image.bytes());
  ImageBuilder copy(copied(image.bytes(), CopyContent::kScrubbed).bytes, 4096);
  const auto after =
      must(decode_encryption(copy.payload(kTableStart), copy.payload(kTableStart + 1)));
  CHECK(after.slots[0].kdf_iterations == 1000);
  CHECK(after.slots[0].status == kKeySlotActive);
}

TEST_CASE("policies, and every table that has texts, hashes or ids of people") {
  ImageBuilder vault;
  make_table_region(vault, block_types::kPolicyVault);
  PolicyEntry policy;
  policy.id = random_guid();
  policy.data.resize(32);
  hide_secret(policy.data);
  must(encode_policies(std::vector{policy}, vault.payload(kTableStart)));
  hide_secret(vault.payload(kTableStart + 1).first(32));
  vault.rehash(kTableStart).rehash(kTableStart + 1);
  check_no_secret(vault.bytes());

  for (const TableDescription* table : all_tables()) {
    CAPTURE(std::string(table->name));
    ImageBuilder image;
    make_table_region(image, table->type);
    write_table(image, sound_table(*table));
    // Every block: what follows the records, and whatever is in the other blocks.
    for (uint64_t block = kTableStart; block < kTableStart + kTableBlocks; ++block) {
      const MutableBytes payload = image.payload(block);
      size_t end = payload.size();
      while (end > 0 && payload[end - 1] == 0) --end;
      hide_secret(payload.subspan(end == 0 ? 0 : std::min(end + 300, payload.size())));
      image.rehash(block);
    }
    check_no_secret(image.bytes());
  }
}

TEST_CASE("the journal, free blocks, data blocks and what follows the volume") {
  ImageBuilder image;
  const uint64_t journal = image.start("MWAL");
  for (uint64_t block = journal + 1; block < journal + 64; ++block) {
    hide_secret(image.payload(block));
    image.set_tag(block, "MWAL").rehash(block);
  }
  hide_secret(image.payload(journal).subspan(96 + 40));
  image.rehash(journal);
  image.data_block(200, 0);
  hide_secret(image.payload(200));
  image.rehash(200);
  hide_secret(image.block(210));
  std::vector<uint8_t> bytes = image.bytes();
  bytes.resize(bytes.size() + 5000);
  hide_secret(MutableBytes(bytes).last(5000));
  check_no_secret(bytes);
}

TEST_CASE("a key slot that is empty, and a place after the last counted record") {
  ImageBuilder keys;
  make_table_region(keys, block_types::kEncryption);
  hide_secret(keys.payload(kTableStart).subspan(8 + 124 + 4, 116));
  keys.rehash(kTableStart);
  check_no_secret(keys.bytes());

  ImageBuilder raid;
  make_table_region(raid, tables::kRaid.type);
  write_table(raid, sound_table(tables::kRaid));
  hide_secret(raid.payload(kTableStart).subspan(16 + 20 * 40, 40));
  raid.rehash(kTableStart);
  check_no_secret(raid.bytes());
}

TEST_CASE("after-images of commits that wait") {
  ImageBuilder image;
  auto tags = must(TagWriter::open(image.file(), kSomeOptions));
  must(tags->set({"key", secret_text(), 1, 0}));
  must(tags->commit());
  const std::vector<uint8_t> waiting = image.bytes();
  check_no_secret(waiting);
  TagReader after = reader_of_copy(copied(waiting, CopyContent::kScrubbed).bytes);
  CHECK(must(after.get("key", std::nullopt, [](const TagView&) { return true; })) == 1);
}

TEST_CASE("a mark of the journal with another volume's id") {
  ImageBuilder image;
  JournalMark mark;
  hide_secret(mark.uuid.bytes);
  const uint64_t journal = image.start("MWAL");
  encode_journal_mark(mark, image.payload(journal).subspan(kJournalMarkOffset));
  image.rehash(journal);
  check_no_secret(image.bytes());
}

TEST_CASE("blocks of a wrong or unknown type, and regions without a decoder") {
  ImageBuilder image;
  hide_secret(image.payload(77));
  image.set_tag(77, "XYZW").rehash(77);
  hide_secret(image.payload(81));
  image.set_tag(81, "TAGI").rehash(81);
  make_table_region(image, make_block_type("COMP"));
  for (uint64_t block = kTableStart; block < kTableStart + kTableBlocks; ++block) {
    hide_secret(image.payload(block));
    image.rehash(block);
  }
  check_no_secret(image.bytes());
}

TEST_CASE("a block that belongs to two regions of its type keeps nothing") {
  ImageBuilder image;
  SnapshotOptions snapshot;
  snapshot.label = "a label of some length";
  must(create_snapshot(image.file(), snapshot, kSomeOptions));
  const uint64_t table = image.start("SNAP");
  hide_secret(image.payload(table).subspan(16 + 68, 22));
  image.rehash(table);
  const size_t slot = image.slot_of("SNAP");
  const RegionSlot twin = image.slots()[slot];
  image.slot(slot + 2, [&](RegionSlot& other) { other = twin; });
  check_no_secret(image.bytes());
  const CopyResult copy = copied(image.bytes(), CopyContent::kScrubbed);
  CHECK(all_zero(Bytes(copy.bytes).subspan(table * 4096, 4096)));
}

TEST_CASE("an encrypted region keeps no payload") {
  ImageBuilder image;
  hide_secret(image.payload(88));
  image.rehash(88);
  image.slot(image.slot_of("SNAP"), [](RegionSlot& slot) { slot.flags |= kRegionEncrypted; });
  check_no_secret(image.bytes());
}

TEST_CASE("bits of the bitmap after the end of the volume") {
  ImageBuilder image;
  hide_secret(image.payload(10).subspan(32));  // 256 blocks
  image.rehash(10);
  check_no_secret(image.bytes());
}
