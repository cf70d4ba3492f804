#include "format/journal_record.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "vde/text.h"

using namespace vde;

namespace {

const Guid kUuid = parse_guid("00112233-4455-6677-8899-aabbccddeeff").value();

std::string hex(Bytes bytes) {
  return to_hex(bytes);
}

// A record of two blocks: one with an inline after-image, and one whose after-image is elsewhere.
JournalRecord small_record() {
  JournalRecord record;
  record.head.epoch = 0x0102030405060708;
  record.head.index = 3;
  record.head.base_sequence = 17;
  record.head.base_hash = 0x1112131415161718;
  record.head.previous = 0x2122232425262728;
  std::fill(record.head.superblock.begin(), record.head.superblock.end(), uint8_t{0x5B});
  std::fill(record.head.seal.begin(), record.head.seal.end(), uint8_t{0x5E});
  record.entries.push_back({0x40, 0, {}, {block_types::kData, 18, 0x3132333435363738}});
  record.entries.push_back({0x41,
                            0x99,
                            {block_types::kBitmap, 17, 0x4142434445464748},
                            {block_types::kBitmap, 18, 0x5152535455565758}});
  return record;
}

std::string repeat(std::string_view text, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += text;
  return all;
}

const std::string kEntries =
    "4000000000000000"
    "0000000000000000"  // target, place
    "00000000"
    "00000000"
    "0000000000000000"  // before: never written
    "41544144"
    "12000000"
    "3837363534333231"  // after
    "4100000000000000"
    "9900000000000000"
    "50414d42"
    "11000000"
    "4847464544434241"
    "50414d42"
    "12000000"
    "5857565554535251";

}  // namespace

TEST_CASE("the mark is 40 bytes: text, epoch, volume, hash of what comes before it") {
  std::vector<uint8_t> bytes(40);
  JournalMark mark;
  mark.epoch = 0x0102030405060708;
  mark.uuid = kUuid;
  encode_journal_mark(mark, bytes);
  CHECK(hex(Bytes(bytes).first(32)) ==
        "5644454a524e4c31"  // VDEJRNL1
        "0807060504030201"
        "33221100554477668899aabbccddeeff");
  CHECK(load_le<uint64_t>(Bytes(bytes), 32) == checksum(Bytes(bytes).first(32)));

  const auto back = decode_journal_mark(bytes);
  REQUIRE(back.has_value());
  CHECK(back->epoch == mark.epoch);
  CHECK(back->uuid == kUuid);
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::vector<uint8_t> changed = bytes;
    changed[i] ^= 1;
    CHECK_FALSE(decode_journal_mark(changed).has_value());
  }
}

TEST_CASE("the mark lies after the log's own header, in the first sector") {
  CHECK(kJournalMarkOffset == 96);
  CHECK(kJournalMarkOffset + kJournalMarkLayout.size() <= 512);
}

TEST_CASE("a record's header has 400 bytes, an entry 48, all in blocks with trailers") {
  JournalRecord record = small_record();
  const std::vector<uint8_t> bytes = encode_record(record, kUuid, 512, 18);
  REQUIRE(bytes.size() == 512);
  const Bytes block(bytes);
  CHECK(hex(block.first(392)) ==
        "5644455245435244"  // VDERECRD
        "0807060504030201"  // epoch
        "03000000"          // index
        "02000000"          // entries
        "01000000"          // descriptor blocks
        "01000000"          // inline after-images
        "1100000000000000"  // base sequence
        "1817161514131211"  // base hash
        "2827262524232221"  // previous
            + repeat("5b", 304) + repeat("5e", 32));
  CHECK(load_le<uint64_t>(block, 392) == record.head.checksum);
  CHECK(hex(block.subspan(400, 96)) == kEntries);
  // The trailer: MWAL, the generation of the commit.
  CHECK(hex(block.subspan(496, 8)) ==
        "4c41574d"
        "12000000");
  CHECK(UncheckedBlock(0, block).state() == BlockState::kValid);

  const auto back = decode_record(block.first(496), kUuid);
  REQUIRE(back.has_value());
  CHECK(back->head == record.head);
  CHECK(back->entries == record.entries);
  CHECK_FALSE(back->chain.has_value());
}

TEST_CASE("a record continues in the payload of the next block") {
  JournalRecord record = small_record();
  record.entries.push_back({0x42, 0, {}, {block_types::kData, 18, 1}});
  CHECK(record_descriptor_blocks(2, 512) == 1);
  CHECK(record_descriptor_blocks(3, 512) == 2);
  const std::vector<uint8_t> bytes = encode_record(record, kUuid, 512, 18);
  REQUIRE(bytes.size() == 1024);
  CHECK(hex(Bytes(bytes).subspan(512, 16)) ==
        "4200000000000000"
        "0000000000000000");
  CHECK(hex(Bytes(bytes).subspan(512 + 48, 448)) == repeat("00", 448));
  const auto head = peek_record(Bytes(bytes).first(496), 4);
  REQUIRE(head.has_value());
  CHECK(head->descriptor_blocks == 2);
  CHECK(head->inline_images == 2);
  CHECK_FALSE(peek_record(Bytes(bytes).first(496), 3).has_value());
}

TEST_CASE("a metadata chain hash is the last entry of a record, with the anchor as its target") {
  JournalRecord record = small_record();
  record.chain.emplace();
  record.chain->generation = 7;
  std::fill(record.chain->hash.begin(), record.chain->hash.end(), uint8_t{0xC4});
  const std::vector<uint8_t> bytes = encode_record(record, kUuid, 1024, 18);
  REQUIRE(bytes.size() == 1024);
  CHECK(record.head.entry_count == 3);
  CHECK(record.head.inline_images == 1);
  CHECK(hex(Bytes(bytes).subspan(400, 96)) == kEntries);
  CHECK(hex(Bytes(bytes).subspan(496, 48)) ==
        "0300000000000000"  // block 3
        "0700000000000000"  // generation
            + repeat("c4", 32));
  const auto back = decode_record(Bytes(bytes).first(1008), kUuid);
  REQUIRE(back.has_value());
  CHECK(back->entries == record.entries);
  CHECK(back->chain == record.chain);
}

TEST_CASE("any changed bit, another volume or another epoch invalidates a record") {
  JournalRecord record = small_record();
  const std::vector<uint8_t> bytes = encode_record(record, kUuid, 512, 18);
  std::vector<uint8_t> stream(bytes.begin(), bytes.begin() + 496);
  REQUIRE(decode_record(stream, kUuid).has_value());
  for (size_t i = 8; i < stream.size(); ++i) {
    std::vector<uint8_t> changed = stream;
    changed[i] ^= 0x80;
    CAPTURE(i);
    CHECK_FALSE(decode_record(changed, kUuid).has_value());
  }
  CHECK_FALSE(decode_record(stream, Guid{}).has_value());
}

TEST_CASE("inconsistent counts of a record are refused") {
  JournalRecord record = small_record();
  std::vector<uint8_t> payload = encode_record(record, kUuid, 512, 18);
  payload.resize(496);
  const auto with = [&](size_t offset, uint32_t value) {
    std::vector<uint8_t> changed = payload;
    store_le(MutableBytes(changed), offset, value);
    return peek_record(changed, UINT64_MAX);
  };
  CHECK(with(20, 2).has_value());
  CHECK_FALSE(with(20, UINT32_MAX).has_value());
  CHECK_FALSE(with(24, 0).has_value());
  CHECK_FALSE(with(24, 2).has_value());
  CHECK_FALSE(with(28, 3).has_value());
  store_le(MutableBytes(payload), 20, UINT32_MAX);
  CHECK_FALSE(decode_record(payload, kUuid).has_value());
}
