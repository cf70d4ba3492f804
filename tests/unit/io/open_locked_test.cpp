// Files that are renamed or removed between opening and locking.
#include <doctest/doctest.h>
#include <sys/file.h>

#include <filesystem>
#include <functional>

#include "support/temporary_folder.h"
#include "vde/storage.h"

using namespace vde;
using namespace vde::test;

namespace {

// Called before each flock: the file is open but not locked.
std::function<void()> before_lock;

}  // namespace

// What the linker calls instead (--wrap); the names are its own.
// NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" {
int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int __wrap_flock(int fd, int operation) {
  if (before_lock) before_lock();
  return __real_flock(fd, operation);
}
}
// NOLINTEND(bugprone-reserved-identifier)

namespace {

constexpr std::chrono::milliseconds kNoWait(0);

// A file with one byte, which can be replaced by another.
struct ReplacedFile {
  ReplacedFile() { write_file(path, std::vector<uint8_t>{0}); }
  ~ReplacedFile() { before_lock = nullptr; }

  void replace() {
    ++replaced;
    write_file(folder / "new", std::vector<uint8_t>{static_cast<uint8_t>(replaced)});
    std::filesystem::rename(folder / "new", path);
  }
  Result<std::unique_ptr<BlockFile>> open(OpenMode mode, std::chrono::milliseconds wait = kNoWait) {
    return open_locked(path, mode, wait, activity);
  }

  TemporaryFolder folder;
  std::string path = folder / "image";
  unsigned replaced = 0;
  Activity activity;
};

unsigned content(BlockFile& file) {
  uint8_t byte = 255;
  REQUIRE(file.read(0, {&byte, 1}).has_value());
  return byte;
}

}  // namespace

TEST_CASE("a file that was replaced before it was locked is opened again, without any wait") {
  for (const OpenMode mode : {OpenMode::kRead, OpenMode::kReadWrite}) {
    for (const unsigned times : {0u, 1u, 2u, 50u}) {
      CAPTURE(times);
      ReplacedFile file;
      before_lock = [&] {
        if (file.replaced < times) file.replace();
      };
      const auto opened = file.open(mode);
      REQUIRE(opened.has_value());
      CHECK(content(**opened) == times);
      // The lock is on that file.
      const auto other = open_file(file.path, OpenMode::kReadWrite);
      CHECK((*other)->lock(LockMode::kExclusive, kNoWait).error().code == ErrorCode::kInUse);
    }
  }
}

TEST_CASE("opening a file that is replaced forever fails") {
  ReplacedFile file;
  before_lock = [&] { file.replace(); };
  const auto opened = file.open(OpenMode::kReadWrite, std::chrono::hours(1));
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().code == ErrorCode::kInUse);
  CHECK(file.replaced == 100);
}

TEST_CASE("a file that is removed before it is locked is an error that says so") {
  ReplacedFile file;
  before_lock = [&] { std::filesystem::remove(file.path); };
  const auto opened = file.open(OpenMode::kReadWrite);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().code == ErrorCode::kIo);
  CHECK(opened.error().message == "the file was removed or renamed before it could be locked");
}

TEST_CASE("the rest of the wait applies to the lock of the new file") {
  ReplacedFile file;
  std::unique_ptr<BlockFile> holder;
  int attempts = 0;
  const auto start = std::chrono::steady_clock::now();
  SUBCASE("the new file is free") {
    before_lock = [&] {
      if (++attempts == 1) file.replace();
    };
    const auto opened = file.open(OpenMode::kRead, std::chrono::seconds(60));
    REQUIRE(opened.has_value());
    CHECK(content(**opened) == 1);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(30));
  }
  SUBCASE("the new file is locked") {
    before_lock = [&] {
      if (++attempts != 1) return;
      file.replace();
      holder = std::move(*open_file(file.path, OpenMode::kReadWrite));
      REQUIRE(holder->lock(LockMode::kExclusive, kNoWait).has_value());
    };
    CHECK(file.open(OpenMode::kRead, std::chrono::milliseconds(300)).error().code ==
          ErrorCode::kInUse);
    CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(300));
  }
}
