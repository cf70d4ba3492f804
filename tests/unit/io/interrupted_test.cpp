// System calls that are interrupted by a signal, or do only a part of the work. The linker inserts
// these before the real ones (--wrap), because a signal cannot be sent at exactly the right moment.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <numeric>
#include <vector>

#include "vde/input.h"
#include "vde/storage.h"

using namespace vde;

namespace {

// The behavior of the calls.
struct Weather {
  bool rough = false;  // every other call is interrupted, the others do a third of the work
  bool sync_fails = false;
  int direct_error = 0;  // of writes past the page cache; 0: they work
  unsigned calls = 0;
  unsigned interrupted = 0;
  unsigned syncs = 0;
  unsigned directs = 0;  // writes past the page cache
  unsigned waits = 0;
  unsigned interrupted_waits = 0;  // how many of the next waits for input are
  Activity* stops = nullptr;       // set to stop by the last of those
};
Weather weather;

bool interrupts() {
  if (!weather.rough || ++weather.calls % 2 == 0) return false;
  ++weather.interrupted;
  errno = EINTR;
  return true;
}

size_t part_of(size_t count) {
  return weather.rough ? (count + 2) / 3 : count;
}

}  // namespace

extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier): the linker's names
ssize_t __real_pread(int fd, void* bytes, size_t count, off_t offset);
ssize_t __real_pwrite(int fd, const void* bytes, size_t count, off_t offset);
int __real_ftruncate(int fd, off_t size);
int __real_fallocate(int fd, int mode, off_t offset, off_t length);
int __real_fdatasync(int fd);
int __real_poll(pollfd* files, nfds_t count, int timeout);

ssize_t __wrap_pread(int fd, void* bytes, size_t count, off_t offset) {
  return interrupts() ? -1 : __real_pread(fd, bytes, part_of(count), offset);
}
ssize_t __wrap_pwrite(int fd, const void* bytes, size_t count, off_t offset) {
  if ((fcntl(fd, F_GETFL) & O_DIRECT) != 0) {
    ++weather.directs;
    if (weather.direct_error != 0) {
      errno = weather.direct_error;
      return -1;
    }
  }
  return interrupts() ? -1 : __real_pwrite(fd, bytes, part_of(count), offset);
}
int __wrap_ftruncate(int fd, off_t size) {
  return interrupts() ? -1 : __real_ftruncate(fd, size);
}
int __wrap_fallocate(int fd, int mode, off_t offset, off_t length) {
  return interrupts() ? -1 : __real_fallocate(fd, mode, offset, length);
}
int __wrap_fdatasync(int fd) {
  ++weather.syncs;
  if (!weather.sync_fails) return __real_fdatasync(fd);
  errno = EIO;
  return -1;
}
int __wrap_poll(pollfd* files, nfds_t count, int timeout) {
  ++weather.waits;
  if (weather.interrupted_waits == 0) return __real_poll(files, count, timeout);
  if (--weather.interrupted_waits == 0 && weather.stops != nullptr) weather.stops->stop = true;
  errno = EINTR;
  return -1;
}
// NOLINTEND(bugprone-reserved-identifier)
}

namespace {

// A file in the temporary directory, removed with the test.
struct OpenFile {
  OpenFile() {
    std::string name = std::filesystem::temp_directory_path() / "vde-io-XXXXXX";
    const int fd = mkstemp(name.data());
    REQUIRE(fd >= 0);
    close(fd);
    path = name;
    file = std::move(*open_file(path, OpenMode::kReadWrite));
    weather = {};
  }
  ~OpenFile() {
    weather = {};
    std::filesystem::remove(path);
  }
  std::string path;
  std::unique_ptr<BlockFile> file;
};

}  // namespace

TEST_CASE("interrupted and short calls continue until everything is done") {
  const OpenFile opened;
  BlockFile& file = *opened.file;
  std::vector<uint8_t> bytes(10'000);
  std::iota(bytes.begin(), bytes.end(), uint8_t{1});
  weather.rough = true;
  CHECK(file.resize(20'000).has_value());
  CHECK(file.allocate({0, 20'000}).has_value());
  CHECK(file.write(5'000, bytes).has_value());
  CHECK(file.zero({6'000, 7'000}).has_value());
  CHECK(file.sync().has_value());
  std::vector<uint8_t> back(20'000);
  CHECK(file.read(0, back).has_value());
  CHECK(weather.interrupted > 20);

  std::vector<uint8_t> expected(20'000);
  std::copy(bytes.begin(), bytes.end(), expected.begin() + 5'000);
  std::fill(expected.begin() + 6'000, expected.begin() + 7'000, uint8_t{0});
  CHECK(back == expected);
}

namespace {

// Writes a page durably at `offset`, and returns the result.
Result<void> write_page(BlockFile& file, uint64_t offset, uint8_t value) {
  return file.write_through(offset, std::vector<uint8_t>(4096, value));
}

uint8_t byte_at(BlockFile& file, uint64_t offset) {
  uint8_t byte = 0;
  CHECK(file.read(offset, {&byte, 1}).has_value());
  return byte;
}

}  // namespace

TEST_CASE("a durable write needs no sync, unless other writes are unsynced") {
  const OpenFile opened;
  BlockFile& file = *opened.file;
  REQUIRE(file.write(0, std::vector<uint8_t>(8192, 1)).has_value());
  REQUIRE(write_page(file, 4096, 2).has_value());
  CHECK(weather.syncs == 1);
  CHECK(weather.directs == 0);

  CHECK(byte_at(file, 4096) == 2);
  REQUIRE(write_page(file, 4096, 3).has_value());
  CHECK(byte_at(file, 4096) == 3);
  // Either way: not every file system supports writes that bypass its cache.
  CHECK(weather.syncs - 1 + weather.directs == 1);

  const unsigned syncs = weather.syncs;
  REQUIRE(file.write(0, std::vector<uint8_t>(1, 4)).has_value());
  REQUIRE(write_page(file, 4096, 5).has_value());
  CHECK(weather.syncs == syncs + 1);
  REQUIRE(file.write_through(100, std::vector<uint8_t>(10, 6)).has_value());
  CHECK(weather.syncs == syncs + 2);
  CHECK(byte_at(file, 109) == 6);
}

TEST_CASE("if no write can bypass the page cache, write and sync make it durable") {
  const OpenFile opened;
  BlockFile& file = *opened.file;
  REQUIRE(write_page(file, 0, 1).has_value());
  SUBCASE("the file system refuses") {
    weather.direct_error = EINVAL;
  }
  SUBCASE("only a part is written") {
    weather.rough = true;
  }
  for (uint8_t value = 2; value < 5; ++value) {
    CHECK(write_page(file, 0, value).has_value());
    CHECK(byte_at(file, 4095) == value);
    CHECK(weather.syncs == value);
  }
  CHECK(weather.directs <= 2);  // not retried on failure, and once if interrupted
}

TEST_CASE("after a failed durable write nothing is written") {
  const OpenFile opened;
  BlockFile& file = *opened.file;
  REQUIRE(write_page(file, 0, 1).has_value());
  weather.direct_error = EIO;
  weather.sync_fails = true;
  const auto failed = write_page(file, 0, 2);
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().code == ErrorCode::kIo);
  CHECK(failed.error().hint == "the state on disk is unknown; run 'vdetool verify IMAGE'");
  weather = {};
  CHECK_FALSE(write_page(file, 0, 3).has_value());
  CHECK_FALSE(file.write(0, std::vector<uint8_t>(1)).has_value());
  CHECK(weather.syncs + weather.directs == 0);
}

TEST_CASE("a failed sync is not retried, and nothing is written after it") {
  const OpenFile opened;
  BlockFile& file = *opened.file;
  const std::vector<uint8_t> bytes(100, 7);
  REQUIRE(file.write(0, bytes).has_value());
  weather.sync_fails = true;
  const auto failed = file.sync();
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().code == ErrorCode::kIo);
  CHECK(failed.error().hint.starts_with("the state on disk is unknown"));

  weather.sync_fails = false;
  CHECK_FALSE(file.sync().has_value());
  CHECK_FALSE(file.write(0, bytes).has_value());
  CHECK_FALSE(file.resize(50).has_value());
  CHECK_FALSE(file.allocate({0, 50}).has_value());
  CHECK_FALSE(file.zero({0, 50}).has_value());
  CHECK(weather.syncs == 1);
  CHECK(*file.size() == 100);
  std::vector<uint8_t> back(100);
  CHECK(file.read(0, back).has_value());
  CHECK(back == bytes);
}

TEST_CASE(
    "a signal while waiting for input does not count as input: the wait continues, or stops") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  std::vector<uint8_t> bytes(10);
  Activity activity;
  weather = {};
  REQUIRE(write(ends[1], "abc", 3) == 3);
  weather.interrupted_waits = 3;
  CHECK(*read_input(ends[0], bytes, activity) == 3);
  CHECK(weather.waits == 4);
  CHECK(bytes[2] == 'c');

  // No input is available now: a read would block forever.
  weather.interrupted_waits = 2;
  weather.stops = &activity;
  CHECK(read_input(ends[0], bytes, activity).error().code == ErrorCode::kInterrupted);
  CHECK(weather.waits == 6);

  weather = {};
  activity.stop = false;
  close(ends[1]);
  CHECK(*read_input(ends[0], bytes, activity) == 0);
  close(ends[0]);
  CHECK(read_input(ends[0], bytes, activity).error().code == ErrorCode::kIo);
}
