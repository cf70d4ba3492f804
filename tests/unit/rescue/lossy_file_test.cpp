#include "rescue/lossy_file.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "io/memory_file.h"
#include "support/files/faulty_file.h"
#include "support/must.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr size_t kSector = LossyFile::kSector;

// Counts the reads that reach the file.
class CountedFile : public FaultyFile {
 public:
  using FaultyFile::FaultyFile;
  Result<void> read(uint64_t offset, MutableBytes out) override {
    ++reads;
    return FaultyFile::read(offset, out);
  }
  uint64_t reads = 0;
};

// Its reads fail, and not because of its sectors.
class GoneFile : public FaultyFile {
 public:
  using FaultyFile::FaultyFile;
  Result<void> check_reachable() override { return fail(ErrorCode::kIo, "gone"); }
};

}  // namespace

TEST_CASE("nothing is lost in a file that cannot be reached") {
  MemoryFile whole(std::vector<uint8_t>(8 * kSector, 7));
  GoneFile gone(whole, kSector, {2});
  LossyFile file(gone);
  std::vector<uint8_t> bytes(8 * kSector);
  const auto read = file.read(0, bytes);
  REQUIRE_FALSE(read);
  CHECK(read.error().message == "gone");
  CHECK(file.lost().empty());
}

TEST_CASE("sectors that cannot be read are filled, the others are read") {
  MemoryFile whole(std::vector<uint8_t>(16 * kSector, 7));
  FaultyFile faulty(whole, kSector, {3, 4, 9});
  LossyFile file(faulty);
  std::vector<uint8_t> bytes(16 * kSector);
  must(file.read(0, bytes));
  for (size_t sector = 0; sector < 16; ++sector) {
    CAPTURE(sector);
    const bool lost = sector == 3 || sector == 4 || sector == 9;
    const auto begin = bytes.begin() + static_cast<ptrdiff_t>(sector * kSector);
    CHECK(std::all_of(begin, begin + kSector,
                      [&](uint8_t byte) { return byte == (lost ? LossyFile::kLostByte : 7); }));
  }
  const std::vector<ByteRange> expected = {{3 * kSector, 5 * kSector}, {9 * kSector, 10 * kSector}};
  CHECK(file.lost() == expected);
}

TEST_CASE("a lost sector is tried once, whatever part of it is wanted") {
  MemoryFile whole(std::vector<uint8_t>(8 * kSector, 7));
  CountedFile faulty(whole, kSector, {2});
  LossyFile file(faulty);
  std::vector<uint8_t> some(10);
  must(file.read(2 * kSector + 100, some));
  const uint64_t reads = faulty.reads;
  must(file.read(2 * kSector, some));
  must(file.read(3 * kSector - 10, some));
  CHECK(faulty.reads == reads);
  CHECK(some == std::vector<uint8_t>(10, LossyFile::kLostByte));
}

TEST_CASE("nothing is written, and the end of the file is not a lost sector") {
  MemoryFile whole(std::vector<uint8_t>(1000, 7));
  LossyFile file(whole);
  std::vector<uint8_t> bytes(1000);
  must(file.read(0, bytes));
  CHECK_FALSE(file.read(1, bytes).has_value());
  CHECK(file.lost().empty());
  CHECK(file.write(0, bytes).error().code == ErrorCode::kUnsupported);
  CHECK(file.resize(1).error().code == ErrorCode::kUnsupported);
}
