#include "region/extent_choice.h"

#include <doctest/doctest.h>

#include "support/random.h"

using namespace vde;
using namespace vde::test;

namespace {

SizedExtent extent(uint64_t begin, uint64_t end, uint64_t size = 1) {
  return {{begin, end}, size};
}

}  // namespace

TEST_CASE("extents without common blocks are all chosen, repeated ones once") {
  const ExtentChoice choice({extent(10, 20), extent(0, 10), extent(10, 20), extent(20, 21)});
  CHECK(choice.chosen() == std::vector{extent(0, 10), extent(10, 20), extent(20, 21)});
  CHECK(choice.find(extent(10, 20)) == 1);
  CHECK_FALSE(choice.find(extent(10, 19)).has_value());
}

TEST_CASE("two extents may share blocks, a third one is left out") {
  const ExtentChoice pair({extent(0, 10), extent(5, 15), extent(10, 20)});
  CHECK(pair.chosen().size() == 3);
  const ExtentChoice triple({extent(0, 10), extent(1, 9), extent(2, 8), extent(9, 12)});
  CHECK(triple.chosen() == std::vector{extent(0, 10), extent(1, 9), extent(9, 12)});
  // Other sizes in the same blocks are other bytes.
  const ExtentChoice sizes({extent(0, 1, 5), extent(0, 1, 6), extent(0, 1, 7)});
  CHECK(sizes.chosen().size() == 2);
}

TEST_CASE("no block is in more than two of the chosen extents") {
  Random random(1);
  for (int i = 0; i < 200; ++i) {
    std::vector<SizedExtent> extents;
    for (uint64_t count = random.below(40); count > 0; --count) {
      const uint64_t begin = random.below(50);
      extents.push_back(extent(begin, begin + 1 + random.below(20), random.below(3)));
    }
    std::vector<int> uses(80);
    const ExtentChoice choice(extents);
    for (const SizedExtent& chosen : choice.chosen())
      for (uint64_t block = chosen.blocks.begin; block < chosen.blocks.end; ++block) ++uses[block];
    for (const int use : uses) CHECK(use <= 2);
  }
}
