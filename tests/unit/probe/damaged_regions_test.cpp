// Places of regions that the blocks show although single blocks are damaged, misplaced or mistyped.
#include <doctest/doctest.h>

#include <algorithm>

#include "format/region/wal_header.h"
#include "format/tag/tag_index.h"
#include "probe/slot_guess.h"
#include "support/image_builder.h"
#include "support/must.h"
#include "support/session.h"

using namespace vde;
using namespace vde::test;

namespace {

// The place of the region with this type, as the blocks show it.
BlockRange guessed_place(ImageBuilder& image, std::string_view tag) {
  Activity activity;
  const BlockIo io(image.file(), image.block_size());
  const uint64_t blocks = must(io.blocks_in_file());
  const BlockRuns runs = must(find_block_runs(io, blocks, activity));
  for (const RegionSlot& slot : must(guess_slots(io, runs, blocks, activity)))
    if (slot.type == make_block_type(tag))
      return {static_cast<uint64_t>(slot.start), static_cast<uint64_t>(slot.start + slot.count)};
  return {};
}

// A tree of several leaves in blocks of 512 bytes.
class LeafyImage : public ImageBuilder {
 public:
  LeafyImage() : ImageBuilder({512, 1024, "tags,snapshot,compute"}) {
    const auto writer = must(TagWriter::open(file(), kSomeOptions));
    for (int64_t i = 0; i < 60; ++i)
      must(writer->set({"key" + std::to_string(100 + i), "v", i, 0}));
    must(writer->commit());
    must(writer->close());
  }
};

void write_leaf(ImageBuilder& image, uint64_t number, std::string_view key) {
  TagNode leaf;
  leaf.entries.push_back({std::string(key), "asc", 0, 0});
  image.write(number, "TAGI", "");
  must(encode_tag_node(leaf, image.payload(number)));
  image.rehash(number);
}

}  // namespace

TEST_CASE("the nodes of a query index are not those of the tag index") {
  ImageBuilder image;
  const uint64_t tags = image.start("TAGI");
  std::ranges::copy(image.block(tags), image.block(200).begin());
  for (uint64_t block = 201; block < 212; ++block) write_leaf(image, block, "idx:name");
  CHECK(guessed_place(image, "TAGI").begin == tags);
  CHECK(guessed_place(image, "BTRE").begin == 200);
  // Nor if the tag index has lost its header.
  image.wipe(tags);
  CHECK(guessed_place(image, "TAGI").begin == tags);
  write_leaf(image, 211, "name");
  CHECK(guessed_place(image, "TAGI").begin == 200);
}

TEST_CASE("the nodes of a tag index show where it begins, whatever is in its first block") {
  LeafyImage image;
  const uint64_t tags = image.start("TAGI");
  REQUIRE(guessed_place(image, "TAGI").begin == tags);
  SUBCASE("damage") {
    image.flip(tags, 100);
  }
  SUBCASE("nothing") {
    image.wipe(tags);
  }
  SUBCASE("a block of the region before it") {
    image.set_tag(tags, "MWAL");
  }
  SUBCASE("one of its own nodes") {
    std::ranges::copy(image.block(tags + 1), image.block(tags).begin());
  }
  SUBCASE("damage, and the root too") {
    image.flip(tags, 100);
    image.flip(tags + 1, 100);
  }
  CHECK(guessed_place(image, "TAGI").begin == tags);
}

TEST_CASE("a single block of a wrong type is no region") {
  ImageBuilder image;
  const uint64_t code = image.start("CODE");
  image.write(10, "CODE", "").set_generation(10, 9);
  CHECK(guessed_place(image, "CODE").begin == code);
  CHECK(guessed_place(image, "BMAP").begin == 10);
}

TEST_CASE("where two types alternate, the second region begins with the first of its blocks") {
  ImageBuilder image;
  const uint64_t tracks = image.start("MTRK");
  const uint64_t snapshots = image.start("SNAP");
  REQUIRE(tracks + 4 == snapshots);
  image.set_tag(snapshots + 1, "MTRK");
  CHECK(guessed_place(image, "SNAP").begin == snapshots);
}

TEST_CASE("several neighbours of another type end a region") {
  LeafyImage image;
  const BlockRange place = guessed_place(image, "TAGI");
  // Old nodes after two blocks of data.
  uint64_t end = place.begin;
  while (image.trailer(end).type == block_types::kTagIndex) ++end;
  image.write(end, "DATA", "01").write(end + 1, "DATA", "01");
  for (uint64_t block = end + 2; block < end + 6; ++block) write_leaf(image, block, "old");
  CHECK(guessed_place(image, "TAGI").end <= end);
}

TEST_CASE("a table begins at its header, not at a stray block before a gap") {
  ImageBuilder image({4096, 1024, kAllModules});
  const BlockRange place = guessed_place(image, "CODE");
  image.write(place.begin, "CODE", "02").clear_payload(place.begin);
  image.payload(place.begin)[0] = 1;
  image.rehash(place.begin);
  // A leaf of the region before it, with the type of this one.
  image.write(place.begin - 2, "CODE", "0101000000010203");
  CHECK(guessed_place(image, "CODE").begin == place.begin);
}

TEST_CASE("a journal whose first block lies in the place of its last one is found") {
  ImageBuilder image;
  const BlockRange place = guessed_place(image, "MWAL");
  REQUIRE(place.count() == 64);
  std::ranges::swap_ranges(image.block(place.begin), image.block(place.end - 1));
  // The SDK writes no other block of it. Other regions follow.
  for (uint64_t block = place.begin; block < place.end - 1; ++block) image.wipe(block);
  image.write(place.end + 2, "TAGI", "").write(place.end + 3, "TAGI", "");
  CHECK(guessed_place(image, "MWAL") == place);
}

TEST_CASE("the first block of a journal among those of another region has no journal") {
  ImageBuilder image({4096, 1024, kAllModules});
  const BlockRange place = guessed_place(image, "SNAP");
  REQUIRE(place.count() >= 4);
  std::ranges::swap_ranges(image.block(image.start("MWAL")), image.block(place.begin + 2));
  CHECK(guessed_place(image, "SNAP") == place);
}

TEST_CASE("a region goes on after copies of its blocks at the end of the journal") {
  LeafyImage image;
  const BlockRange place = guessed_place(image, "TAGI");
  const uint64_t last = image.start("TAGI") - 1;
  REQUIRE(image.trailer(last).type == block_types::kMetadataWal);
  for (uint64_t block = last - 2; block <= last; ++block)
    std::ranges::copy(image.block(place.begin + 2), image.block(block).begin());
  CHECK(guessed_place(image, "TAGI") == place);
}

TEST_CASE("a tag index has room for its root if the region after it is damaged") {
  ImageBuilder image({4096, 6400, "tags,snapshot,compute"});
  const BlockRange place = guessed_place(image, "TAGI");
  REQUIRE(place.count() == 64);
  image.flip(place.begin + 1, 100);
  const BlockRange code = guessed_place(image, "CODE");
  for (uint64_t block = code.begin; block < code.end; ++block)
    if (block == code.begin)
      image.flip(block, 100);
    else
      image.wipe(block);
  CHECK(guessed_place(image, "TAGI").begin == place.begin);
  CHECK(guessed_place(image, "TAGI").count() > 1);
  CHECK(guessed_place(image, "TAGI").end <= code.begin);
}

TEST_CASE("a journal whose header lies among its records begins before the first record") {
  LeafyImage image;
  const BlockRange place = guessed_place(image, "MWAL");
  std::ranges::swap_ranges(image.block(place.begin), image.block(place.begin + 9));
  SUBCASE("with its last block") {}
  SUBCASE("without its last block") {
    image.wipe(place.end - 1);
  }
  CHECK(guessed_place(image, "MWAL") == place);
  CHECK(guessed_place(image, "TAGI").begin == image.start("TAGI"));
}

TEST_CASE("a table whose first valid block cannot be its first one begins before that") {
  ImageBuilder image({512, 1024, "tags,snapshot,compute"});
  for (int i = 0; i < 30; ++i)
    (void)must(
        create_snapshot(image.file(), {.label = "name", .reproducible = true}, kSomeOptions));
  const BlockRange place = guessed_place(image, "SNAP");
  REQUIRE(place.begin == image.start("SNAP"));
  // With the type of the table before it, whose last block it seems to be.
  image.set_tag(place.begin, "CODE");
  CHECK(guessed_place(image, "SNAP") == place);
}

TEST_CASE("a first record in the first block of regions does not show a journal before it") {
  ImageBuilder image({4096, 1024, kAllModules});
  must(set_label(image.file(), "recorded", kSomeOptions));
  const uint64_t journal = image.start("MWAL");
  std::ranges::copy(image.block(journal + 1), image.block(kFirstRegionBlock).begin());
  image.wipe(journal);
  CHECK(guessed_place(image, "MWAL").begin == journal);
}
