// The larger filter of the tag index, one line per key.
#include "format/tag/tag_filter.h"

#include "../listing.h"
#include "format/tag/tag_leaf.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

TEST_CASE("the six bits of a key in its line") {
  std::vector<uint8_t> line(64, 0);
  CHECK_FALSE(tag_line_may_contain(line, tag_key_hash("abc")));
  tag_line_insert(line, tag_key_hash("abc"));
  // Bits 35, 56, 94, 117, 355, 382.
  CHECK(to_hex(line) ==
        "0000000008000001"
        "0000004000002000"
        "0000000000000000"
        "0000000000000000"
        "0000000000000000"
        "0000000008000040"
        "0000000000000000"
        "0000000000000000");
  CHECK(tag_line_may_contain(line, tag_key_hash("abc")));
  CHECK_FALSE(tag_line_may_contain(line, tag_key_hash("abd")));
  line[44] = 0;
  CHECK_FALSE(tag_line_may_contain(line, tag_key_hash("abc")));
}

TEST_CASE("the bits of the empty key") {
  std::vector<uint8_t> line(64, 0);
  tag_line_insert(line, tag_key_hash(""));
  // Bits 10, 82, 182, 235, 312, 462.
  CHECK(to_hex(line) ==
        "0004000000000000"
        "0000040000000000"
        "0000000000004000"
        "0000000000080000"
        "0000000000000001"
        "0000000000000000"
        "0000000000000000"
        "0040000000000000");
}

TEST_CASE("keys in a line are always found, whatever else is in it") {
  std::vector<uint8_t> line(64, 0);
  for (uint64_t i = 0; i < 100; ++i) {
    tag_line_insert(line, tag_key_hash(std::to_string(i)));
    for (uint64_t k = 0; k <= i; ++k)
      CHECK(tag_line_may_contain(line, tag_key_hash(std::to_string(k))));
  }
}

TEST_CASE("a key's line follows from the low half of its hash") {
  const uint64_t hash = tag_key_hash("abc");
  CHECK(tag_line_of(hash, 1) == 0);
  CHECK(tag_line_of(hash, 62) == 33);
  CHECK(tag_line_of(hash, 1000) == 535);
  CHECK(tag_line_of(hash, UINT32_MAX) == 2301573455);
  CHECK(tag_line_of(UINT64_MAX, 62) == 61);
  CHECK(tag_line_of(0xFFFFFFFF00000000, 62) == 0);
}

TEST_CASE("a filter block starts with 64 zero bytes and holds as many lines as fit") {
  CHECK(tag_lines_per_block(512) == 6);
  CHECK(tag_lines_per_block(4096) == 62);
  CHECK(tag_lines_per_block(65536) == 1022);
  CHECK(tag_line_offset(0) == 64);
  CHECK(tag_line_offset(61) == 62 * 64);
}

TEST_CASE("there are twelve bits per key, and at least one line") {
  CHECK(tag_filter_lines(0) == 1);
  CHECK(tag_filter_lines(1) == 1);
  CHECK(tag_filter_lines(42) == 1);
  CHECK(tag_filter_lines(43) == 2);
  CHECK(tag_filter_lines(10'000'000) == 234375);
}
