// `log`: its lines, its JSON, its filters and its exit statuses.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "support/edit_image.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"

using namespace vde::test;
using nlohmann::json;

namespace {

constexpr uint32_t kBlockSize = 4096;

// A sample as a file.
struct LogImage {
  explicit LogImage(const std::string& name) { write_file(path, vector_image(name)); }

  [[nodiscard]] ToolResult log(std::vector<std::string> options = {}) const {
    options.insert(options.begin(), {"log", path});
    return run_tool(options);
  }

  TemporaryFolder folder;
  std::string path = folder / "image";
};

// The lines with tabs are entries.
std::vector<std::string> lines_of(const std::string& text, bool with_tabs) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    std::string line = text.substr(at, end - at);
    if ((line.find('\t') != std::string::npos) == with_tabs) lines.push_back(std::move(line));
    at = end + 1;
  }
  return lines;
}

size_t entries_in(const ToolResult& result) {
  return lines_of(result.out, true).size();
}

}  // namespace

TEST_CASE("into a pipe, an entry is one line with tabs, and the state a line without them") {
  const LogImage image("cmvt-audit");
  const ToolResult result = image.log();
  INFO(describe(result));
  CHECK(result.status == 0);
  CHECK(result.err.empty());
  CHECK(result.out.starts_with(
      "2024-12-17T02:40:00.0000000Z\tALOG\t0\td919805a-85a8-02fa-3a4c-d2ba59cff597\tread\t"
      "73a361a8-bd61-97a7-a260-5a6e2357515e\t-\t-\n"
      "2024-12-17T02:40:00.0000010Z\tALOG\t1\t918dd49e-013f-1fdb-a84b-e6f6ef45ce77\twrite\t"
      "ff8d5368-1699-8c1d-c6eb-5ee10a422fed\t-\tevent 1 dd\n"));
  CHECK(
      lines_of(result.out, false) ==
      std::vector<std::string>{"compliance audit log (ALOG, slot 7): 4 entries, 0 to 3: complete"});
  for (const std::string& line : lines_of(result.out, true))
    CHECK(std::ranges::count(line, '\t') == 7);
}

TEST_CASE("logs come in the order of the region table, their states after all entries") {
  const LogImage image("all-regions");
  const ToolResult result = image.log({"--json"});
  INFO(describe(result));
  CHECK(result.status == 0);
  std::string order;
  for (const json& line : result.json_lines())
    order +=
        line.at("type") == "summary"
            ? "summary"
            : fmt::format("{}{} ", line.at("type") == "log" ? "=" : "", line.at("slot").get<int>());
  std::string expected;
  for (int i = 0; i < 3; ++i) expected += "17 ";
  for (int i = 0; i < 12; ++i) expected += "23 ";
  for (int i = 0; i < 9; ++i) expected += "24 ";
  CHECK(order == expected + "=10 =17 =23 =24 =25 summary");
}

TEST_CASE("JSON has the entries, the states and a summary") {
  const LogImage image("alog-broken-chain");
  const ToolResult result = image.log({"--json"});
  INFO(describe(result));
  CHECK(result.status == 4);
  const std::vector<json> lines = result.json_lines();
  REQUIRE(lines.size() == 12);
  CHECK(lines[5].at("faults") == json::array({"hash"}));
  CHECK(lines[4].at("event") == 77);
  CHECK(lines[4].at("event_name") == nullptr);
  CHECK(lines[4].at("fields").at("details_length") == 12);
  CHECK(lines[10].at("state") == "broken");
  CHECK(lines[10].at("broken_entry") == 5);
  CHECK(lines[10].at("broken_block") == 1099);
  CHECK(lines[11].at("broken") == 1);
  CHECK(lines[11].at("shown") == 10);
  CHECK(json::parse(result.err).at("error").at("status") == 4);
}

TEST_CASE("a broken chain gives status 4 with one error, and all entries are printed") {
  const LogImage image("alog-broken-chain");
  const ToolResult result = image.log();
  INFO(describe(result));
  CHECK(result.status == 4);
  CHECK(result.tells_one_error());
  CHECK(entries_in(result) == 10);
  CHECK(result.out.find(": broken at entry 5 (block 1099): it does not hold the hash of the entry "
                        "before it\n") != std::string::npos);
}

TEST_CASE("filters restrict what is printed, not what is checked") {
  const LogImage image("alog-broken-chain");
  const auto count = [&](std::vector<std::string> options) {
    const ToolResult result = image.log(std::move(options));
    INFO(describe(result));
    CHECK(result.status == 4);
    CHECK(lines_of(result.out, false).size() == 1);
    return entries_in(result);
  };
  CHECK(count({"--type", "MLOG"}) == 0);
  CHECK(count({"--type", "ALOG"}) == 10);
  CHECK(count({"--since", "2024-12-17T02:40:00.0000080Z"}) == 2);
  CHECK(count({"--until", "2024-12-17T02:40:00.0000080Z"}) == 9);
  CHECK(count({"--since", "2024-12-17T03:40:00.000001+01:00", "--until",
               "2024-12-17T02:40:00.000002"}) == 2);
  CHECK(count({"--since", "2024-12-17", "--until", "2024-12-17"}) == 10);
  CHECK(count({"--since", "2024-12-18"}) == 0);
  CHECK(count({"--until", "2024-12-16"}) == 0);
  CHECK(count({"--actor", "918DD49E"}) == 3);
  CHECK(count({"--actor", "918dd49e-013f-1fdb-a84b-e6f6ef45ce77", "--until",
               "2024-12-17T02:40:00.000001"}) == 1);
  CHECK(count({"--actor", "918dd49f"}) == 0);
}

TEST_CASE("a wrong command line is refused with status 16") {
  const LogImage image("alog-5");
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{"--type", "TAGI"},
        {"--since", "yesterday"},
        {"--until", "2024"},
        {"--since", "2024-12-18", "--until", "2024-12-17"},
        {"--since="},
        {"--actor="},
        {"--actor", ""}}) {
    const ToolResult result = image.log(options);
    INFO(describe(result));
    CHECK(result.status == 16);
    CHECK(result.out.empty());
    CHECK(result.tells_one_error());
  }
}

TEST_CASE("an image without logs gives status 1, and says so") {
  const LogImage image("everything-1");
  const ToolResult result = image.log();
  INFO(describe(result));
  CHECK(result.status == 1);
  CHECK(result.out.empty());
  CHECK(result.err.find("the image has no log") != std::string::npos);
}

TEST_CASE("what is not an image has no logs, with status 8") {
  const LogImage image("alog-5");
  write_file(image.path, std::string(5000, 'x'));
  CHECK(image.log().status == 8);
  CHECK(run_tool({"log", image.folder / "missing"}).status == 8);
}

TEST_CASE("damage elsewhere in the image changes nothing") {
  const LogImage image("alog-multi");
  const ToolResult whole = image.log();
  CHECK(whole.status == 0);
  EditedImage damaged(vector_image("alog-multi"), kBlockSize);
  // A superblock and a pointer table, the bitmap, inodes, the journal's header.
  for (const uint64_t block : {0u, 1u, 10u, 11u, 1035u}) damaged.block(block)[100] ^= 1;
  write_file(image.path, damaged.bytes());
  CHECK(run_tool({"verify", image.path}).status == 4);
  const ToolResult result = image.log();
  INFO(describe(result));
  CHECK(result.status == 0);
  CHECK(result.out == whole.out);
}

TEST_CASE("a log in unverified regions is printed, with status 4") {
  const LogImage image("alog-5");
  EditedImage damaged(vector_image("alog-5"), kBlockSize);
  for (const uint64_t block : {1u, 5u, 8u, 9u}) damaged.block(block)[4000] ^= 1;
  write_file(image.path, damaged.bytes());
  const ToolResult result = image.log();
  INFO(describe(result));
  CHECK(result.status == 4);
  CHECK(entries_in(result) == 5);
  CHECK(result.err.find("bytes that do not verify") != std::string::npos);
}

TEST_CASE("a log whose end is cut off with the file is printed up to there") {
  const LogImage image("alog-multi");
  std::vector<uint8_t> bytes = vector_image("alog-multi");
  bytes.resize(1101 * kBlockSize);
  write_file(image.path, bytes);
  const ToolResult result = image.log();
  INFO(describe(result));
  CHECK(result.status == 4);
  CHECK(entries_in(result) > 10);
  CHECK(entries_in(result) < 100);
  CHECK(result.out.find("extends past the end of the volume") != std::string::npos);
}
