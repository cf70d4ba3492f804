// Copies while other processes use the image, and copies that are stopped.
#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "support/effort.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"
#include "support/wasm_bytes.h"

using namespace vde::test;
namespace fs = std::filesystem;

namespace {

// An image with 64 MiB of data, which takes a while to copy.
struct LargeImage {
  LargeImage() {
    write_file(module, wasm_of_size(64 << 20, 1));
    format = run_tool({"format", path, "--size", "256M"});
  }
  TemporaryFolder folder;
  std::string path = folder / "image.dwvd";
  std::string dest = folder / "dest.dwvd";
  std::string module = folder / "large.wasm";
  ToolResult format;
};

}  // namespace

TEST_CASE("a copy beside writers that wait for it verifies clean") {
  const TemporaryFolder folder;
  const std::string image = folder / "image.dwvd";
  write_file(image, vector_image("everything-1"));
  const uint64_t rounds = scaled(12);
  std::thread writer([&] {
    for (uint64_t i = 0; i < rounds; ++i)
      CHECK(run_tool({"tag", "set", image, std::to_string(i), "key=" + std::to_string(i),
                      "--lock-wait", "60"})
                .status == 0);
  });
  for (uint64_t i = 0; i < rounds; ++i) {
    const ToolResult copy =
        run_tool({"copy", image, folder / "dest", "--force", "--lock-wait", "60"});
    INFO(describe(copy));
    CHECK(copy.status == 0);
    CHECK(run_tool({"verify", folder / "dest"}).status == 0);
  }
  writer.join();
}

TEST_CASE("a copy shares the image with readers, and is refused while a writer has it") {
  const LargeImage image;
  REQUIRE(image.format.status == 0);
  const int fd = open(image.path.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  REQUIRE(flock(fd, LOCK_EX) == 0);
  const ToolResult refused = run_tool({"copy", image.path, image.dest});
  CHECK(refused.status == 8);
  CHECK(refused.err.find("locked") != std::string::npos);
  CHECK_FALSE(fs::exists(image.dest));
  REQUIRE(flock(fd, LOCK_SH) == 0);
  CHECK(run_tool({"copy", image.path, image.dest}).status == 0);
  // An old DEST that somebody uses is not replaced.
  const int used = open(image.dest.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(flock(used, LOCK_SH) == 0);
  const ToolResult kept = run_tool({"copy", image.path, image.dest, "--force"});
  CHECK(kept.status == 8);
  CHECK(kept.err.starts_with("vdetool: " + image.dest));
  close(used);
  close(fd);
}

TEST_CASE("SIGINT and SIGTERM end a copy with 32, SIGKILL too; no part of a file is left") {
  const LargeImage image;
  REQUIRE(image.format.status == 0);
  const ToolResult stored = run_tool({"module", "register", image.path, image.module, "--force"});
  INFO(describe(stored));
  REQUIRE(stored.status == 0);
  const size_t files = image.folder.count();
  for (const int signal : {SIGINT, SIGTERM, SIGKILL})
    for (const char* option : {"--json", "--metadata", "--scrub"}) {
      StartedTool copy(ToolCommand{.arguments = {"copy", image.path, image.dest, option}});
      if (!copy.wait_until_open(image.path)) continue;
      copy.send(signal);
      const ToolResult result = copy.finish();
      INFO(describe(result));
      if (result.status == 0) {  // it was faster
        fs::remove(image.dest);
        continue;
      }
      CHECK((signal == SIGKILL ? result.signal == SIGKILL : result.status == 32));
      // It may be killed after the copy got its name, before it ends: then the copy is complete.
      if (signal == SIGKILL && fs::exists(image.dest)) {
        CHECK(run_tool({"verify", image.dest, "--scope", "metadata"}).status == 0);
        fs::remove(image.dest);
      }
      CHECK(image.folder.count() == files);
    }
}
