#include <doctest/doctest.h>

#include <array>
#include <string>

#include "support/temporary_folder.h"
#include "vde/storage.h"

using namespace vde;

namespace {

// An empty file, removed with the test.
struct TemporaryFile {
  TemporaryFile() { test::write_file(path, ""); }
  test::TemporaryFolder folder;
  std::string path = folder / "file";
};

}  // namespace

TEST_CASE("what is written is read back, past the end is an error") {
  const TemporaryFile temporary;
  auto file = open_file(temporary.path, OpenMode::kReadWrite);
  REQUIRE(file.has_value());
  const std::array<uint8_t, 4> bytes = {1, 2, 3, 4};
  REQUIRE((*file)->write(1000, bytes).has_value());
  REQUIRE((*file)->sync().has_value());
  CHECK(*(*file)->size() == 1004);
  std::array<uint8_t, 4> back{};
  REQUIRE((*file)->read(1000, back).has_value());
  CHECK(back == bytes);
  CHECK((*file)->read(1001, back).error().code == ErrorCode::kIo);
}

TEST_CASE("a loaded mapping shows the bytes of a range, not of one past the end") {
  const TemporaryFile temporary;
  auto file = open_file(temporary.path, OpenMode::kReadWrite);
  REQUIRE(file.has_value());
  const std::array<uint8_t, 4> bytes = {1, 2, 3, 4};
  REQUIRE((*file)->write(5000, bytes).has_value());
  const auto mapping = (*file)->map_loaded({5001, 5004});
  REQUIRE(mapping != nullptr);
  CHECK(mapping->bytes().size() == 3);
  CHECK(mapping->bytes()[0] == 2);
  CHECK(mapping->bytes()[2] == 4);
  // Touching such a page would raise SIGBUS.
  CHECK((*file)->map_loaded({5000, 20'000}) == nullptr);
}

TEST_CASE("a hole is skipped") {
  const TemporaryFile temporary;
  auto file = open_file(temporary.path, OpenMode::kReadWrite);
  REQUIRE(file.has_value());
  REQUIRE((*file)->resize(64 << 20).has_value());
  const std::array<uint8_t, 1> byte = {1};
  REQUIRE((*file)->write(32 << 20, byte).has_value());
  const auto data = (*file)->next_data({0, 64 << 20});
  REQUIRE(data.has_value());
  CHECK(data->begin > 0);
  CHECK(data->begin <= 32 << 20);
  CHECK(data->end > 32 << 20);
  CHECK((*file)->next_data({data->end, 64 << 20})->empty());
}

TEST_CASE("readers share, a writer excludes, a lock is released with its handle") {
  const TemporaryFile temporary;
  using namespace std::chrono_literals;
  auto first = open_file(temporary.path, OpenMode::kReadWrite);
  auto second = open_file(temporary.path, OpenMode::kReadWrite);
  REQUIRE((*first)->lock(LockMode::kShared, 0ms).has_value());
  REQUIRE((*second)->lock(LockMode::kShared, 0ms).has_value());
  CHECK((*second)->lock(LockMode::kExclusive, 0ms).error().code == ErrorCode::kInUse);
  first->reset();
  CHECK((*second)->lock(LockMode::kExclusive, 0ms).has_value());
  auto third = open_file(temporary.path, OpenMode::kRead);
  CHECK((*third)->lock(LockMode::kShared, 50ms).error().code == ErrorCode::kInUse);
}

TEST_CASE("a file that cannot be an image is refused by its kind") {
  CHECK(open_file("/", OpenMode::kRead).error().message == "is a directory");
  CHECK(open_file("/dev/null", OpenMode::kRead).error().code == ErrorCode::kUnsupported);
  CHECK(open_file("/nonexistent", OpenMode::kRead).error().code == ErrorCode::kIo);
}
