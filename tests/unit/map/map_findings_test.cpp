#include <doctest/doctest.h>

#include <algorithm>

#include "support/random.h"
#include "vde/map.h"

using namespace vde;
using namespace vde::test;

namespace {

Finding finding(std::string_view code, std::optional<uint64_t> block, std::string region = {}) {
  Finding result{find_finding_kind(code), block, std::move(region), {}, {}};
  REQUIRE(result.kind != nullptr);
  return result;
}

bool has_place(const MapFindings& found, uint64_t block) {
  return std::any_of(found.places().begin(), found.places().end(),
                     [&](const auto& place) { return place.blocks.contains(block); });
}

}  // namespace

TEST_CASE("neighbouring blocks with one code are one place") {
  MapFindings found;
  for (uint64_t block = 5; block < 9; ++block) found.add(finding("BLCK-001", block));
  found.add(finding("BLCK-002", 9));
  REQUIRE(found.places().size() == 2);
  CHECK(found.places()[0].blocks == BlockRange{5, 9});
  CHECK(found.places()[1].blocks == BlockRange{9, 10});
}

TEST_CASE("findings are counted by region, also those that name no block; notes have no place") {
  MapFindings found;
  found.add(finding("BMAP-004", {}, "SUPB"));
  found.add(finding("BLCK-001", 11, "INOD"));
  found.add(finding("BLCK-005", 12, "INOD"));
  found.add(finding("BLCK-008", 13, "INOD"));
  CHECK(found.of_region("SUPB").errors == 1);
  CHECK(found.of_region("INOD").errors == 1);
  CHECK(found.of_region("INOD").warnings == 1);
  CHECK(found.of_region("TAGI").errors == 0);
  CHECK_FALSE(has_place(found, 13));
  CHECK(found.places().size() == 2);
}

TEST_CASE("a million separate places take bounded memory, and none of them is forgotten") {
  MapFindings found;
  std::vector<uint64_t> blocks;
  Random random(3);
  for (int i = 0; i < 1'000'000; ++i) {
    blocks.push_back(static_cast<uint64_t>(i) * 40 + random.below(20));
    found.add(finding("BLCK-001", blocks.back()));
  }
  CHECK(found.granularity() > 1);
  CHECK(found.granularity() <= 512);
  CHECK(found.places().size() <= size_t{1} << 18);
  for (const uint64_t block : {blocks.front(), blocks[333'333], blocks.back()})
    CHECK(has_place(found, block));
  CHECK_FALSE(has_place(found, blocks.back() + 2 * found.granularity()));
}
