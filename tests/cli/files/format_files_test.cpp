// The file that format writes: existing contents are kept or replaced atomically, and a failure
// leaves no file.
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <filesystem>

#include "support/edit_image.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"

using namespace vde::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr long kTmpfsMagic = 0x01021994;

ToolCommand format_command(const std::string& path, const std::vector<std::string>& options = {},
                           const char* size = "1M") {
  ToolCommand command{.arguments = {"format", path, "--size", size}};
  command.arguments.insert(command.arguments.end(), options.begin(), options.end());
  return command;
}

// The file is an image that verifies.
bool is_clean(const std::string& path) {
  return run_tool({"verify", path}).status == 0;
}

void check_failed_quietly(const ToolResult& result, const std::string& words) {
  INFO(describe(result));
  CHECK(result.status == 8);
  CHECK(result.tells_one_error());
  CHECK(result.out.empty());
  CHECK(result.err.find(words) != std::string::npos);
}

// No file can grow beyond `bytes`: simulates a full disk.
void limit_file_size(uint64_t bytes) {
  const rlimit limit{bytes, bytes};
  setrlimit(RLIMIT_FSIZE, &limit);
}

bool is_tmpfs(const std::string& path) {
  struct statfs about {};
  return statfs(path.c_str(), &about) == 0 && about.f_type == kTmpfsMagic;
}

}  // namespace

TEST_CASE("a file that is not empty is rejected; the message gives its contents") {
  struct Case {
    std::vector<uint8_t> bytes;
    const char* words;
  };
  const TemporaryFolder folder;
  const std::string path = folder / "there";
  const std::string text = "Dear diary\n";
  for (const Case& there :
       {Case{vector_image("profile-minimal"), "already contains a DWVD image"},
        Case{read_file("/proc/self/exe"), "already contains an ELF program"},
        Case{{text.begin(), text.end()}, "already contains 11 bytes of text"},
        Case{std::vector<uint8_t>(70000, 1), "already contains 70000 bytes (68.36 KiB) of data"},
        Case{{0}, "already contains 1 byte of data"},
        Case{{0x1F, 0x8B, 8}, "already contains gzip data"}}) {
    write_file(path, there.bytes);
    check_failed_quietly(run_tool(format_command(path)), there.words);
    CHECK(read_file(path) == there.bytes);
    CHECK(folder.count() == 1);
  }
  const ToolResult result = run_tool(format_command(path, {"--json"}));
  const json error = json::parse(result.err)["error"];
  CHECK(error["code"] == "exists");
  CHECK(error["hint"].get<std::string>().find("--force") != std::string::npos);
}

TEST_CASE("an empty file becomes the image and keeps its permissions") {
  const TemporaryFolder folder;
  write_file(folder / "image", "");
  chmod((folder / "image").c_str(), 0640);
  const ToolResult result = run_tool(format_command(folder / "image"));
  INFO(describe(result));
  CHECK(result.status == 0);
  CHECK(is_clean(folder / "image"));
  CHECK(fs::status(folder / "image").permissions() == fs::perms{0640});
}

TEST_CASE("--force replaces a file, keeps owner and permissions, and leaves no other file") {
  const TemporaryFolder folder;
  const std::string path = folder / "image";
  write_file(path, "Dear diary\n");
  chmod(path.c_str(), 0604);
  const bool is_root = geteuid() == 0;
  if (is_root) REQUIRE(chown(path.c_str(), 12345, 23456) == 0);
  const ToolResult result = run_tool(format_command(path, {"--force"}));
  INFO(describe(result));
  CHECK(result.status == 0);
  CHECK(is_clean(path));
  CHECK(folder.count() == 1);
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0604);
  if (is_root) {
    CHECK(status.st_uid == 12345);
    CHECK(status.st_gid == 23456);
  }
}

TEST_CASE("--force keeps the old file if the new one cannot be written") {
  const TemporaryFolder folder;
  const std::string path = folder / "image";
  write_file(path, "Dear diary\n");
  const std::string before = file_sha256(path);
  chmod(path.c_str(), 0666);

  for (const uint64_t limit : std::initializer_list<uint64_t>{0, 4096, 40960, 1 << 20}) {
    CAPTURE(limit);
    ToolCommand command = format_command(path, {"--force"}, "2M");
    command.in_child = [limit] { limit_file_size(limit); };
    check_failed_quietly(run_tool(command), "File too large");
    CHECK(file_sha256(path) == before);
    CHECK(folder.count() == 1);
  }

  chmod(folder.path().c_str(), 0555);
  ToolCommand command = format_command(path, {"--force"});
  command.in_child = drop_privileges;
  check_failed_quietly(run_tool(command), "Permission denied");
  chmod(folder.path().c_str(), 0755);
  CHECK(file_sha256(path) == before);
  CHECK(folder.count() == 1);
}

TEST_CASE("a new file that cannot be written is removed") {
  const TemporaryFolder folder;
  ToolCommand command = format_command(folder / "image");
  command.in_child = [] { limit_file_size(4096); };
  check_failed_quietly(run_tool(command), "File too large");
  CHECK(folder.count() == 0);
  check_failed_quietly(run_tool(format_command(folder / "no/such/folder")),
                       "No such file or directory");
  write_file(folder / "file", "");
  check_failed_quietly(run_tool(format_command(folder / "file/image")), "Not a directory");
  CHECK(folder.count() == 1);
}

TEST_CASE("a symbolic link stays, and its target becomes the image") {
  const TemporaryFolder folder;
  const TemporaryFolder elsewhere;
  write_file(elsewhere / "target", "Dear diary\n");
  fs::create_symlink(elsewhere / "target", folder / "link");
  check_failed_quietly(run_tool(format_command(folder / "link")), "11 bytes of text");
  const ToolResult result = run_tool(format_command(folder / "link", {"--force"}));
  INFO(describe(result));
  CHECK(result.status == 0);
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(fs::is_regular_file(fs::symlink_status(elsewhere / "target")));
  CHECK(is_clean(folder / "link"));
  CHECK(folder.count() == 1);
  CHECK(elsewhere.count() == 1);
}

TEST_CASE("a symbolic link to a missing file creates that file") {
  const TemporaryFolder folder;
  const TemporaryFolder elsewhere;
  fs::create_symlink(elsewhere / "target", folder / "link");
  const ToolResult result = run_tool(format_command(folder / "link"));
  INFO(describe(result));
  CHECK(result.status == 0);
  CHECK(fs::is_symlink(folder / "link"));
  CHECK(is_clean(elsewhere / "target"));
  CHECK(folder.count() == 1);
}

TEST_CASE("anything except a file or a device is rejected, even with --force") {
  const TemporaryFolder folder;
  check_failed_quietly(run_tool(format_command(folder.path(), {"--force"})),
                       "is a directory; name an image file");
  check_failed_quietly(run_tool(format_command("/dev/null", {"--force"})), "neither");
  REQUIRE(mkfifo((folder / "fifo").c_str(), 0666) == 0);
  check_failed_quietly(run_tool(format_command(folder / "fifo", {"--force"})), "neither");
  fs::create_symlink("loop", folder / "loop");
  check_failed_quietly(run_tool(format_command(folder / "loop")), "symbolic links");
}

TEST_CASE("a relative path without a folder is written in the current one") {
  const TemporaryFolder folder;
  ToolCommand command = format_command("image");
  command.in_child = [&] {
    if (chdir(folder.path().c_str()) != 0) _exit(127);
  };
  CHECK(run_tool(command).status == 0);
  CHECK(is_clean(folder / "image"));
}

TEST_CASE("an image of 64 TiB is created, shown and verified quickly, and takes little space") {
  if (!is_tmpfs("/dev/shm")) {
    MESSAGE("skipped: /dev/shm is no tmpfs, and few other file systems take such a file");
    return;
  }
  const TemporaryFolder folder("/dev/shm");
  const std::string path = folder / "image";
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"format", path, "--size", "64T"}, {"info", path}, {"verify", path}}) {
    const ToolResult result = run_tool(arguments);
    INFO(describe(result));
    CHECK(result.status == 0);
    CHECK(result.processor_time < kSecond);
  }
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  CHECK(status.st_size == int64_t{64} << 40);
  CHECK(status.st_blocks * 512 < 16 << 20);
}

TEST_CASE("an error reports that the file system does not support the size") {
  const TemporaryFolder folder;
  ToolCommand command = format_command(folder / "image", {}, "64T");
  command.in_child = [] { limit_file_size(uint64_t{1} << 40); };
  check_failed_quietly(run_tool(command), "cannot set the size: File too large");
  CHECK(folder.count() == 0);
}
