// Sets of inodes are merged as std::set would combine them.
#include "query/inode_stream.h"

#include <doctest/doctest.h>

#include <iterator>
#include <set>

#include "support/effort.h"
#include "support/must.h"
#include "support/random.h"
#include "unit/query/query_images.h"

using namespace vde;
using namespace vde::test;

namespace {

using Inodes = std::set<int64_t>;

InodeStreamPtr stream_of(const Inodes& inodes) {
  return inodes_of(std::make_shared<std::vector<int64_t>>(inodes.begin(), inodes.end()));
}

std::vector<int64_t> list(const Inodes& inodes) {
  return {inodes.begin(), inodes.end()};
}

// Dense and sparse sets, and the largest and smallest inodes.
Inodes random_set(Random& random) {
  Inodes inodes;
  const uint64_t range = uint64_t{1} << random.below(14);
  for (uint64_t count = random.below(3000); count > 0; --count)
    inodes.insert(static_cast<int64_t>(random.below(range)) - 20);
  if (random.below(4) == 0) inodes.insert(INT64_MAX);
  if (random.below(4) == 0) inodes.insert(INT64_MIN);
  return inodes;
}

Inodes in_all(const std::vector<Inodes>& sets) {
  Inodes result = sets.front();
  for (const Inodes& set : sets)
    std::erase_if(result, [&](int64_t inode) { return !set.contains(inode); });
  return result;
}

}  // namespace

TEST_CASE("intersections, unions and differences of random sets") {
  Random random(1);
  for (uint64_t run = scaled(100); run > 0; --run) {
    std::vector<Inodes> sets;
    for (uint64_t count = 1 + random.below(5); count > 0; --count)
      sets.push_back(random_set(random));
    const auto streams = [&] {
      std::vector<InodeStreamPtr> result;
      for (const Inodes& set : sets) result.push_back(stream_of(set));
      return result;
    };
    CHECK(inodes_in(*intersection_of(streams())) == list(in_all(sets)));
    Inodes any;
    for (const Inodes& set : sets) any.insert(set.begin(), set.end());
    CHECK(inodes_in(*union_of(streams())) == list(any));
    Inodes left = sets.front();
    for (const int64_t inode : sets.back()) left.erase(inode);
    CHECK(inodes_in(*difference_of(stream_of(sets.front()), stream_of(sets.back()))) == list(left));
  }
}

TEST_CASE("move_to stops at the first inode that is not less") {
  Random random(2);
  for (uint64_t run = scaled(100); run > 0; --run) {
    const Inodes a = random_set(random);
    const Inodes b = random_set(random);
    Inodes any = a;
    any.insert(b.begin(), b.end());
    std::vector<InodeStreamPtr> both;
    both.push_back(stream_of(a));
    both.push_back(stream_of(b));
    const InodeStreamPtr stream = union_of(std::move(both));
    must(stream->start());
    for (int64_t least = -20; least < 20'000;
         least += static_cast<int64_t>(1 + random.below(600))) {
      must(stream->move_to(least));
      const auto expected = any.lower_bound(least);
      REQUIRE(stream->has_inode() == (expected != any.end()));
      if (expected != any.end()) CHECK(stream->inode() == *expected);
    }
    must(stream->move_to(INT64_MAX));
    CHECK(stream->has_inode() == any.contains(INT64_MAX));
  }
}

TEST_CASE("the set without inodes ends at once") {
  CHECK(inodes_in(*no_inodes()).empty());
  CHECK(inodes_in(*difference_of(stream_of({1, 2}), no_inodes())) == std::vector<int64_t>{1, 2});
}
