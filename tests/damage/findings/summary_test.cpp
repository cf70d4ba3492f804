// The summary of a verification: intact structures, skipped checks, number of blocks.
#include <doctest/doctest.h>

#include <algorithm>

#include "damage/recipes/recipes.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

using Words = std::vector<std::string>;

const Words kAll = {"primary group", "mirror group", "region directory",
                    "BMAP",          "INOD",         "MWAL",
                    "TAGI",          "CODE",         "MTRK",
                    "SNAP",          "DATA"};

Words without(const Words& gone) {
  Words left;
  for (const std::string& word : kAll)
    if (std::find(gone.begin(), gone.end(), word) == gone.end()) left.push_back(word);
  return left;
}

}  // namespace

TEST_CASE("everything in a clean image is intact, and fixed blocks count as checked") {
  ImageBuilder image;
  CHECK(verified(image.file()).summary.intact == kAll);
  CHECK(verified(image.file()).summary.not_checked.empty());
  // Ten fixed blocks, bitmap, inode layout, journal header.
  ImageBuilder bare({4096, 256, "none"});
  CHECK(verified(bare.file()).summary.blocks_checked == 13);
}

TEST_CASE("structures with errors are not intact, the others are") {
  struct Case {
    void (*damage)(ImageBuilder&);
    Words gone;
  };
  for (const Case& damaged : {
           Case{[](ImageBuilder& image) { image.flip(77, 0); }, {"TAGI"}},
           Case{[](ImageBuilder& image) { image.flip(0, 0); }, {"primary group"}},
           Case{[](ImageBuilder& image) { image.flip(6, 0); }, {"mirror group"}},
           Case{[](ImageBuilder& image) { image.flip(9, 0); }, {"region directory"}},
           // Then it is unknown which data blocks are allocated.
           Case{[](ImageBuilder& image) { image.flip(10, 20); }, {"BMAP", "DATA"}},
           Case{[](ImageBuilder& image) { image.data_block(200, 1).flip(200, 0); }, {"DATA"}},
           // Both groups have the same error.
           Case{[](ImageBuilder& image) {
                  image.superblock([](Superblock& superblock) { --superblock.free_blocks; });
                },
                {"primary group", "mirror group"}},
           // A truncated file.
           Case{[](ImageBuilder& image) { image.bytes().resize(90 * 4096); }, {"SNAP", "DATA"}},
       }) {
    ImageBuilder image;
    damaged.damage(image);
    CHECK(verified(image.file()).summary.intact == without(damaged.gone));
  }
}

TEST_CASE("two regions that overlap are both not intact") {
  ImageBuilder image;
  image.slot(image.slot_of("TAGI"), [](RegionSlot& slot) { slot.count = 6; });
  CHECK(verified(image.file()).summary.intact == without({"TAGI", "CODE"}));
}

TEST_CASE("the metadata scope lists what it skips, and does not report it as intact") {
  ImageBuilder image;
  const Verified result = verified(image.file(), {VerifyScope::kMetadata, 1});
  CHECK(result.summary.not_checked == Words{"data blocks"});
  CHECK(result.summary.intact == without({"DATA"}));
}
