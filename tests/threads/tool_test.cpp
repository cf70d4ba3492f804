// The program with several threads: registering, verifying, showing progress.
#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "support/edit_image.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"
#include "support/wasm_bytes.h"

using namespace vde::test;

namespace {

ToolResult run(std::vector<std::string> words, int status) {
  ToolResult result = run_tool(words);
  INFO(describe(result));
  CHECK(result.status == status);
  return result;
}

bool has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

// An image with a finding in each of 256 blocks: more than a pipe holds.
void write_many_findings(const std::string& path) {
  EditedImage image(vector_image("everything-1"), 4096);
  for (uint64_t block = 1103; block < 1359; ++block) image.block(block)[9] ^= 1;
  write_file(path, image.bytes());
}

// Asks for a line of progress while the output waits for a reader, and reads it then.
ToolResult finish_after_signal(StartedTool& tool) {
  REQUIRE(tool.wait_until_output_full());
  // The first line of progress comes after half a second.
  std::this_thread::sleep_for(std::chrono::milliseconds(800));
  tool.send(SIGUSR1);
  return tool.finish();
}

}  // namespace

TEST_CASE("a large module is stored and extracted with progress shown") {
  const TemporaryFolder folder;
  const std::string image = folder / "image";
  write_file(folder / "module", wasm_of_size(size_t{10} << 20, 1));
  run({"format", image, "--size", "64M", "--progress"}, 0);
  const ToolResult stored = run({"module-register", image, folder / "module", "--progress"}, 0);
  CHECK(stored.out == file_sha256(folder / "module") + "\n");
  run({"module", "verify", image, "--progress"}, 0);
  const std::string hash = stored.out.substr(0, 64);
  run({"module", "extract", image, hash, folder / "out", "--progress"}, 0);
  CHECK(file_sha256(folder / "out") == hash);
  run({"verify", image, "--jobs", "8", "--progress"}, 0);
}

TEST_CASE("a verification with threads, progress and a signal prints everything") {
  const TemporaryFolder folder;
  write_many_findings(folder / "many");
  const std::vector<std::string> words = {"verify", folder / "many", "--json", "--jobs", "4"};
  const ToolResult quiet = run(words, 4);
  StartedTool tool(
      {.arguments = {"verify", folder / "many", "--json", "--jobs", "4", "--progress"}});
  const ToolResult result = finish_after_signal(tool);
  INFO(describe(result));
  CHECK(result.status == 4);
  CHECK(result.out == quiet.out);
  // One line of progress at least, and that of the signal.
  CHECK(has(result.err, "}}\n{\"progress\":{\"command\":\"verify\","));
  CHECK(has(result.err, "\"percent\":"));
}

TEST_CASE("a repair with progress shown repairs") {
  const TemporaryFolder folder;
  EditedImage image(vector_image("profile-minimal"), 4096);
  image.block(6)[9] ^= 1;
  write_file(folder / "image", image.bytes());
  run({"verify", folder / "image", "--repair", "--jobs", "4", "--progress"}, 1);
  run({"verify", folder / "image", "--jobs", "4"}, 0);
}

TEST_CASE(
    "several images at once, with progress and a signal, print what one after the other prints") {
  const TemporaryFolder folder;
  write_many_findings(folder / "many");
  std::vector<std::string> words = {"verify", "--json"};
  for (int i = 0; i < 12; ++i) words.push_back(folder / "many");
  std::vector<std::string> in_turn = words;
  in_turn.insert(in_turn.end(), {"--jobs", "1"});
  words.insert(words.end(), {"--jobs", "4", "--progress"});
  const ToolResult expected = run(in_turn, 4);
  StartedTool tool({.arguments = words});
  const ToolResult result = finish_after_signal(tool);
  INFO(describe(result));
  CHECK(result.status == 4);
  CHECK(result.out == expected.out);
  CHECK(has(result.err, "{\"progress\":{\"command\":\"verify\",\"image\":null,"));
  CHECK(has(result.err, ",\"images\":12,"));
}
