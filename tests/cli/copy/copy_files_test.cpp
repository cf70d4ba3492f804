// The files that copy reads and writes: what may be replaced, holes, permissions, full disks.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;
namespace fs = std::filesystem;

namespace {

uint64_t blocks_on_disk(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return static_cast<uint64_t>(status.st_blocks);
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

struct Files {
  Files() { write_file(image, vector_image("tags-64")); }
  TemporaryFolder folder;
  std::string image = folder / "image.dwvd";
  std::string dest = folder / "dest.dwvd";
};

}  // namespace

TEST_CASE("a DEST that is not empty is kept without --force and replaced with it") {
  const Files files;
  write_file(files.dest, "something");
  chmod(files.dest.c_str(), 0640);
  const ToolResult refused = run_tool({"copy", files.image, files.dest});
  CHECK(refused.status == 8);
  CHECK(refused.tells_one_error());
  CHECK(refused.err.starts_with("vdetool: " + files.dest + ": already contains 9 bytes of text"));
  CHECK(read_file(files.dest).size() == 9);
  CHECK(run_tool({"copy", files.image, files.dest, "--force"}).status == 0);
  CHECK(read_file(files.dest) == read_file(files.image));
  CHECK(mode_of(files.dest) == 0640);
  CHECK(files.folder.count() == 2);
}

TEST_CASE("an empty DEST is used without --force") {
  const Files files;
  write_file(files.dest, "");
  CHECK(run_tool({"copy", files.image, files.dest}).status == 0);
  CHECK(read_file(files.dest) == read_file(files.image));
}

TEST_CASE("a new DEST gets the permissions of the image, within the umask") {
  const Files files;
  chmod(files.image.c_str(), 0600);
  ToolCommand command{.arguments = {"copy", files.image, files.dest}};
  command.in_child = [] { umask(0); };
  CHECK(run_tool(command).status == 0);
  CHECK(mode_of(files.dest) == 0600);
}

TEST_CASE("the image itself is refused as DEST, under every name") {
  const Files files;
  const std::vector<uint8_t> before = read_file(files.image);
  fs::create_hard_link(files.image, files.folder / "hard");
  fs::create_symlink(files.image, files.folder / "symbolic");
  for (const std::string& name : {files.image, files.folder / "hard", files.folder / "symbolic",
                                  files.folder.path() + "/./image.dwvd", std::string("/dev/fd/0"),
                                  std::string("/dev/stdin")}) {
    CAPTURE(name);
    for (const char* option : {"--force", "--metadata", "--scrub"}) {
      const ToolResult result = run_tool(
          ToolCommand{.arguments = {"copy", files.image, name, option}, .input = files.image});
      CHECK(result.status == 16);
      CHECK(result.tells_one_error());
    }
  }
  CHECK(run_tool({"copy", files.image, "-"}).status == 16);
  CHECK(read_file(files.image) == before);
}

TEST_CASE("folders, pipes and missing folders are refused as DEST") {
  const Files files;
  const std::string pipe = files.folder / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  for (const std::string& name :
       {files.folder.path(), pipe, files.folder / "missing/dest", std::string("/dev/null")}) {
    CAPTURE(name);
    const ToolResult result = run_tool({"copy", files.image, name, "--force"});
    CHECK(result.status == 8);
    CHECK(result.tells_one_error());
    CHECK(result.err.starts_with("vdetool: " + name));
  }
  CHECK(run_tool({"copy", files.folder / "missing", files.dest}).status == 8);
}

TEST_CASE("holes and zeros stay holes") {
  const TemporaryFolder folder;
  const std::string image = folder / "image.dwvd";
  const std::string dest = folder / "dest.dwvd";
  REQUIRE(run_tool({"format", image, "--size", "1G"}).status == 0);
  // Zeros that are written take space in the image, but not in the copy.
  const int fd = open(image.c_str(), O_WRONLY | O_CLOEXEC);
  const std::vector<uint8_t> zeros(8 << 20);
  REQUIRE(pwrite(fd, zeros.data(), zeros.size(), 512 << 20) == static_cast<ssize_t>(zeros.size()));
  close(fd);
  CHECK(run_tool({"copy", image, dest}).status == 0);
  CHECK(fs::file_size(dest) == fs::file_size(image));
  CHECK(blocks_on_disk(dest) + (8 << 11) <= blocks_on_disk(image) + 64);
  CHECK(run_tool({"verify", dest}).status == 0);
}

TEST_CASE("a full disk ends the copy with 8 and leaves nothing") {
  const Files files;
  for (const char* option : {"--quiet", "--metadata", "--scrub"}) {
    ToolCommand command{.arguments = {"copy", files.image, files.dest, option}};
    command.in_child = [] {
      std::signal(SIGXFSZ, SIG_IGN);
      const rlimit limit{1 << 20, 1 << 20};
      setrlimit(RLIMIT_FSIZE, &limit);
    };
    const ToolResult result = run_tool(command);
    INFO(describe(result));
    CHECK(result.status == 8);
    CHECK(result.tells_one_error());
    CHECK(result.err.starts_with("vdetool: " + files.dest));
    CHECK(files.folder.count() == 1);
  }
}

TEST_CASE("a volume of 64 TiB is copied in seconds") {
  const TemporaryFolder folder;
  const std::string image = folder / "huge";
  // Not every file system has files of this size.
  if (run_tool({"format", image, "--size", "64T"}).status != 0) return;
  for (const char* option : {"--force", "--metadata", "--scrub"}) {
    const ToolResult result = run_tool({"copy", image, folder / "dest", option, "--force"});
    INFO(describe(result));
    CHECK(result.status == 0);
    CHECK(result.processor_time < 20 * kSecond);
    CHECK(fs::file_size(folder / "dest") == uint64_t{64} << 40);
  }
}
