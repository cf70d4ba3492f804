#include "io/posix/file_extents.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <array>
#include <string>

#include "io/file_descriptor.h"
#include "support/temporary_folder.h"

using namespace vde;

TEST_CASE("space that a file has is told from a hole") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "file";
  test::write_file(path, "");
  auto file = open_file(path, OpenMode::kReadWrite);
  REQUIRE(file.has_value());
  constexpr uint64_t kMiB = uint64_t{1} << 20;
  REQUIRE((*file)->resize(4 * kMiB).has_value());
  REQUIRE((*file)->allocate({kMiB, 2 * kMiB}).has_value());
  const FileDescriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));

  for (const ByteRange part : {ByteRange{0, kMiB}, ByteRange{kMiB - 1, kMiB + 1},
                               ByteRange{kMiB, 2 * kMiB + 1}, ByteRange{0, 4 * kMiB}})
    CHECK_FALSE(has_space(fd.get(), part));
  if (!has_space(fd.get(), {kMiB, 2 * kMiB})) {
    MESSAGE("this file system does not tell");
    return;
  }
  CHECK(has_space(fd.get(), {kMiB + 5000, kMiB + 5001}));
  // Bytes that were written there have it, too.
  REQUIRE((*file)->write(kMiB + 4096, std::array<uint8_t, 3>{1, 2, 3}).has_value());
  REQUIRE((*file)->sync().has_value());
  CHECK(has_space(fd.get(), {kMiB, 2 * kMiB}));
}
