#include "io/zeros.h"

#include <doctest/doctest.h>

#include "io/memory_file.h"
#include "support/files/sparse_file.h"

using namespace vde;
using namespace vde::test;

TEST_CASE("the first nonzero byte is found anywhere, but only within the range") {
  constexpr size_t kPiece = size_t{256} << 10;
  const std::vector<uint8_t> zeros(3 * kPiece + 1000);
  for (const size_t at : {size_t{100}, kPiece + 99, kPiece + 100, 3 * kPiece + 998}) {
    CAPTURE(at);
    std::vector<uint8_t> bytes = zeros;
    bytes[at] = 1;
    MemoryFile file(bytes);
    CHECK(*first_not_zero(file, {100, bytes.size() - 1}) == at);
    CHECK(*first_not_zero(file, {at, at + 1}) == at);
    CHECK_FALSE(first_not_zero(file, {100, at})->has_value());
    CHECK_FALSE(first_not_zero(file, {at + 1, bytes.size()})->has_value());
  }
  MemoryFile file(zeros);
  CHECK_FALSE(first_not_zero(file, {0, zeros.size()})->has_value());
  CHECK_FALSE(first_not_zero(file, {5, 5})->has_value());
  CHECK_FALSE(first_not_zero(file, {6, 5})->has_value());
}

TEST_CASE("holes are not read") {
  SparseFile file;
  constexpr uint64_t kEnd = uint64_t{1} << 50;
  REQUIRE(file.resize(kEnd).has_value());
  CHECK_FALSE(first_not_zero(file, {1, kEnd})->has_value());
  const uint8_t byte = 1;
  REQUIRE(file.write(kEnd - 10, {&byte, 1}).has_value());
  CHECK(*first_not_zero(file, {1, kEnd}) == kEnd - 10);
  CHECK_FALSE(first_not_zero(file, {kEnd - 9, kEnd})->has_value());
}
