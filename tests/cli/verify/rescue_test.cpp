// rescue, and dump and info of images without superblock, as a shell runs them.
#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "support/image_builder.h"
#include "support/run_tool.h"
#include "support/source_file.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;
using nlohmann::json;

namespace {

constexpr size_t kHead = 10 * 4096;  // bytes of blocks 0 to 9

struct Source : SourceFile {
  using SourceFile::SourceFile;
  [[nodiscard]] ToolResult rescue(const std::vector<std::string>& options, int status) const {
    return run({"rescue", path}, options, status);
  }

  std::string output = folder / "rescued.dwvd";
};

std::vector<uint8_t> without_head(std::vector<uint8_t> bytes) {
  std::fill_n(bytes.begin(), kHead, uint8_t{0});
  return bytes;
}

void limit_files_to_1_mib() {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{1 << 20, 1 << 20};
  setrlimit(RLIMIT_FSIZE, &limit);
}

}  // namespace

TEST_CASE("the rescue of an intact image is the same image, with status 0") {
  const Source source(vector_image("everything-1"));
  const ToolResult result = source.rescue({"--output", source.output}, 0);
  CHECK(result.out.find("written: 900 tags, 25 snapshots, 9 modules\n") != std::string::npos);
  CHECK(read_file(source.output) == read_file(source.path));
}

TEST_CASE("an image without its first ten blocks is rescued, shown and dumped") {
  const Source source(without_head(vector_image("everything-1")));
  const ToolResult result = source.rescue({"--output", source.output, "--json"}, 4);
  const std::vector<json> lines = result.json_lines();
  const json& summary = lines.back();
  CHECK(summary["type"] == "summary");
  CHECK(summary["written"] == true);
  CHECK(summary["output"] == source.output);
  CHECK(summary["tags"] == 900);
  CHECK(summary["snapshots"] == 25);
  CHECK(summary["modules"] == 9);
  CHECK(summary["status"] == 4);
  const auto is_lost = [](const json& line) {
    return line["type"] == "lost" && line["kind"] == "superblock" && line["blocks"].size() == 2 &&
           !line["reason"].get<std::string>().empty();
  };
  CHECK(std::ranges::count_if(lines, is_lost) == 1);
  CHECK(run_tool({"verify", source.output}).status == 0);

  const ToolResult info = run_tool({"info", source.path, "--json"});
  CHECK(info.status == 4);
  CHECK(info.json()["slot_source"] == "runs of blocks");
  CHECK(info.json()["counts"]["tags"] == 900);
  const ToolResult dump =
      run_tool({"dump", source.path, "--block", "1103", "--block-size", "4096", "--json"});
  CHECK(dump.status == 0);
  CHECK(dump.json()["tag_index"]["entry_count"] == 900);
  CHECK(run_tool({"dump", source.path, "--block", "1103", "--json"}).out == dump.out);
  CHECK(run_tool({"dump", source.path, "--block-size", "1000"}).status == 16);
}

TEST_CASE("--list writes nothing") {
  const Source source(without_head(vector_image("tags-64")));
  const ToolResult result = source.rescue({"--list"}, 4);
  CHECK(result.out.find("could be rescued: 64 tags") != std::string::npos);
  CHECK(source.folder.count() == 1);
  CHECK(source.rescue({"--list", "--json"}, 4).json_lines().back()["output"].is_null());
  CHECK(source.rescue({"--list", "--quiet"}, 4).out.empty());
}

TEST_CASE("wrong command lines and files that are in the way are refused") {
  const Source source(vector_image("tags-64"));
  CHECK(source.rescue({}, 16).tells_one_error());
  CHECK(source.rescue({"--list", "--output", source.output}, 16).tells_one_error());
  CHECK(source.rescue({"--output", source.path}, 16).tells_one_error());
  CHECK(source.rescue({"--list", "--block-size", "1000"}, 16).tells_one_error());
  CHECK(source.rescue({"--list", "--volume-offset", "x"}, 16).tells_one_error());
  write_file(source.output, "something");
  CHECK(source.rescue({"--output", source.output}, 8).tells_one_error());
  CHECK(read_file(source.output).size() == 9);
  write_file(source.folder / "text", std::string(100'000, 'x'));
  CHECK(run_tool({"rescue", source.folder / "text", "--list"}).status == 8);
}

TEST_CASE("a volume after boot code is rescued and dumped from its offset") {
  const Source source(vector_image("preamble-server"));
  const ToolResult refused = source.rescue({"--list"}, 8);
  CHECK(refused.err.find("the volume starts at byte 16384") != std::string::npos);
  CHECK(refused.err.find("--volume-offset") != std::string::npos);
  const ToolResult done = run_tool(
      {"rescue", source.path, "--volume-offset", "16K", "--output", source.output, "--quiet"});
  INFO(describe(done));
  CHECK(done.status == 0);
  const std::vector<uint8_t> whole = read_file(source.path);
  CHECK(read_file(source.output) == std::vector<uint8_t>(whole.begin() + 16384, whole.end()));
  const ToolResult dump =
      run_tool({"dump", source.path, "--volume-offset", "0x4000", "--block", "4", "--json"});
  CHECK(dump.status == 0);
  CHECK(dump.json()["trailer"]["tag"] == "SUPB");
}

TEST_CASE("a rescue that runs out of space leaves no file") {
  const Source source(vector_image("everything-1"));
  ToolCommand command{{"rescue", source.path, "--output", source.output}};
  command.in_child = limit_files_to_1_mib;
  const ToolResult result = run_tool(command);
  INFO(describe(result));
  CHECK(result.status == 8);
  CHECK(result.err.find(source.output) != std::string::npos);
  CHECK(source.folder.count() == 1);
}
