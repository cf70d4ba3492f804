// copy, as a shell runs it: what it prints, and what it refuses.
#include <doctest/doctest.h>

#include <algorithm>

#include "support/edit_image.h"
#include "support/run_tool.h"
#include "support/source_file.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;
using nlohmann::json;

namespace {

struct Source : SourceFile {
  explicit Source(const std::vector<uint8_t>& bytes = vector_image("everything-1"))
      : SourceFile(bytes) {}
  [[nodiscard]] ToolResult copy(const std::vector<std::string>& options, int status) const {
    return run({"copy", path, dest}, options, status);
  }

  std::string dest = folder / "copy.dwvd";
};

std::vector<uint8_t> damaged(uint64_t block) {
  EditedImage image(vector_image("everything-1"), 4096);
  image.block(block)[40] ^= 1;
  return image.bytes();
}

}  // namespace

TEST_CASE("a complete copy is the same image, and the summary says what was checked") {
  const Source source;
  const ToolResult result = source.copy({}, 0);
  CHECK(read_file(source.dest) == read_file(source.path));
  CHECK(result.out.starts_with(source.dest + ": complete copy of '" + source.path + "': "));
  CHECK(result.out.find(" blocks checked") != std::string::npos);
  const json summary = run_tool({"copy", source.path, source.dest, "--force", "--json"}).json();
  CHECK(summary["command"] == "copy");
  CHECK(summary["type"] == "summary");
  CHECK(summary["image"] == source.path);
  CHECK(summary["output"] == source.dest);
  CHECK(summary["content"] == "all");
  CHECK(summary["size"] == read_file(source.path).size());
  CHECK(summary["written"] <= summary["size"]);
  CHECK(summary["blocks_checked"] > 100);
  CHECK(summary["commits"] == 0);
  CHECK(summary["damaged"] == 0);
  CHECK(summary["not_checked"].empty());
  CHECK(summary["keys_stay"] == false);
  CHECK(summary["status"] == 0);
}

TEST_CASE("a damaged block ends a complete copy with 4, leaves no file and points to rescue") {
  const Source source(damaged(1103));
  const ToolResult result = source.copy({}, 4);
  CHECK(result.tells_one_error());
  CHECK(result.out.empty());
  CHECK(result.err.find("block 1103 (TAGI): block checksum mismatch") != std::string::npos);
  CHECK(result.err.find("vdetool rescue IMAGE --output NEW") != std::string::npos);
  CHECK(source.folder.count() == 1);
  const json error = json::parse(source.copy({"--json"}, 4).err)["error"];
  CHECK(error["code"] == "damaged");
  CHECK(error["block"] == 1103);
  // An old file stays.
  write_file(source.dest, "old");
  CHECK(source.copy({"--force"}, 4).tells_one_error());
  CHECK(read_file(source.dest).size() == 3);
}

TEST_CASE("a copy of metadata has no data, and names the damaged blocks with status 4") {
  const Source source(damaged(1103));
  const ToolResult result = source.copy({"--metadata"}, 4);
  CHECK(result.out.find(": damaged: BLCK-001 block 1103 (TAGI): ") != std::string::npos);
  CHECK(result.out.find(", 1 damaged\n") != std::string::npos);
  std::vector<json> found[2];
  for (size_t i = 0; i < 2; ++i) {
    const ToolResult verify =
        run_tool({"verify", i == 0 ? source.path : source.dest, "--scope", "metadata", "--json"});
    CHECK(verify.status == 4);
    found[i] = verify.json_lines();
    for (json& line : found[i]) {
      line.erase("image");
      line.erase("blocks_checked");  // blocks of zeros become holes
    }
  }
  CHECK(found[0] == found[1]);
  CHECK(run_tool({"tag", "stats", source.dest, "--quiet"}).status == 4);
  CHECK(run_tool({"module", "verify", source.dest}).status != 0);
  const std::vector<json> lines = source.copy({"--metadata", "--force", "--json"}, 4).json_lines();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0]["type"] == "damaged");
  CHECK(lines[0]["block"] == 1103);
  CHECK(lines[0]["code"] == "BLCK-001");
  CHECK(lines[0]["region"] == "TAGI");
  CHECK(lines[1]["content"] == "metadata");
  CHECK(lines[1]["damaged"] == 1);
  CHECK(lines[1]["status"] == 4);
}

TEST_CASE("a scrubbed copy keeps keys and says so") {
  const Source source;
  REQUIRE(run_tool({"tag", "set", source.path, "77", "a secret key=a secret value"}).status == 0);
  REQUIRE(run_tool({"label", source.path, "a secret label"}).status == 0);
  REQUIRE(run_tool({"snapshot", "create", source.path, "--label", "a secret snapshot"}).status ==
          0);
  const ToolResult result = source.copy({"--scrub"}, 0);
  CHECK(result.out.find("keys of tags stay") != std::string::npos);
  CHECK(result.out.find("vdetool dump " + source.dest + " --region TAGI") != std::string::npos);
  const std::vector<uint8_t> bytes = read_file(source.dest);
  const std::string all(bytes.begin(), bytes.end());
  CHECK(all.find("a secret key") != std::string::npos);
  for (const char* word : {"a secret value", "a secret label", "a secret snapshot"})
    CHECK(all.find(word) == std::string::npos);
  CHECK(run_tool({"verify", source.dest, "--scope", "metadata"}).status == 0);
  CHECK(run_tool({"label", source.dest}).out == "\n");
  const auto count = [](const ToolResult& run) { return std::ranges::count(run.out, '\n'); };
  for (const char* noun : {"tag", "snapshot", "module"})
    CHECK(count(run_tool({noun, "list", source.path})) ==
          count(run_tool({noun, "list", source.dest})));
  const json summary = source.copy({"--scrub", "--force", "--json"}, 0).json();
  CHECK(summary["content"] == "scrubbed");
  CHECK(summary["keys_stay"] == true);
}

TEST_CASE("a seal stays in a complete copy and is cleared in a scrubbed one") {
  const Source source(vector_image("sealed-all"));
  const auto is_sealed = [](const std::string& path) {
    const std::vector<uint8_t> bytes = read_file(path);
    return !all_zero(Bytes(bytes).subspan(4096 - 48, 32));
  };
  REQUIRE(is_sealed(source.path));
  CHECK(source.copy({}, 0).err.empty());
  CHECK(is_sealed(source.dest));
  CHECK(source.copy({"--metadata", "--force"}, 0).err.empty());
  CHECK(is_sealed(source.dest));
  CHECK(source.copy({"--scrub", "--force"}, 0).err.empty());
  CHECK_FALSE(is_sealed(source.dest));
}

TEST_CASE("--quiet prints nothing, and a file that is not an image is refused") {
  const Source source;
  CHECK(source.copy({"--quiet"}, 0).out.empty());
  const Source text(std::vector<uint8_t>(5000, 'x'));
  for (const char* option : {"--quiet", "--metadata", "--scrub"}) {
    CHECK(text.copy({option}, 8).tells_one_error());
    CHECK(text.folder.count() == 1);
  }
}
