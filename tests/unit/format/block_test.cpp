#include "format/block.h"

#include "listing.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

namespace {

std::vector<uint8_t> valid_block(BlockType tag) {
  std::vector<uint8_t> block(4096, 0x5A);
  write_trailer(block, tag, 7);
  return block;
}

}  // namespace

TEST_CASE("a trailer is type, generation and checksum, with the type reversed on disk") {
  std::vector<uint8_t> block(4096, 0);
  write_trailer(block, block_types::kTagIndex, 1);
  CHECK(to_hex(Bytes(block).last(16)) == "4947415401000000f050e50a6bbef651");
  CHECK(all_zero(Bytes(block).first(4080)));
}

TEST_CASE("the checksum is XXH64 of the payload with seed 0") {
  CHECK(checksum({}) == 0xEF46DB3751D8E999);
  const std::vector<uint8_t> abc = {'a', 'b', 'c'};
  CHECK(checksum(abc) == 0x44BC2CF5AD770999);
}

TEST_CASE("a valid block returns its payload and its trailer") {
  const auto block = valid_block(block_types::kCode);
  const auto checked = UncheckedBlock(12, block).check(block_types::kCode);
  REQUIRE(checked.has_value());
  CHECK(checked->number() == 12);
  CHECK(checked->payload().size() == 4080);
  CHECK(checked->payload().data() == block.data());
  CHECK(checked->trailer().generation == 7);
}

TEST_CASE("a block of another type is refused") {
  const auto block = valid_block(block_types::kCode);
  const auto checked = UncheckedBlock(12, block).check(block_types::kSnapshots);
  REQUIRE_FALSE(checked.has_value());
  CHECK(checked.error().code == ErrorCode::kDamaged);
  CHECK(checked.error().message == "the block has the type CODE instead of SNAP");
  CHECK(checked.error().block == 12);
  CHECK(UncheckedBlock(12, block).check_any().has_value());
}

TEST_CASE("a flipped bit of payload or checksum is refused") {
  for (const size_t at : {size_t{0}, size_t{4079}, size_t{4088}, size_t{4095}}) {
    CAPTURE(at);
    auto block = valid_block(block_types::kCode);
    block[at] ^= 0x10;
    CHECK(UncheckedBlock(1, block).state() == BlockState::kBadChecksum);
    CHECK(UncheckedBlock(1, block).check(block_types::kCode).error().message ==
          "the block has a bad checksum");
  }
}

TEST_CASE("an unknown type is refused even with a valid checksum") {
  const auto block = valid_block(make_block_type("ZZZZ"));
  CHECK(UncheckedBlock(1, block).state() == BlockState::kValid);
  CHECK(UncheckedBlock(1, block).check_any().error().message ==
        "the block has the unknown type ZZZZ");
}

TEST_CASE("an unwritten block and one without a trailer are distinguished") {
  std::vector<uint8_t> block(512, 0);
  CHECK(UncheckedBlock(1, block).state() == BlockState::kUnwritten);
  CHECK(UncheckedBlock(1, block).is_unwritten());
  CHECK_FALSE(UncheckedBlock(1, block).check_any().has_value());
  block[100] = 1;
  CHECK(UncheckedBlock(1, block).state() == BlockState::kNoTrailer);
  CHECK_FALSE(UncheckedBlock(1, block).is_unwritten());
  CHECK_FALSE(UncheckedBlock(1, block).check_any().has_value());
}

TEST_CASE("block sizes are the powers of two from 512 to 65536") {
  for (const int64_t size : {512, 1024, 4096, 65536}) CHECK(is_block_size(size));
  for (const int64_t size : {0, -512, 256, 513, 4095, 131072}) CHECK_FALSE(is_block_size(size));
}

TEST_CASE("a block type is printed as four characters, unprintable ones escaped") {
  CHECK(block_types::kTagIndex.value == 0x54414749);
  CHECK(block_types::kCode.value == 0x434F4445);
  CHECK(block_types::kSnapshots.value == 0x534E4150);
  CHECK(to_string(block_types::kSnapshots) == "SNAP");
  CHECK(to_string(BlockType{0x01414243}) == "\\x01ABC");
  CHECK(describe(block_types::kTagIndex) == "tag index");
  CHECK_FALSE(is_known(BlockType{}));
}

TEST_CASE("all forty block types of the format are known") {
  const std::string all =
      "SUPB RMAP POLV ENCR BMAP INOD TAGI MWAL MTRK BTRE SNAP REPL RAID COMP INTE STRE XREF WORM "
      "CODE DWAL DATA FREE CMVT ALOG CMAL CLOG DICT ANON MLOG ERCV RCVR EXTN EXMD IANT COLR ZMAP "
      "WALS ZNSM OPJR TRLR";
  for (size_t at = 0; at < all.size(); at += 5) {
    CAPTURE(all.substr(at, 4));
    CHECK(is_known(make_block_type(all.substr(at, 4))));
  }
}
