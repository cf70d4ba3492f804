#include "check/passes/tag_filter_check.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "format/tag/tag_filter.h"
#include "io/memory_file.h"

using namespace vde;

namespace {

constexpr uint32_t kBlockSize = 4096;
constexpr uint32_t kStart = 2;  // of the filter, in the region, which is the whole file
// The last block has one line.
constexpr uint32_t kLines = 62 * 40 + 1;

// A filter, and how many of the keys it misses, by block.
struct Filter {
  MemoryFile file;
  BlockRange region{0, kStart + 41};
  std::vector<uint64_t> hashes;
  std::map<uint64_t, uint64_t> missing;

  // Of `keys` keys every hundredth is not inserted.
  explicit Filter(size_t keys) {
    REQUIRE(tag_lines_per_block(kBlockSize) == 62);
    std::mt19937_64 random(7);
    std::vector<uint8_t> lines(size_t{kLines} * kTagLineSize);
    const auto line_of = [&](uint64_t hash) {
      return MutableBytes(lines).subspan(tag_line_of(hash, kLines) * kTagLineSize, kTagLineSize);
    };
    for (size_t i = 0; i < keys; ++i) {
      hashes.push_back(random());
      if (i % 100 != 0) tag_line_insert(line_of(hashes.back()), hashes.back());
    }
    for (const uint64_t hash : hashes)
      if (!tag_line_may_contain(line_of(hash), hash))
        ++missing[kStart + tag_line_of(hash, kLines) / 62];
    std::vector<uint8_t> bytes(region.count() * kBlockSize);
    for (uint32_t line = 0; line < kLines; ++line)
      std::copy_n(lines.begin() + static_cast<ptrdiff_t>(line * kTagLineSize), kTagLineSize,
                  bytes.begin() + static_cast<ptrdiff_t>((kStart + line / 62) * kBlockSize +
                                                         tag_line_offset(line % 62)));
    for (uint64_t number = kStart; number < region.count(); ++number)
      write_trailer(MutableBytes(bytes).subspan(number * kBlockSize, kBlockSize),
                    block_types::kTagIndex, 1);
    file.bytes() = std::move(bytes);
  }

  TagFilterCheck check() {
    TagExtension extension;
    extension.filter_start = kStart;
    extension.filter_lines = kLines;
    return {BlockIo(file, kBlockSize), region, extension};
  }

  // After all keys.
  TagFilterCheck checked(bool in_memory) {
    TagFilterCheck all = check();
    if (in_memory) all.load();
    for (const uint64_t hash : hashes) all.add(hash);
    all.finish();
    return all;
  }
};

}  // namespace

TEST_CASE("the keys that a filter misses are counted by block, once each") {
  Filter filter(200'000);
  REQUIRE(filter.missing.size() > 30);
  for (const bool in_memory : {false, true}) {
    CAPTURE(in_memory);
    TagFilterCheck check = filter.checked(in_memory);
    CHECK(check.misses() == filter.missing);
    CHECK(check.unwritten().empty());
    check.finish();
    CHECK(check.misses() == filter.missing);
  }
}

TEST_CASE("copies of a loaded filter count their own keys") {
  Filter filter(50'000);
  TagFilterCheck first = filter.check();
  first.load();
  TagFilterCheck second = first;
  for (size_t i = 0; i < filter.hashes.size(); ++i)
    (i % 3 == 0 ? first : second).add(filter.hashes[i]);
  first.finish();
  second.finish();
  std::map<uint64_t, uint64_t> both = first.misses();
  for (const auto& [number, keys] : second.misses()) both[number] += keys;
  CHECK(both == filter.missing);
}

TEST_CASE("of a filter block, a damaged one misses nothing, and an unwritten one is named") {
  Filter filter(50'000);
  std::vector<uint8_t>& bytes = filter.file.bytes();
  bytes[(kStart + 3) * kBlockSize + 100] ^= 1;
  std::fill_n(bytes.begin() + (kStart + 5) * kBlockSize, kBlockSize, uint8_t{0});
  filter.missing.erase(kStart + 3);
  filter.missing.erase(kStart + 5);
  for (const bool in_memory : {false, true}) {
    CAPTURE(in_memory);
    TagFilterCheck check = filter.checked(in_memory);
    CHECK(check.misses() == filter.missing);
    CHECK(check.unwritten() == std::set<uint64_t>{kStart + 5});
  }
}
