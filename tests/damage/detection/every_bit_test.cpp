// Flips each bit of an image's written blocks, one at a time. Verify must detect it, or the bit is
// on a list of bits that nothing on the disk covers. What info shows as verified must stay right.
//
// All bits of trailers are flipped. Of the payloads only some bits are flipped, evenly distributed
// over blocks and over the bits of a byte. VDE_TEST_EFFORT=100 flips all of them.
#include <doctest/doctest.h>

#include <set>

#include "damage/detection/full_image.h"
#include "support/effort.h"
#include "support/verify_list.h"
#include "vde/inspect.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr size_t kPayloadFlips = 8'000;
// info is checked for every n-th flip.
constexpr size_t kInfoStep = 23;

// Block and bit in it, counted from the block's first bit.
using Bit = std::pair<uint64_t, size_t>;

std::vector<Bit> bits_to_flip(ImageBuilder& image) {
  const size_t payload_bits = size_t{payload_size(image.block_size())} * 8;
  const std::vector<uint64_t> written = image.written_blocks();
  // Odd, to have no common divisor with the 8 bits of a byte or a power of two.
  const size_t step = (written.size() * payload_bits / scaled(kPayloadFlips)) | 1;
  const size_t trailer_step = stretched() | 1;
  std::vector<Bit> bits;
  size_t next = 0;
  for (const uint64_t block : written) {
    for (; next < payload_bits; next += step) bits.emplace_back(block, next);
    next -= payload_bits;
    for (size_t bit = 0; bit < kTrailerSize * 8; bit += trailer_step)
      bits.emplace_back(block, payload_bits + bit);
  }
  return bits;
}

// Nothing covers a generation, and a block older than the superblock is legal. Here all blocks have
// generation 1 and the sequence is 1, so clearing the lowest bit makes a legal older block, and any
// other bit makes a newer one. The generations of both groups and the directory have copies.
bool is_dont_care(const ImageBuilder& image, const Bit& bit) {
  const size_t generation = (size_t{payload_size(image.block_size())} + 4) * 8;
  return bit.first >= kFirstRegionBlock && bit.second == generation;
}

// What info shows of the content, without the states of the structures.
Json shown_by_info(BlockFile& file) {
  const auto info = image_info(file);
  REQUIRE(info.has_value());
  CHECK((*info)["superblock_verified"] == true);
  Json slots = Json::array();
  for (Json region : (*info)["regions"]) {
    region.erase("state");
    slots.push_back(region);
  }
  return Json{
      {"superblock", (*info)["superblock"]}, {"slots", slots}, {"counts", (*info)["counts"]}};
}

// The same, or not shown at all.
bool agrees(const Json& shown, const Json& sound) {
  if (shown["superblock"] != sound["superblock"]) return false;
  if (shown["slots"].size() != sound["slots"].size()) return false;
  for (size_t i = 0; i < sound["slots"].size(); ++i) {
    Json expected = sound["slots"][i];
    if (!shown["slots"][i].contains("records")) expected.erase("records");
    if (shown["slots"][i] != expected) return false;
  }
  for (const auto& [name, count] : shown["counts"].items())
    if (!count.is_null() && count != sound["counts"][name]) return false;
  return true;
}

void flip_all(uint32_t block_size) {
  FullImage image(block_size);
  REQUIRE(image.written_blocks().size() == kFullBlocks);
  REQUIRE_FALSE(verified(image.file()).complains());
  const Json sound = shown_by_info(image.file());
  const std::vector<Bit> bits = bits_to_flip(image);
  std::set<Bit> undetected;
  std::set<Bit> dont_care;
  size_t wrong = 0;
  for (size_t i = 0; i < bits.size(); ++i) {
    const auto& [block, bit] = bits[i];
    if (is_dont_care(image, bits[i])) dont_care.insert(bits[i]);
    image.flip(block, bit / 8, bit % 8);
    if (!verified(image.file()).complains()) undetected.insert(bits[i]);
    if (i % kInfoStep == 0 && !agrees(shown_by_info(image.file()), sound)) ++wrong;
    image.flip(block, bit / 8, bit % 8);
  }
  MESSAGE(block_size, "-byte blocks: ", bits.size(), " bits of ", kFullBlocks, " blocks flipped, ",
          undetected.size(), " of them nothing can tell");
  CHECK(undetected == dont_care);
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("every flip of a covered bit in 512-byte blocks is detected") {
  flip_all(512);
}

TEST_CASE("every flip of a covered bit in 4096-byte blocks is detected") {
  flip_all(4096);
}
