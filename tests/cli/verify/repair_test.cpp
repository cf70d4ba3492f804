// verify --repair and undo as a shell runs them: output, statuses and undo files.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "support/edit_image.h"
#include "support/image_builder.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;
using nlohmann::json;

namespace {

struct RepairedImage {
  explicit RepairedImage(const std::vector<uint8_t>& bytes) { write_file(path, bytes); }
  [[nodiscard]] std::vector<uint8_t> bytes() const { return read_file(path); }
  [[nodiscard]] bool has(const std::string& suffix) const {
    return std::filesystem::exists(path + suffix);
  }

  TemporaryFolder folder;
  std::string path = folder / "image.dwvd";
};

std::vector<uint8_t> with_damaged_mirror() {
  return ImageBuilder().wipe(6).bytes();
}

// Damage that can be corrected, and some that cannot.
std::vector<uint8_t> with_both() {
  return ImageBuilder().data_block(200, 1).flip(200, 0).flip(200, 100).wipe(6).bytes();
}

ToolResult repair_run(const std::vector<std::string>& arguments, int status) {
  ToolResult result = run_tool(arguments);
  INFO(describe(result));
  CHECK(result.status == status);
  return result;
}

bool says(const ToolResult& result, const std::string& words) {
  return result.out.find(words) != std::string::npos;
}

// A leaf of the tag index, a value of which has other letters. So has its copy in the journal.
std::vector<uint8_t> with_damaged_leaf() {
  const TemporaryFolder folder;
  const std::string path = folder / "tags.dwvd";
  REQUIRE(run_tool({"format", path, "--size", "4M"}).status == 0);
  std::vector<std::string> set = {"tag", "set", path, "7"};
  for (int i = 0; i < 100; ++i) set.push_back(fmt::format("key{:03}={}", i, std::string(100, 'v')));
  REQUIRE(run_tool(set).status == 0);
  std::vector<uint8_t> bytes = read_file(path);
  const std::string last = "key099";
  const auto next = [&](auto from) {
    return std::search(from, bytes.end(), last.begin(), last.end());
  };
  for (auto at = next(bytes.begin()); at != bytes.end(); at = next(at + 1))
    std::fill_n(at + 50, 10, uint8_t{'w'});
  return bytes;
}

}  // namespace

TEST_CASE("a repair prints its plan, applies it, exits with 1, and the image is clean then") {
  const RepairedImage image(with_damaged_mirror());
  const std::vector<uint8_t> damaged = image.bytes();
  const ToolResult plan = repair_run({"verify", image.path, "--repair", "--dry-run"}, 4);
  CHECK(says(plan, "copy the primary superblock group over the mirror group (block"));
  CHECK(says(plan, ": plan: "));
  CHECK(says(plan, " (block 6)"));
  CHECK_FALSE(says(plan, ": done: "));
  CHECK(says(plan, ": damaged: 1 error, 0 warnings, 0 notes ("));
  CHECK(image.bytes() == damaged);
  CHECK_FALSE(image.has(".undo"));

  const ToolResult done = repair_run({"verify", image.path, "--repair"}, 1);
  CHECK(says(done, ": done: "));
  CHECK(says(done, ": repaired ("));
  CHECK(says(done, ": to revert: vdetool undo " + image.path + " " + image.path + ".undo\n"));
  CHECK(image.has(".undo"));
  const std::vector<uint8_t> repaired = image.bytes();
  repair_run({"verify", image.path}, 0);
  repair_run({"verify", image.path, "--repair"}, 0);
  CHECK(image.bytes() == repaired);
  CHECK_FALSE(image.has(".undo.1"));
}

TEST_CASE("findings that are left are listed, and the status is that of damage") {
  const RepairedImage image(with_both());
  const ToolResult done = repair_run({"verify", image.path, "--repair"}, 4);
  CHECK(says(done, ": left: error BLCK-001 block 200"));
  CHECK(says(done, ": partly repaired: 1 of 2 errors left ("));
  repair_run({"verify", image.path, "--repair"}, 4);
}

TEST_CASE("the JSON of a repair has the plan, and a summary that counts") {
  const RepairedImage image(with_both());
  const std::vector<json> lines =
      repair_run({"verify", image.path, "--repair", "--json"}, 4).json_lines();
  REQUIRE(lines.size() == 5);
  CHECK(lines[0]["type"] == "finding");
  CHECK(lines[0]["code"] == "SUPB-001");
  CHECK(lines[0]["fixable"] == true);
  CHECK(lines[1]["code"] == "BLCK-001");
  CHECK(lines[1]["fixable"] == false);
  CHECK(lines[2]["type"] == "repair");
  CHECK(lines[2]["blocks"] == json::array({{{"first", 6}, {"last", 6}}}));
  CHECK(lines[2]["loses"] == nullptr);
  CHECK(lines[3]["type"] == "left");
  CHECK(lines[3]["left"] == true);
  CHECK(lines[4]["type"] == "summary");
  CHECK(lines[4]["corrected"] == 1);
  CHECK(lines[4]["left"] == 1);
  CHECK(lines[4]["lost"] == 0);
  CHECK(lines[4]["lost_file"] == nullptr);
  CHECK(lines[4]["status"] == 4);
}

TEST_CASE("without --allow-loss a repair takes only the steps that lose nothing") {
  const RepairedImage image(with_damaged_leaf());
  const std::vector<uint8_t> damaged = image.bytes();
  const ToolResult kept = repair_run({"verify", image.path, "--repair"}, 4);
  CHECK(says(kept, ": left: rebuild the tag tree"));
  CHECK(says(kept, "needs --allow-loss"));
  CHECK(image.bytes() == damaged);
  CHECK_FALSE(image.has(".undo"));
  CHECK_FALSE(image.has(".lost.jsonl"));
}

TEST_CASE("with --allow-loss every lost entry is listed, and the status has both bits") {
  const RepairedImage image(with_damaged_leaf());
  const std::vector<json> lines =
      repair_run({"verify", image.path, "--repair", "--allow-loss", "--json"}, 5).json_lines();
  const json& summary = lines.back();
  CHECK(summary["lost"] > 0);
  CHECK(summary["lost_file"] == image.path + ".lost.jsonl");
  std::ifstream list(image.path + ".lost.jsonl");
  std::string line;
  std::set<std::string> keys;
  uint64_t count = 0;
  while (std::getline(list, line)) {
    const json entry = json::parse(line);
    if (entry.contains("tag")) keys.insert(entry["tag"]["key"]);
    if (!entry["count"].is_null()) count += entry["count"].get<uint64_t>();
  }
  CHECK(count == summary["lost"]);
  CHECK(keys.contains("key099"));
  repair_run({"verify", image.path}, 0);
}

TEST_CASE("a plan is applied exactly, or refused") {
  const RepairedImage image(with_damaged_leaf());
  const std::vector<uint8_t> damaged = image.bytes();
  const std::string plan = image.path + ".plan";
  repair_run({"verify", image.path, "--repair", "--allow-loss", "--plan", plan}, 4);
  CHECK(image.bytes() == damaged);
  CHECK_FALSE(image.has(".lost.jsonl"));
  repair_run({"verify", image.path, "--repair", "--apply", plan, "--allow-loss"}, 16);
  repair_run({"verify", image.path, "--repair", "--apply", plan}, 5);
  repair_run({"verify", image.path}, 0);
  const std::vector<uint8_t> repaired = image.bytes();
  repair_run({"verify", image.path, "--repair", "--apply", plan}, 8);
  CHECK(image.bytes() == repaired);
}

TEST_CASE("undo restores the old bytes, can itself be undone, and does nothing twice") {
  const RepairedImage image(vector_image("online-add-tags"));
  const std::string before = file_sha256(image.path);
  repair_run({"verify", image.path, "--repair"}, 1);
  const std::string after = file_sha256(image.path);
  CHECK(after != before);
  repair_run({"undo", image.path, image.path + ".undo"}, 0);
  CHECK(file_sha256(image.path) == before);
  CHECK(image.has(".undo.1"));
  repair_run({"undo", image.path, image.path + ".undo", "--no-undo"}, 1);
  repair_run({"undo", image.path, image.path + ".undo.1", "--no-undo"}, 0);
  CHECK(file_sha256(image.path) == after);
}

TEST_CASE("an undo file is never written over another, and only its owner reads it") {
  const RepairedImage image(with_damaged_mirror());
  write_file(image.path + ".undo", {1, 2, 3});
  const std::vector<uint8_t> damaged = image.bytes();
  repair_run({"verify", image.path, "--repair", "--undo", image.path + ".undo"}, 12);
  CHECK(image.bytes() == damaged);
  repair_run({"verify", image.path, "--repair"}, 1);
  CHECK(read_file(image.path + ".undo") == std::vector<uint8_t>{1, 2, 3});
  struct stat status {};
  REQUIRE(stat((image.path + ".undo.1").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("undo rejects an undo file of another image, and a file that is not an undo file") {
  const RepairedImage image(with_damaged_mirror());
  repair_run({"verify", image.path, "--repair"}, 1);
  const std::string other = image.folder / "other.dwvd";
  repair_run({"format", other, "--size", "1M"}, 0);
  const std::vector<uint8_t> untouched = read_file(other);
  repair_run({"undo", other, image.path + ".undo"}, 8);
  const ToolResult refused = repair_run({"undo", other, image.path}, 8);
  CHECK(refused.err.starts_with("vdetool: " + image.path + ": "));
  CHECK(read_file(other) == untouched);
  repair_run({"label", image.path, "later"}, 0);
  repair_run({"undo", image.path, image.path + ".undo"}, 8);
}

TEST_CASE("options of a repair need --repair, and a sealed image needs --unseal") {
  const RepairedImage image(with_damaged_mirror());
  for (const char* option : {"--dry-run", "--no-undo", "--unseal"})
    repair_run({"verify", image.path, option}, 16);
  repair_run({"verify", image.path, "--repair", "--undo", "x", "--no-undo"}, 16);

  ImageBuilder sealed;
  for (const uint64_t block : {kPrimaryGroup, kMirrorGroup})
    sealed.patch(block, 4048, "01").rehash(block);
  sealed.bits(200, 201, true);
  const RepairedImage locked(sealed.bytes());
  repair_run({"verify", locked.path, "--repair", "--no-undo"}, 8);
  CHECK(locked.bytes() == sealed.bytes());
  repair_run({"verify", locked.path, "--repair", "--no-undo", "--unseal"}, 1);
  repair_run({"verify", locked.path}, 0);
}
