// Images in use: readers share, a writer excludes, and --lock-wait waits.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "support/edit_image.h"
#include "support/image_builder.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"
#include "vde/storage.h"

using namespace vde;
using namespace vde::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

struct Image {
  Image() { write_file(path, vector_image("profile-minimal")); }
  TemporaryFolder folder;
  std::string path = folder / "image";
};

// A lock that another process holds, from the program's point of view.
std::unique_ptr<BlockFile> lock(const std::string& path, LockMode mode) {
  auto file = open_file(path, OpenMode::kReadWrite);
  REQUIRE(file.has_value());
  REQUIRE((*file)->lock(mode, std::chrono::milliseconds(0)).has_value());
  return std::move(*file);
}

void check_in_use(const ToolResult& result, const std::string& path) {
  INFO(describe(result));
  CHECK(result.status == 8);
  CHECK(result.out.empty());
  CHECK(result.tells_one_error());
  CHECK(result.err.starts_with("vdetool: " + path + ": the image is locked"));
}

std::vector<std::string> format_arguments(const std::string& path) {
  return {"format", path, "--size", "1M", "--force"};
}

}  // namespace

TEST_CASE("an image that somebody writes is refused at once, naming it") {
  const Image image;
  const auto writer = lock(image.path, LockMode::kExclusive);
  for (const char* command : {"info", "dump", "verify"})
    check_in_use(run_tool({command, image.path}), image.path);
  check_in_use(run_tool(format_arguments(image.path)), image.path);
  const ToolResult result = run_tool({"info", "--json", image.path});
  const json error = json::parse(result.err)["error"];
  CHECK(error["code"] == "in_use");
  CHECK(error["image"] == image.path);
}

TEST_CASE("readers share, and keep writers out") {
  const Image image;
  const std::string before = file_sha256(image.path);
  const auto reader = lock(image.path, LockMode::kShared);
  for (const char* command : {"info", "dump", "verify"})
    CHECK(run_tool({command, image.path}).status == 0);
  check_in_use(run_tool(format_arguments(image.path)), image.path);
  CHECK(file_sha256(image.path) == before);
  CHECK(image.folder.count() == 1);
}

TEST_CASE("the lock of the existing tool's runtime is honoured") {
  const Image image;
  const int fd = open(image.path.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(fd >= 0);
  REQUIRE(flock(fd, LOCK_EX) == 0);
  check_in_use(run_tool({"info", image.path}), image.path);
  REQUIRE(flock(fd, LOCK_SH) == 0);
  CHECK(run_tool({"info", image.path}).status == 0);
  check_in_use(run_tool(format_arguments(image.path)), image.path);
  close(fd);
}

TEST_CASE("--lock-wait waits for the lock, and no longer than it says") {
  const Image image;
  for (std::vector<std::string> arguments :
       {std::vector<std::string>{"info", image.path}, format_arguments(image.path)}) {
    CAPTURE(arguments[0]);
    auto writer = lock(image.path, LockMode::kExclusive);
    arguments.insert(arguments.end(), {"--lock-wait", "0.3"});
    const auto start = std::chrono::steady_clock::now();
    check_in_use(run_tool(arguments), image.path);
    CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(300));

    arguments.back() = "600";
    StartedTool tool({.arguments = arguments});
    REQUIRE(tool.wait_until_open(image.path));
    writer.reset();
    const ToolResult result = tool.finish();
    INFO(describe(result));
    CHECK(result.status == 0);
    CHECK(result.err.empty());
  }
}

TEST_CASE("a wait can be interrupted, and asked about") {
  const Image image;
  const auto writer = lock(image.path, LockMode::kExclusive);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"verify", image.path}, format_arguments(image.path)}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.begin(), {"--lock-wait", "600"});
    StartedTool tool({.arguments = arguments});
    REQUIRE(tool.wait_until_open(image.path));
    tool.send(SIGUSR1);
    tool.send(SIGINT);
    const ToolResult result = tool.finish();
    INFO(describe(result));
    CHECK(result.status == 32);
    CHECK(result.err.starts_with("vdetool: " + command.front() + " " + image.path +
                                 ": waiting for the lock\nvdetool: " + image.path +
                                 ": interrupted"));
  }
}

namespace {

// A tool that waits for the lock of an image while another one takes its place. The old one has the
// name `old` by then.
struct ReplacedWhileWaiting {
  explicit ReplacedWhileWaiting(std::vector<std::string> arguments,
                                const std::vector<uint8_t>& next = ImageBuilder().bytes()) {
    for (std::string& word : arguments)
      if (word == "IMAGE") word = image.path;
    arguments.insert(arguments.begin(), {"--lock-wait", "600"});
    write_file(image.folder / "next", next);
    auto holder = lock(image.path, LockMode::kExclusive);
    StartedTool tool({.arguments = arguments});
    REQUIRE(tool.wait_until_open(image.path));
    fs::create_hard_link(image.path, old);
    before = file_sha256(old);
    fs::rename(image.folder / "next", image.path);
    holder.reset();
    result = tool.finish();
  }

  Image image;
  std::string old = image.path + ".old";
  std::string before;
  ToolResult result;
};

}  // namespace

TEST_CASE("a writer that waited writes to the file that the path names by then") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"label", "IMAGE", "waited"},
        {"resize", "IMAGE", "--size", "8M"},
        {"format", "IMAGE", "--size", "1M", "--label", "waited", "--force"}}) {
    CAPTURE(arguments[0]);
    const ReplacedWhileWaiting replaced(arguments);
    INFO(describe(replaced.result));
    CHECK(replaced.result.status == 0);
    CHECK(file_sha256(replaced.old) == replaced.before);
    const json info = run_tool({"info", "--json", replaced.image.path}).json();
    const bool resized = arguments[0] == "resize";
    CHECK(info.at("superblock").at("label") == (resized ? "damage" : "waited"));
    if (resized) CHECK(info.at("file_size") == 8 << 20);
  }
}

TEST_CASE("a reader that waited reads the file that the path names by then") {
  const ReplacedWhileWaiting replaced({"label", "IMAGE"});
  INFO(describe(replaced.result));
  CHECK(replaced.result.status == 0);
  CHECK(replaced.result.out == "damage\n");
}

TEST_CASE("a repair that waited is of the file that the path names by then") {
  const ReplacedWhileWaiting replaced({"verify", "IMAGE", "--repair", "--quiet"},
                                      ImageBuilder().flip(6, 0).bytes());
  INFO(describe(replaced.result));
  CHECK(replaced.result.status == 1);
  CHECK(file_sha256(replaced.old) == replaced.before);
  CHECK(run_tool({"verify", replaced.image.path}).status == 0);
  CHECK(run_tool({"undo", replaced.image.path, replaced.image.path + ".undo"}).status == 0);
}

TEST_CASE("an image that is removed while its lock is waited for is an error that says so") {
  const Image image;
  auto holder = lock(image.path, LockMode::kExclusive);
  StartedTool tool({.arguments = {"--lock-wait", "600", "label", image.path, "waited"}});
  REQUIRE(tool.wait_until_open(image.path));
  fs::remove(image.path);
  holder.reset();
  const ToolResult result = tool.finish();
  INFO(describe(result));
  CHECK(result.status == 8);
  CHECK(result.err ==
        "vdetool: " + image.path + ": the file was removed or renamed before it could be locked\n");
  CHECK(image.folder.count() == 0);
}

TEST_CASE("the rest of --lock-wait applies to an image that replaced the first") {
  const Image image;
  write_file(image.folder / "next", vector_image("profile-minimal"));
  auto holder = lock(image.path, LockMode::kExclusive);
  const auto next = lock(image.folder / "next", LockMode::kExclusive);
  StartedTool tool({.arguments = {"--lock-wait", "0.5", "info", image.path}});
  REQUIRE(tool.wait_until_open(image.path));
  fs::rename(image.folder / "next", image.path);
  holder.reset();
  check_in_use(tool.finish(), image.path);
}
