// Tables of compression dictionaries: references to their blocks, repairs of the bitmap, and tables
// with hostile bytes.
#include <doctest/doctest.h>

#include "support/dictionary_image.h"
#include "support/random.h"
#include "support/repair_image.h"
#include "support/verify_list.h"
#include "table/dictionary_table.h"

using namespace vde;
using namespace vde::test;

namespace {

bool is_allocated(ImageBuilder& image, uint64_t block) {
  return (image.payload(image.start("BMAP"))[block / 8] >> (block % 8) & 1) != 0;
}

// A dictionary whose blocks, 220 to 223, are as the SDK leaves them.
Dictionary reference_alone() {
  Dictionary entry;
  entry.id = 9;
  entry.first_block = 220;
  entry.block_count = 4;
  entry.size = 16000;
  return entry;
}

}  // namespace

TEST_CASE("blocks of dictionaries are not reported as leaked, unreferenced blocks are") {
  ImageBuilder image;
  add_dictionaries(image, 3);
  CHECK(verified(image.file()).codes.empty());
  image.data_block(240, 1);
  CHECK(verified(image.file()).codes == std::vector<std::string>{"BMAP-007"});
  // The references of an unreadable table are unknown.
  image.flip(kDictionaryTable, 20);
  CHECK(verified(image.file()).codes == std::vector<std::string>{"BLCK-001"});
}

TEST_CASE("an encrypted table of dictionaries is not read, and no block is reported as leaked") {
  ImageBuilder image;
  add_dictionaries(image, 2);
  image.slot(image.slot_of("DICT"), [](RegionSlot& slot) { slot.flags |= kRegionEncrypted; });
  edit(image, kDictionaryTable, 0, kPackedTableHeaderLayout, [](PackedTableHeader& header) {
    header.count = -1;
  }).rehash(kDictionaryTable);
  CHECK(verified(image.file()).codes.empty());
}

TEST_CASE("a rebuilt bitmap marks all blocks of a dictionary as allocated, written or not") {
  ImageBuilder image;
  add_dictionaries(image, 2);
  put_dictionary(image, 2, reference_alone());
  count_dictionaries(image, 3);
  CHECK(verified(image.file()).codes == std::vector<std::string>{"DICT-009"});
  image.write(image.start("BMAP"), "BMAP", "");
  const Repaired repaired = repair_and_back(image);
  CHECK(repaired.left.empty());
  for (const uint64_t block : {200u, 201u, 220u, 221u, 222u, 223u})
    CHECK(is_allocated(image, block));
  CHECK_FALSE(is_allocated(image, 224));
}

TEST_CASE("a repair marks written blocks of a dictionary as allocated and leaves the others free") {
  ImageBuilder image;
  add_dictionaries(image, 2);
  put_dictionary(image, 2, reference_alone());
  count_dictionaries(image, 3);
  image.data_block(222, 7).bits(222, 223, false);
  CHECK(verified(image.file()).codes ==
        std::vector<std::string>{"DICT-008", "BMAP-004", "BMAP-005"});
  const Repaired repaired = repair_and_back(image);
  REQUIRE(repaired.left.size() == 1);
  CHECK(repaired.left[0].kind->code == "DICT-009");
  CHECK(is_allocated(image, 222));
  CHECK_FALSE(is_allocated(image, 221));
}

TEST_CASE("verify reports every table with hostile bytes that its users reject") {
  constexpr uint64_t kSeeds = 3000;
  ImageBuilder sound({512, 256, kAllModules});
  add_dictionaries(sound, 12);
  uint64_t refused = 0;
  uint64_t taken = 0;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    ImageBuilder image(sound.bytes(), 512);
    for (uint64_t changes = 1 + random.below(3); changes > 0; --changes) {
      const uint64_t block = kDictionaryTable + random.below(3);
      // In half of the cases a byte of a number in an entry.
      const size_t entry = dictionary_offset(static_cast<uint32_t>(random.below(7)), false);
      const size_t at = random.below(2) == 0 ? random.below(496) : entry + random.below(36);
      const auto old = image.payload(block)[at];
      image.payload(block)[at] = static_cast<uint8_t>(
          random.below(2) == 0 ? random.next() : old + 1 - 2 * random.below(2));
      image.rehash(block);
    }
    const Verified result = verified(image.file());
    CHECK_FALSE(result.error.has_value());
    FileSource source(BlockIo(image.file(), 512), {kDictionaryTable, kDictionaryTable + 4},
                      block_types::kDictionaries);
    const auto blocks = dictionary_blocks(source, 256);
    ++(blocks ? taken : refused);
    if (!blocks) CHECK(blocks.error().code == ErrorCode::kDamaged);
    if (!blocks) CHECK(result.summary.errors > 0);
  }
  MESSAGE(taken, " tables taken, ", refused, " refused");
  CHECK(refused > kSeeds / 10);
  CHECK(taken > kSeeds / 10);
}
