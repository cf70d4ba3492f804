// The list of lost entries has a line for everything that a repair loses: its counts add up to what
// the steps lose (repair_and_back checks that), and each line says what is known.
#include <doctest/doctest.h>

#include <algorithm>

#include "damage/repair/evidence_image.h"
#include "format/region/packed_table.h"
#include "support/repair_image.h"

using namespace vde;
using namespace vde::test;

namespace {

template <class Test>
std::vector<LostLine> lines_where(const LostList& list, Test test) {
  std::vector<LostLine> found;
  std::ranges::copy_if(list.lines(), std::back_inserter(found), test);
  return found;
}

size_t tags_in(ImageBuilder& image, uint64_t leaf) {
  return must(decode_tag_node(image.payload(leaf))).entries.size();
}

}  // namespace

TEST_CASE("a block of another structure is listed with its entries, which count with it") {
  EvidenceImage image;
  uint64_t place = image.start("BMAP");
  uint64_t kept = 0;
  size_t entries = 0;
  LostKind kind = LostKind::kTag;
  SUBCASE("a leaf in the place of a bitmap block") {
    kept = leaf_of(image, 1);
    entries = tags_in(image, kept);
  }
  SUBCASE("snapshots in the place of the inode layout") {
    place = image.start("INOD");
    kept = image.start("SNAP") + 1;
    entries = 7;
    kind = LostKind::kSnapshot;
  }
  const Bytes payload = image.payload(kept);
  const std::vector<uint8_t> content(payload.begin(), payload.end());
  std::ranges::swap_ranges(image.block(place), image.block(kept));
  const Repaired repaired = repair_and_back(image);
  const auto blocks = lines_where(repaired.lost, [&](const LostLine& line) {
    return line.kind == LostKind::kOther && line.block == place;
  });
  REQUIRE(blocks.size() == 1);
  CHECK(blocks[0].count == 1);
  CHECK(blocks[0].bytes == content);
  const auto listed = lines_where(repaired.lost, [&](const LostLine& line) {
    return line.kind == kind && line.block == place;
  });
  CHECK(listed.size() == entries);
  for (const LostLine& line : listed) {
    CHECK(line.has_content);
    CHECK(line.count == 0);
  }
}

TEST_CASE("a leaf that the tree lost is listed by the number that the header gives") {
  EvidenceImage image;
  const uint64_t leaf = leaf_of(image, 1);
  const size_t tags = tags_in(image, leaf);
  image.wipe(leaf);
  const Repaired repaired = repair_and_back(image);
  CHECK(repaired.plan.lost.tags == tags);
  REQUIRE(repaired.lost.lines().size() == 1);
  CHECK(repaired.lost.lines()[0].kind == LostKind::kTag);
  CHECK(repaired.lost.lines()[0].count == tags);
}

TEST_CASE("what follows the first tag of a leaf that cannot be read is listed by number") {
  EvidenceImage image;
  const uint64_t leaf = leaf_of(image, 1);
  const size_t tags = tags_in(image, leaf);
  REQUIRE(tags > 4);
  // The key of the fourth tag.
  const Bytes payload = image.payload(leaf);
  const std::string key = must(decode_tag_node(payload)).entries[3].key;
  const auto at =
      std::search(payload.begin(), payload.end(), key.begin(), key.end()) - payload.begin();
  image.patch(leaf, static_cast<size_t>(at), std::string(2 * key.size(), '0'));
  const std::vector<uint8_t> damaged(payload.begin(), payload.end());
  const Repaired repaired = repair_and_back(image);
  CHECK(repaired.plan.lost.tags == tags);
  CHECK(lines_where(repaired.lost, [](const LostLine& line) { return !line.key.empty(); }).size() ==
        3);
  const LostLine& rest = repaired.lost.lines().back();
  CHECK(rest.block == leaf);
  CHECK(rest.bytes == damaged);
  CHECK(rest.count == tags - 3);
  CHECK(rest.reason == "besides the 3 that can be read, tags of the block cannot");
}

TEST_CASE("entries in several blocks that cannot be read are listed by block and by number") {
  EvidenceImage image;
  const uint64_t table = image.start("CODE");
  for (const uint64_t block : {table + 1, table + 2})
    image.patch(block, 0, std::string(2 * 496, 'f'));
  const Repaired repaired = repair_and_back(image);
  CHECK(repaired.plan.lost.modules > 6);
  for (const uint64_t block : {table + 1, table + 2})
    CHECK(lines_where(repaired.lost, [&](const LostLine& line) {
            return line.block == block && !line.count;
          }).size() == 1);
  CHECK(repaired.lost.lines().back().count == repaired.plan.lost.modules);
}

TEST_CASE("entries that the header counts and no block holds are listed by number") {
  EvidenceImage image;
  const uint64_t table = image.start("SNAP");
  edit(image, table, 0, kPackedTableHeaderLayout, [](PackedTableHeader& header) {
    header.count += 3;
  }).rehash(table);
  const Repaired repaired = repair_and_back(image);
  CHECK(repaired.plan.lost.snapshots == 3);
  REQUIRE(repaired.lost.lines().size() == 1);
  CHECK(repaired.lost.lines()[0].count == 3);
}
