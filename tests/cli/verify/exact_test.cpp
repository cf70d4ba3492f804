// What the program says of damage whose original it finds, and --from.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "support/image_builder.h"
#include "support/random_bytes.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"

using namespace vde;
using namespace vde::test;

namespace {

struct ExactFiles {
  ExactFiles() {
    ImageBuilder image;
    image.data_block(200, 1);
    sound = image.bytes();
    write_file(copy, sound);
    // A bit in the tag index, and all of a data block but its checksum.
    image.flip(image.start("TAGI") + 1, 1234, 3);
    for (size_t i = 0; i < 2000; ++i) image.flip(200, i, i % 8);
    leaf = image.start("TAGI") + 1;
    write_file(path, image.bytes());
  }

  TemporaryFolder folder;
  std::string path = folder / "image.dwvd";
  std::string copy = folder / "backup.dwvd";
  std::vector<uint8_t> sound;
  uint64_t leaf = 0;
};

constexpr const char* kBit = "bit 3 of byte 1234 of the payload is flipped";

bool has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("verify names the flipped bit, in text, JSON and SARIF") {
  const ExactFiles files;
  for (const char* format : {"text", "json", "sarif"}) {
    const ToolResult result = run_tool({"verify", files.path, "--format", format});
    INFO(describe(result));
    CHECK(result.status == 4);
    CHECK(has(result.out, kBit));
  }
  for (const auto& line : run_tool({"verify", files.path, "--json"}).json_lines())
    if (line["type"] == "finding" && line["block"].is_number())
      CHECK(line["fixable"] == (line["block"] == files.leaf));
}

TEST_CASE("progress names the block whose original is searched for, in text and JSON") {
  ImageBuilder image({16384, 256, kAllModules});
  const uint64_t leaf = image.start("TAGI") + 1;
  // Noise, of which everything is tried: each block takes half a second.
  Random random(1);
  for (uint64_t block = leaf; block < leaf + 3; ++block) {
    if (all_zero(image.block(block))) image.data_block(block, 1);
    fill_randomly(image.payload(block), random);
  }
  const TemporaryFolder folder;
  write_file(folder / "image", image.bytes());
  const ToolResult text = run_tool({"verify", folder / "image", "--progress"});
  INFO(describe(text));
  CHECK(has(text.err, "searching for the original of block "));
  CHECK(has(text.err, "% of the search time used"));
  std::set<uint64_t> searched;
  std::istringstream lines(run_tool({"verify", folder / "image", "--progress", "--json"}).err);
  for (std::string line; std::getline(lines, line);) {
    const auto progress = nlohmann::json::parse(line).at("progress");
    if (!progress.at("searched_block").is_number()) continue;
    searched.insert(progress.at("searched_block").get<uint64_t>());
    CHECK(progress.at("search_percent").is_number());
    CHECK(progress.at("search_percent") <= 100);
  }
  CHECK_FALSE(searched.empty());
  for (const uint64_t block : searched) CHECK((block >= leaf && block < leaf + 3));
}

TEST_CASE("--from takes what is left of the damage from an older copy, and only reads it") {
  const ExactFiles files;
  const ToolResult done = run_tool({"verify", files.path, "--repair", "--from", files.copy});
  INFO(describe(done));
  CHECK(done.status == 1);
  CHECK(has(done.out, kBit));
  CHECK(has(done.out, "block 200 of " + files.copy));
  CHECK(read_file(files.path) == files.sound);
  CHECK(read_file(files.copy) == files.sound);
  CHECK(run_tool({"verify", files.path}).status == 0);
  CHECK(run_tool({"undo", files.path, files.path + ".undo"}).status == 0);
  CHECK(read_file(files.path) != files.sound);
}

TEST_CASE("--from can be given several times, and each file must be there and another one") {
  const ExactFiles files;
  const std::string text = files.folder / "text";
  write_file(text, std::string(5000, 'x'));
  const ToolResult done =
      run_tool({"verify", "--repair", "--from", text, "--from", files.copy, files.path});
  INFO(describe(done));
  CHECK(done.status == 1);
  CHECK(read_file(files.path) == files.sound);

  const ToolResult missing =
      run_tool({"verify", files.path, "--repair", "--from", files.folder / "missing"});
  CHECK(missing.status == 8);
  CHECK(has(missing.err, "missing: "));
  CHECK(run_tool({"verify", files.path, "--repair", "--from", files.path}).status == 16);
  CHECK(run_tool({"verify", files.path, "--from", files.copy}).status == 16);
}
