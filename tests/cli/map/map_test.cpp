// `map`: its lines, its JSON, its files, and what it does with damage.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/verify_images.h"

using namespace vde;
using namespace vde::test;
using nlohmann::json;

namespace {

struct MapImages : VerifyImages {
  MapImages() {
    EditedImage lost(vector_image("profile-minimal"), 4096);
    for (uint64_t block = 0; block < 10; ++block) {
      const MutableBytes bytes = lost.block(block);
      std::fill(bytes.begin(), bytes.end(), uint8_t{0});
    }
    write_file(headless, lost.bytes());
    const auto tool =
        run_tool({"format", fresh, "--size", "1M", "--modules", "none", "--label", "A"});
    REQUIRE(tool.status == 0);
  }
  std::string headless = folder / "headless";  // groups and directory are zero
  std::string fresh = folder / "fresh";
};

std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("into a pipe, a map is one line per run with tabs") {
  const MapImages images;
  const ToolResult result = run_tool({"map", images.fresh});
  INFO(describe(result));
  CHECK(result.status == 0);
  CHECK(result.err.empty());
  CHECK(result.out ==
        "0\t3\tSUPB\tallocated\t-\t-\n"
        "4\t7\tSUPB\tallocated\t-\t-\n"
        "8\t9\tRMAP\tallocated\t-\t-\n"
        "10\t10\tBMAP\tallocated\t-\t-\n"
        "11\t11\tINOD\tallocated\t-\t-\n"
        "12\t75\tMWAL\tallocated\t-\t-\n"
        "76\t255\tDATA\tfree\t-\t-\n");
  CHECK(run_tool({"map", images.fresh, "--blocks", "74-80"}).out ==
        "74\t75\tMWAL\tallocated\t-\t-\n76\t80\tDATA\tfree\t-\t-\n");
}

TEST_CASE("damage is in the lines, and gives status 4 with one error") {
  const MapImages images;
  const ToolResult result = run_tool({"map", images.damaged});
  INFO(describe(result));
  CHECK(result.status == 4);
  CHECK(result.tells_one_error());
  CHECK(result.out.find("\tSUPB-001\n") != std::string::npos);
  CHECK(result.out.find("11\t11\tINOD\tallocated\t-\tBLCK-001\n") != std::string::npos);
}

TEST_CASE("warnings have a place and change no status") {
  const MapImages images;
  const ToolResult result = run_tool({"map", images.warned, "--json"});
  INFO(describe(result));
  CHECK(result.status == 0);
  const json summary = result.json_lines().back();
  CHECK(summary.at("warnings") == 1);
  CHECK(summary.at("errors") == 0);
}

TEST_CASE("an image without superblock and tables still has a map, with status 4") {
  const MapImages images;
  const ToolResult result = run_tool({"map", images.headless, "--json"});
  INFO(describe(result));
  CHECK(result.status == 4);
  const std::vector<json> lines = result.json_lines();
  CHECK(lines.back().at("from_blocks") == true);
  CHECK(lines.back().at("verified") == false);
  uint64_t next = 0;
  for (size_t i = 0; i + 1 < lines.size(); ++i) {
    CHECK(lines[i].at("first") == next);
    next = lines[i].at("last").get<uint64_t>() + 1;
  }
  CHECK(next == lines.back().at("blocks"));
}

TEST_CASE("what is not an image has no map") {
  const MapImages images;
  const std::string svg = images.folder / "map.svg";
  for (const std::string& file : {images.text, images.missing}) {
    const ToolResult result = run_tool({"map", file, "--svg", svg});
    INFO(describe(result));
    CHECK(result.status == 8);
    CHECK(result.tells_one_error());
    CHECK(result.out.empty());
    CHECK_FALSE(std::filesystem::exists(svg));
  }
}

TEST_CASE("a picture replaces no file that is not empty, unless --force, and never the image") {
  const MapImages images;
  const std::string svg = images.folder / "map.svg";
  write_file(svg, std::string("mine"));
  CHECK(run_tool({"map", images.fresh, "--svg", svg}).status == 8);
  CHECK(content_of(svg) == "mine");
  CHECK(run_tool({"map", images.fresh, "--svg", svg, "--force"}).status == 0);
  CHECK(content_of(svg).starts_with("<svg "));
  const std::string image = content_of(images.fresh);
  CHECK(run_tool({"map", images.fresh, "--svg", images.fresh, "--force"}).status == 16);
  CHECK(content_of(images.fresh) == image);
}

TEST_CASE("a picture of a damaged image is complete, and the status says 4") {
  const MapImages images;
  const std::string svg = images.folder / "map.svg";
  CHECK(run_tool({"map", images.damaged, "--svg", svg}).status == 4);
  CHECK(content_of(svg).ends_with("</svg>\n"));
  CHECK(run_tool({"map", images.damaged, "--svg", "-"}).out == content_of(svg));
}

TEST_CASE("a picture that cannot be written leaves nothing") {
  const MapImages images;
  const size_t before = images.folder.count();
  CHECK(run_tool({"map", images.fresh, "--svg", "/dev/full"}).status == 8);
  CHECK(run_tool({"map", images.fresh, "--svg", images.folder / "no/map.svg"}).status == 8);
  CHECK(images.folder.count() == before);
}

TEST_CASE("wrong options of map are refused with 16") {
  const MapImages images;
  const std::vector<std::vector<std::string>> wrong = {
      {"--blocks", "9-8"}, {"--blocks", "x"},   {"--blocks", "256"},
      {"--force"},         {"--scope", "some"}, {"--json", "--svg", "-"}};
  for (const auto& options : wrong) {
    std::vector<std::string> arguments = {"map", images.fresh};
    arguments.insert(arguments.end(), options.begin(), options.end());
    const ToolResult result = run_tool(arguments);
    INFO(describe(result));
    CHECK(result.status == 16);
    CHECK(result.tells_one_error() == (options.front() != "--json"));
  }
}
