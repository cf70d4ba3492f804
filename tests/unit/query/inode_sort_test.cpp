// Inodes are sorted, without duplicates, in memory and with runs in files.
#include "query/inode_sort.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>

#include "support/effort.h"
#include "support/must.h"
#include "support/random.h"
#include "support/temporary_folder.h"
#include "unit/query/query_images.h"

using namespace vde;
using namespace vde::test;

TEST_CASE("any number of inodes, any memory") {
  const TemporaryFolder folder;
  const Activity activity;
  Random random(1);
  for (const uint64_t memory :
       {uint64_t{1}, uint64_t{1} << 10, uint64_t{20} << 10, uint64_t{1} << 20})
    for (const uint64_t count : {0U, 1U, 2U, 100U, 5000U, 30'000U}) {
      CAPTURE(memory);
      CAPTURE(count);
      if (memory == 1 && count > 5000) continue;
      InodeSort sort(memory, folder.path(), activity);
      for (int round = 0; round < 2; ++round) {
        std::set<int64_t> expected;
        for (uint64_t i = 0; i < count; ++i) {
          const auto inode =
              static_cast<int64_t>(random.below(2) == 0 ? random.next() : random.below(2000));
          expected.insert(inode);
          must(sort.add(inode));
        }
        const InodeStreamPtr stream = must(sort.sorted());
        CHECK(inodes_in(*stream) == std::vector<int64_t>(expected.begin(), expected.end()));
        sort.clear();
      }
    }
  // The files have no names.
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("duplicates do not fill the memory") {
  const Activity activity;
  // With a folder that does not exist, a file would be an error.
  InodeSort sort(uint64_t{1} << 10, "/does/not/exist", activity);
  for (int64_t i = 0; i < 100'000; ++i) must(sort.add(i % 50));
  CHECK(inodes_in(*must(sort.sorted())).size() == 50);
}

TEST_CASE("a folder that does not exist is an error when memory is full") {
  const Activity activity;
  InodeSort sort(uint64_t{1} << 10, "/does/not/exist", activity);
  Result<void> added;
  for (int64_t i = 0; i < 200 && added; ++i) added = sort.add(i);
  REQUIRE_FALSE(added.has_value());
  CHECK(added.error().code == ErrorCode::kIo);
}

TEST_CASE("sorting stops when it is told to") {
  const TemporaryFolder folder;
  Activity activity;
  InodeSort sort(uint64_t{1} << 10, folder.path(), activity);
  for (int64_t i = 0; i < 1000; ++i) must(sort.add(i * 7 % 1000));
  const InodeStreamPtr stream = must(sort.sorted());
  activity.stop = true;
  const auto started = stream->start();
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error().code == ErrorCode::kInterrupted);
}

TEST_CASE("sets that do not fit the memory are kept in a file") {
  const TemporaryFolder folder;
  const Activity activity;
  InodeSets sets(8000, folder.path(), activity);
  std::vector<InodeSet> kept;
  for (int64_t set = 0; set < 5; ++set) {
    auto inodes = std::make_shared<std::vector<int64_t>>();
    for (int64_t i = 0; i < 600; ++i) inodes->push_back(i * 5 + set);
    const InodeStreamPtr stream = inodes_of(inodes);
    kept.push_back(must(sets.keep(*stream)));
  }
  CHECK(kept[0].kept != nullptr);
  CHECK(kept[1].kept == nullptr);
  for (int64_t set = 0; set < 5; ++set)
    for (int twice = 0; twice < 2; ++twice) {
      const std::vector<int64_t> all = inodes_in(*sets.open(kept[static_cast<size_t>(set)]));
      REQUIRE(all.size() == 600);
      CHECK(all[7] == 35 + set);
    }
}
