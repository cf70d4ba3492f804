#include "format/region/bitmap.h"

#include <doctest/doctest.h>

#include <vector>

#include "support/random.h"
#include "vde/text.h"

using namespace vde;

namespace {

// The expected answers, computed bit by bit.
uint64_t naive_count(Bytes bits, uint64_t begin, uint64_t end) {
  uint64_t count = 0;
  for (uint64_t bit = begin; bit < end; ++bit) count += test_bit(bits, bit) ? 1u : 0u;
  return count;
}

uint64_t naive_find(Bytes bits, uint64_t begin, uint64_t end, bool value) {
  for (uint64_t bit = begin; bit < end; ++bit)
    if (test_bit(bits, bit) == value) return bit;
  return end;
}

}  // namespace

TEST_CASE("bit n of a bitmap is bit n % 8 of byte n / 8, the least significant first") {
  std::vector<uint8_t> bits(4);
  set_bits(bits, 0, 1);
  set_bits(bits, 11, 14);
  set_bits(bits, 31, 32);
  CHECK(to_hex(bits) == "01380080");
  CHECK(test_bit(bits, 11));
  CHECK_FALSE(test_bit(bits, 10));
  set_bits(bits, 3, 29);
  CHECK(to_hex(bits) == "f9ffff9f");
}

TEST_CASE("a bitmap block has a bit for each bit of its payload") {
  CHECK(bits_per_bitmap_block(512) == 3968);
  CHECK(bits_per_bitmap_block(4096) == 32640);
  CHECK(bitmap_blocks_for(0, 4096) == 0);
  CHECK(bitmap_blocks_for(1, 4096) == 1);
  CHECK(bitmap_blocks_for(32640, 4096) == 1);
  CHECK(bitmap_blocks_for(32641, 4096) == 2);
  CHECK(bitmap_blocks_for(kMaxBlocks, 512) == 17734058513);
}

TEST_CASE("setting, counting and finding agree with a bit-by-bit implementation") {
  test::Random random(4711);
  const auto below = [&](uint64_t end) { return random.below(end); };
  for (int round = 0; round < 3000; ++round) {
    // Sizes that are not a multiple of a word, and zero; sparse, dense and mixed bits.
    std::vector<uint8_t> bits(below(40));
    const uint64_t all = bits.size() * 8;
    for (uint64_t runs = below(4); runs > 0 && all > 0; --runs) {
      const uint64_t begin = below(all + 1);
      const uint64_t end = begin + below(all - begin + 1);
      std::vector<uint8_t> expected = bits;
      for (uint64_t bit = begin; bit < end; ++bit)
        expected[bit / 8] = static_cast<uint8_t>(expected[bit / 8] | 1u << (bit % 8));
      set_bits(bits, begin, end);
      REQUIRE(bits == expected);
    }
    const uint64_t begin = below(all + 1);
    const uint64_t end = begin + below(all - begin + 1);
    CAPTURE(round);
    CAPTURE(begin);
    CAPTURE(end);
    REQUIRE(count_bits(bits, begin, end) == naive_count(bits, begin, end));
    for (const bool value : {false, true})
      REQUIRE(find_bit(bits, begin, end, value) == naive_find(bits, begin, end, value));
  }
}

TEST_CASE("an empty range has no bits, wherever it lies") {
  const std::vector<uint8_t> bits(8, 0xff);
  for (const uint64_t at : {0u, 5u, 63u, 64u}) {
    CHECK(count_bits(bits, at, at) == 0);
    CHECK(find_bit(bits, at, at, true) == at);
  }
}
