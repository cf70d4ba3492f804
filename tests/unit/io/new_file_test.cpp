// A new file appears complete or not at all, and nothing else stays in its folder, whether the file
// system has unnamed files or not.
#include "vde/new_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "support/temporary_folder.h"

using namespace vde;

namespace {

bool refuses_unnamed = false;

const std::array<uint8_t, 3> kContent = {'n', 'e', 'w'};

Result<void> publish_at(const std::string& path, bool replace) {
  VDE_TRY_ASSIGN(file, NewFile::create(path));
  VDE_TRY(file.file().write(0, kContent));
  return file.publish(replace);
}

bool has_content(const std::string& path) {
  return test::read_file(path) == std::vector<uint8_t>(kContent.begin(), kContent.end());
}

mode_t mode_of(int descriptor) {
  struct stat status {};
  REQUIRE(fstat(descriptor, &status) == 0);
  return status.st_mode & 07777;
}

// Runs `check` on a file system with unnamed files, if this is one, and as on one without.
template <class Check>
void with_and_without_unnamed(Check check) {
  for (const bool refused : {false, true}) {
    CAPTURE(refused);
    refuses_unnamed = refused;
    const test::TemporaryFolder folder;
    check(folder);
  }
  refuses_unnamed = false;
}

}  // namespace

extern "C" {
// NOLINTBEGIN(bugprone-reserved-identifier)
int __real_open(const char* path, int flags, ...);
// NewFile always gives a mode.
int __wrap_open(const char* path, int flags, mode_t mode);
int __wrap_open(const char* path, int flags, mode_t mode) {
  if (refuses_unnamed && (flags & O_TMPFILE) == O_TMPFILE) {
    errno = EOPNOTSUPP;
    return -1;
  }
  return __real_open(path, flags, mode);
}
// NOLINTEND(bugprone-reserved-identifier)
}

TEST_CASE("a published file is alone in its folder, complete") {
  with_and_without_unnamed([](const test::TemporaryFolder& folder) {
    REQUIRE(publish_at(folder / "file", false).has_value());
    CHECK(has_content(folder / "file"));
    CHECK(folder.count() == 1);
  });
}

TEST_CASE("a file that exists is replaced only if that is wanted") {
  with_and_without_unnamed([](const test::TemporaryFolder& folder) {
    test::write_file(folder / "file", "old");
    const Result<void> refused = publish_at(folder / "file", false);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == ErrorCode::kExists);
    CHECK_FALSE(has_content(folder / "file"));
    CHECK(folder.count() == 1);
    REQUIRE(publish_at(folder / "file", true).has_value());
    CHECK(has_content(folder / "file"));
    CHECK(folder.count() == 1);
  });
}

TEST_CASE("a file that is not published leaves nothing") {
  with_and_without_unnamed([](const test::TemporaryFolder& folder) {
    { REQUIRE(NewFile::create(folder / "file").has_value()); }
    CHECK(folder.count() == 0);
  });
}

TEST_CASE("a process that is killed leaves nothing where the file system has unnamed files") {
  const test::TemporaryFolder folder;
  const int unnamed = open(folder.path().c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (unnamed < 0) return;
  close(unnamed);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto file = NewFile::create(folder / "file");
    if (file && file->file().write(0, kContent)) raise(SIGKILL);
    _exit(0);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  CHECK(folder.count() == 0);
}

TEST_CASE("a private file is private from the start") {
  with_and_without_unnamed([](const test::TemporaryFolder& folder) {
    const mode_t mask = umask(022);
    auto open_to_all = NewFile::create(folder / "one");
    auto owner_only = NewFile::create(folder / "two", {.mode = 0600});
    umask(mask);
    REQUIRE(open_to_all.has_value());
    REQUIRE(owner_only.has_value());
    CHECK(mode_of(open_to_all->descriptor()) == 0644);
    CHECK(mode_of(owner_only->descriptor()) == 0600);
  });
}

TEST_CASE("an error names what cannot be created") {
  const auto created = NewFile::create("/no/such/folder/file");
  REQUIRE_FALSE(created.has_value());
  CHECK(created.error().message.starts_with("cannot create: "));
}
