// The search for the original of a damaged block, by itself: every bit, byte and sector is found
// again, and nothing is found that was not there.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <thread>

#include "check/exact/search.h"
#include "support/effort.h"
#include "support/random_bytes.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr uint32_t kSizes[] = {512, 1024, 4096, 16384, 65536};

BlockBuffer random_block(uint32_t block_size, Random& random) {
  BlockBuffer block(block_size);
  fill_randomly(block, random);
  write_trailer(block, block_types::kTagIndex, 7);
  return block;
}

Work enough() {
  return Work(1000);
}

// What a find_ function makes of a damaged block.
template <class Find>
BlockBuffer corrected(const BlockBuffer& damaged, Find find) {
  Work work = enough();
  const auto found = find(damaged, work);
  REQUIRE(found);
  return original_of(*found, damaged);
}

void fill_sector(MutableBytes block, size_t sector, Random& random) {
  const size_t begin = sector * kSectorBytes;
  const size_t end = std::min(begin + kSectorBytes, block.size() - kTrailerSize);
  fill_randomly(block.subspan(begin, end - begin), random);
}

std::string said_of(const BlockBuffer& damaged) {
  Activity activity;
  ExactSearch search(1000, activity);
  const auto found = search.find({0, damaged});
  REQUIRE(found);
  return describe(*found, damaged);
}

}  // namespace

TEST_CASE("trials compute the digest of the library") {
  Random random(1);
  for (const uint32_t size : kSizes) {
    const BlockBuffer block = random_block(size, random);
    const Bytes payload = Bytes(block).first(payload_size(size));
    CHECK(PayloadTrials(payload).digest() == checksum(payload));
  }
}

TEST_CASE("a trial of a word is the digest of the payload with it") {
  Random random(2);
  for (const uint32_t size : kSizes)
    for (int round = 0; round < 20; ++round) {
      BlockBuffer block = random_block(size, random);
      const MutableBytes payload = MutableBytes(block).first(payload_size(size));
      const PayloadTrials trials(payload);
      const auto index = static_cast<uint32_t>(random.below(payload.size() / 8));
      const uint64_t mask = random.next();
      store_le(payload, index * 8, load_le<uint64_t>(payload, index * 8) ^ mask);
      const uint64_t masks[] = {1, mask};
      Work work = enough();
      CHECK(trials.find(checksum(payload), masks, work) == WordChange{index, mask});
    }
}

TEST_CASE("every flipped bit of a block of 512 bytes is found, in the payload and the checksum") {
  Random random(3);
  const BlockBuffer block = random_block(512, random);
  for (size_t byte = 0; byte < payload_size(512); ++byte)
    for (unsigned bit = 0; bit < 8; ++bit) {
      BlockBuffer damaged = block;
      damaged[byte] ^= static_cast<uint8_t>(1 << bit);
      CHECK(corrected(damaged, find_bit) == block);
    }
  for (size_t byte = 512 - 8; byte < 512; ++byte)
    for (unsigned bit = 0; bit < 8; ++bit) {
      BlockBuffer damaged = block;
      damaged[byte] ^= static_cast<uint8_t>(1 << bit);
      CHECK(original_of(*find_checksum_bits(damaged), damaged) == block);
    }
}

TEST_CASE("every wrong byte of a block of 512 bytes is found") {
  Random random(4);
  const BlockBuffer block = random_block(512, random);
  for (size_t byte = 0; byte < payload_size(512); ++byte) {
    // Not a single bit: that is another search.
    constexpr uint8_t kChanges[] = {0xFF, 0x03, 0x81};
    BlockBuffer damaged = block;
    damaged[byte] ^= kChanges[byte % 3];
    CHECK(corrected(damaged, find_byte) == block);
  }
}

TEST_CASE(
    "every change of every byte of a block of 512 bytes is found, of which effort takes a part") {
  Random random(16);
  const BlockBuffer block = random_block(512, random);
  const uint64_t changes = payload_size(512) * 256;
  for (uint64_t i = random.below(101); i < changes; i += stretched(101)) {
    const auto change = static_cast<uint8_t>(i % 256);
    if (std::popcount(change) < 2) continue;
    BlockBuffer damaged = block;
    damaged[i / 256] ^= change;
    CHECK(corrected(damaged, find_byte) == block);
  }
}

TEST_CASE("flipped bits and wrong bytes of a block of 4096 bytes are found at sampled places") {
  Random random(5);
  const BlockBuffer block = random_block(4096, random);
  for (uint64_t i = 0; i < scaled(500); ++i) {
    BlockBuffer damaged = block;
    damaged[random.below(payload_size(4096))] ^= static_cast<uint8_t>(1 << random.below(8));
    CHECK(corrected(damaged, find_bit) == block);
  }
  for (uint64_t i = 0; i < scaled(50); ++i) {
    BlockBuffer damaged = block;
    damaged[random.below(payload_size(4096))] ^= 0x18;
    CHECK(corrected(damaged, find_byte) == block);
  }
}

// The whole search of the largest block takes seconds: here each place gets a part of it.
TEST_CASE("changes of a byte are found at sampled places of every larger size") {
  Random random(15);
  constexpr size_t kMasks = 8;
  for (const uint32_t size : {1024u, 2048u, 4096u, 8192u, 16384u, 32768u, 65536u})
    for (const auto all : {one_bit_masks(), one_byte_masks()}) {
      const BlockBuffer block = random_block(size, random);
      const uint64_t wanted = checksum(Bytes(block).first(payload_size(size)));
      for (uint64_t i = 0; i < scaled(500); ++i) {
        const auto masks = all.subspan(random.below(all.size() / kMasks) * kMasks, kMasks);
        const WordChange change{static_cast<uint32_t>(random.below(payload_size(size) / 8)),
                                masks[random.below(kMasks)]};
        BlockBuffer damaged = block;
        const MutableBytes payload = MutableBytes(damaged).first(payload_size(size));
        store_le(payload, change.index * 8,
                 load_le<uint64_t>(payload, change.index * 8) ^ change.mask);
        Work work = enough();
        CHECK(PayloadTrials(payload).find(wanted, masks, work) == change);
      }
    }
}

TEST_CASE("two flipped bits of the checksum are found, three are not") {
  Random random(6);
  BlockBuffer block = random_block(4096, random);
  const BlockBuffer original = block;
  block[4095] ^= 0x80;
  block[4088] ^= 0x01;
  CHECK(original_of(*find_checksum_bits(block), block) == original);
  block[4090] ^= 0x10;
  CHECK_FALSE(find_checksum_bits(block));
}

TEST_CASE("sectors that were zeros are found: one, or all from one on") {
  Random random(7);
  BlockBuffer block = random_block(4096, random);
  std::fill(block.begin() + 1024, block.end(), uint8_t{0});
  std::fill(block.begin() + 3000, block.begin() + 3020, uint8_t{9});
  write_trailer(block, block_types::kTagIndex, 7);
  BlockBuffer one = block;
  fill_sector(one, 3, random);
  CHECK(corrected(one, find_zero_sectors) == block);
  std::fill(block.begin() + 3000, block.begin() + 3020, uint8_t{0});
  write_trailer(block, block_types::kTagIndex, 7);
  BlockBuffer many = block;
  for (size_t sector = 4; sector < 8; ++sector) fill_sector(many, sector, random);
  CHECK(corrected(many, find_zero_sectors) == block);
}

TEST_CASE("two copies are put together, whatever sectors either of them lost") {
  Random random(8);
  const BlockBuffer block = random_block(4096, random);
  for (size_t lost = 0; lost < 8; ++lost)
    for (size_t lost_too = 0; lost_too < 8; ++lost_too) {
      if (lost == lost_too) continue;
      BlockBuffer damaged = block;
      BlockBuffer copy = block;
      fill_sector(damaged, lost, random);
      fill_sector(copy, lost_too, random);
      Work work = enough();
      const BlockCopy copies[] = {{copy, "the copy"}};
      const auto found = combine(damaged, copies, work);
      REQUIRE(found);
      CHECK(found->bytes == block);
      REQUIRE(found->parts.size() == 1);
      CHECK(found->parts[0].sectors == std::vector<size_t>{lost});
    }
}

TEST_CASE("three copies are put together, of which any two lost the same sector") {
  Random random(18);
  const BlockBuffer block = random_block(4096, random);
  BlockBuffer damaged = block;
  BlockBuffer one = block;
  BlockBuffer two = block;
  for (BlockBuffer* copy : {&damaged, &one}) fill_sector(*copy, 1, random);
  for (BlockBuffer* copy : {&damaged, &two}) fill_sector(*copy, 4, random);
  for (BlockBuffer* copy : {&one, &two}) fill_sector(*copy, 6, random);
  const BlockCopy copies[] = {{one, "the mirror"}, {two, "the backup"}};
  for (const BlockCopy& copy : copies) {
    Work work = enough();
    CHECK_FALSE(combine(damaged, {&copy, 1}, work));
  }
  Work work = enough();
  const auto found = combine(damaged, copies, work);
  REQUIRE(found);
  CHECK(found->bytes == block);
  CHECK(describe(*found, copies) ==
        "sectors 1 and 4 are wrong; sector 4 is intact in the mirror, sector 1 is intact in the "
        "backup");
}

TEST_CASE("with more copies fewer sectors may differ") {
  Random random(19);
  const BlockBuffer block = random_block(16384, random);
  BlockBuffer damaged = block;
  BlockBuffer other = block;
  const BlockCopy copies[] = {{block, "the mirror"}, {other, "the backup"}};
  // Three contents of each sector: 3^10 combinations are fewer than 2^16, 3^11 are more.
  for (size_t sector = 0; sector < 10; ++sector)
    for (BlockBuffer* copy : {&damaged, &other}) fill_sector(*copy, sector, random);
  Work work = enough();
  const auto found = combine(damaged, copies, work);
  REQUIRE(found);
  CHECK(found->bytes == block);
  for (BlockBuffer* copy : {&damaged, &other}) fill_sector(*copy, 10, random);
  CHECK(combine_steps(damaged, copies) == 0);
  // Where the copies have the same, it counts once.
  const BlockCopy equal[] = {{block, "the mirror"}, {block, "the backup"}};
  CHECK(combine_steps(damaged, equal) == combine_steps(damaged, {copies, 1}));
}

TEST_CASE("what differs from the original by a byte is described as a search would") {
  Random random(17);
  const BlockBuffer block = random_block(512, random);
  const Bytes original = Bytes(block).first(payload_size(512));
  for (size_t byte = 0; byte < payload_size(512); ++byte) {
    BlockBuffer damaged = block;
    damaged[byte] ^= static_cast<uint8_t>(byte % 2 == 0 ? 1 << byte % 8 : 0x18);
    const auto difference = find_difference(damaged, original);
    REQUIRE(difference);
    CHECK(original_of(*difference, damaged) == block);
    CHECK(describe(*difference, damaged) == said_of(damaged));
    damaged[(byte + 9) % payload_size(512)] ^= 1;
    CHECK_FALSE(find_difference(damaged, original));
  }
  CHECK_FALSE(find_difference(block, original));
}

TEST_CASE("copies that differ in too many sectors, or lost the same one, give nothing") {
  Random random(9);
  const BlockBuffer block = random_block(16384, random);
  BlockBuffer damaged = block;
  BlockBuffer copy = block;
  fill_sector(damaged, 5, random);
  fill_sector(copy, 5, random);
  Work work = enough();
  const BlockCopy copies[] = {{copy, "the copy"}};
  CHECK_FALSE(combine(damaged, copies, work));
  for (size_t sector = 10; sector < 10 + kMaxDifferingSectors; ++sector)
    fill_sector(damaged, sector, random);
  CHECK(combine_steps(damaged, copies) == 0);
  const BlockCopy whole[] = {{block, "the copy"}};
  CHECK_FALSE(combine(damaged, whole, work));
}

TEST_CASE("nothing is found for blocks that are something else altogether") {
  Random random(10);
  Activity activity;
  ExactSearch search(1000, activity);
  const uint64_t blocks = scaled(10'000);
  for (uint64_t i = 0; i < blocks; ++i) {
    BlockBuffer block = random_block(512, random);
    const BlockBuffer other = random_block(512, random);
    std::copy_n(other.begin(), payload_size(512), block.begin());
    CHECK_FALSE(search.find({0, block}));
  }
  CHECK(search.not_tried() == 0);
}

TEST_CASE("what is wrong is described") {
  Random random(11);
  BlockBuffer block = random_block(512, random);
  block[100] = 0x41;
  std::fill(block.begin() + 300, block.end(), uint8_t{0});
  write_trailer(block, block_types::kTagIndex, 7);
  BlockBuffer damaged = block;
  damaged[123] ^= 8;
  CHECK(said_of(damaged) == "bit 3 of byte 123 of the payload is flipped");
  damaged = block;
  damaged[100] = 0x5A;
  CHECK(said_of(damaged) == "byte 100 of the payload is 0x5a instead of 0x41");
  damaged = block;
  damaged[511] ^= 1;
  CHECK(said_of(damaged) == "bit 56 of the stored checksum is flipped; the payload is intact");
  damaged[504] ^= 1;
  CHECK(said_of(damaged) ==
        "bits 0 and 56 of the stored checksum are flipped; the payload is intact");
}

TEST_CASE("a search that has no work left says how many blocks it did not try") {
  Random random(12);
  Activity activity;
  ExactSearch none(1e-9, activity);
  BlockBuffer block = random_block(4096, random);
  block[5] ^= 1;
  CHECK_FALSE(none.find({0, block}));
  CHECK_FALSE(none.find({0, block}));
  CHECK(none.not_tried() == 1);
  // A checksum is compared all the same: that costs nothing.
  block[5] ^= 1;
  block[4095] ^= 1;
  CHECK(none.find({0, block}));
}

TEST_CASE("a frozen search repeats what it found, and finds nothing more") {
  Random random(13);
  Activity activity;
  ExactSearch search(10, activity);
  BlockBuffer one = random_block(512, random);
  BlockBuffer two = random_block(512, random);
  one[5] ^= 1;
  two[5] ^= 1;
  REQUIRE(search.find({0, one}));
  search.freeze();
  CHECK(search.find({0, one}));
  CHECK_FALSE(search.find({0, two}));
}

TEST_CASE("a search shows which block it tries, and how much of its work is used") {
  Random random(14);
  Activity activity;
  ExactSearch search(1, activity);
  BlockBuffer noise = random_block(4096, random);
  fill_randomly(MutableBytes(noise).first(payload_size(4096)), random);
  CHECK(activity.search_used == 0);
  CHECK_FALSE(search.find({7, noise}));
  CHECK(activity.search_used > bit_steps(4096));
  CHECK(activity.search_used < activity.search_limit);
  CHECK(activity.searched_block == Activity::kNoBlock);
  // The block is shown as long as the search goes on: one that is stopped ends soon.
  std::atomic<uint64_t> shown{Activity::kNoBlock};
  std::thread watcher([&] {
    while (shown == Activity::kNoBlock) shown = activity.searched_block.load();
    activity.stop = true;
  });
  ExactSearch large(1000, activity);
  BlockBuffer block = random_block(65536, random);
  fill_randomly(MutableBytes(block).first(payload_size(65536)), random);
  CHECK_FALSE(large.find({8, block}));
  watcher.join();
  CHECK(shown == 8);
  CHECK(large.not_tried() == 0);
}
