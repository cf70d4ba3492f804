// Output that cannot be written, or that nobody reads.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "support/edit_image.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;

namespace {

struct Images {
  Images() {
    write_file(clean, vector_image("everything-1"));
    EditedImage image(vector_image("everything-1"), 4096);
    for (uint64_t block = 1103; block < 1359; ++block) image.block(block)[9] ^= 1;
    write_file(damaged, image.bytes());
  }
  TemporaryFolder folder;
  std::string clean = folder / "clean";
  std::string damaged = folder / "damaged";  // several hundred findings
};

void check_output_lost(const ToolResult& result, int status) {
  INFO(describe(result));
  CHECK(result.status == status);
  CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
  CHECK(result.err.find("cannot write the output: ") != std::string::npos);
}

}  // namespace

TEST_CASE("a full disk under standard output is an error in every command, reported once") {
  const Images images;
  const std::vector<std::vector<std::string>> commands = {
      {"--version"},
      {"--help"},
      {"help", "verify"},
      {"explain"},
      {"explain", "SUPB-001"},
      {"info", images.clean},
      {"info", images.clean, "--json"},
      {"verify", images.clean},
      {"verify", images.clean, images.clean, "--json"},
      {"dump", images.clean},
      {"dump", images.clean, "--regions"},
      {"dump", images.clean, "--offset", "0"},
      {"dump", images.clean, "--block", "0-999"},
      {"dump", images.clean, "--block", "0-999", "--raw"},
      {"dump", images.clean, "--block", "0-999", "--hex"},
      {"format", images.folder / "new", "--size", "1M", "--dry-run"},
  };
  for (const auto& arguments : commands) {
    check_output_lost(run_tool({.arguments = arguments, .output = "/dev/full"}), 8);
    check_output_lost(run_tool({.arguments = arguments, .close_output = true}), 8);
  }
  // The status still reports the findings.
  for (const char* option : {"--json", "--no-progress"})
    check_output_lost(
        run_tool({.arguments = {"verify", images.damaged, option}, .output = "/dev/full"}), 12);
  CHECK(images.folder.count() == 2);
}

TEST_CASE("closed standard descriptors are not mistaken for the image") {
  const TemporaryFolder folder;
  const auto close_all = [] {
    for (const int fd : {0, 1, 2}) close(fd);
  };
  const ToolResult made =
      run_tool({.arguments = {"format", folder / "image", "--size", "1M", "--progress"},
                .in_child = close_all});
  INFO(describe(made));
  CHECK(made.status == 8);  // what it has to say cannot be written
  const ToolResult verified = run_tool({"verify", "--json", folder / "image"});
  INFO(describe(verified));
  CHECK(verified.status == 0);
  CHECK(verified.json_lines().back()["notes"] == 0);
  CHECK(run_tool({.arguments = {"info", folder / "image"}, .in_child = close_all}).status == 8);
}

TEST_CASE("a closed reader ends the program quietly, whatever was inherited") {
  const Images images;
  for (const bool ignored : {false, true}) {
    for (const auto& arguments : std::vector<std::vector<std::string>>{
             {"dump", images.clean, "--block", "0-1699", "--hex"},
             {"dump", images.clean, "--block", "0-1699", "--json"},
             {"verify", images.damaged, "--json"}}) {
      StartedTool tool({.arguments = arguments, .in_child = [ignored] {
                          if (ignored) std::signal(SIGPIPE, SIG_IGN);
                        }});
      REQUIRE(tool.wait_until_output_full());
      tool.stop_reading();
      const ToolResult result = tool.finish();
      INFO(describe(result));
      CHECK(result.signal == SIGPIPE);
      CHECK(result.err.empty());
    }
  }
}

TEST_CASE("SIGUSR1 prints one line, and the work continues") {
  const Images images;
  StartedTool tool({.arguments = {"dump", images.clean, "--block", "0-1699", "--raw"}});
  REQUIRE(tool.wait_until_output_full());
  tool.send(SIGUSR1);
  const ToolResult result = tool.finish();
  CHECK(result.status == 0);
  CHECK(result.err.starts_with("vdetool: dump " + images.clean + ": "));
  CHECK(result.tells_one_error());
  CHECK(std::vector<uint8_t>(result.out.begin(), result.out.end()) == read_file(images.clean));
}

TEST_CASE("SIGINT and SIGTERM end long work with 32 and one line") {
  const Images images;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    StartedTool tool({.arguments = {"dump", images.clean, "--block", "0-1699", "--hex"}});
    REQUIRE(tool.wait_until_output_full());
    tool.send(signal);
    const ToolResult result = tool.finish();
    INFO(describe(result));
    CHECK(result.status == 32);
    CHECK(result.tells_one_error());
    CHECK(result.err.find("interrupted") != std::string::npos);
  }
}
