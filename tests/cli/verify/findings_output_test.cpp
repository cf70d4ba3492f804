// The output of verify for pipelines: SARIF, JSON lines, summaries, several images, streams.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <set>

#include "support/edit_image.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"
#include "support/verify_images.h"

using namespace vde::test;
using nlohmann::json;

namespace {

// The members that the schema of SARIF 2.1.0 requires, and the targets of its references.
void check_sarif(const json& log) {
  CHECK(log.at("version") == "2.1.0");
  CHECK(log.at("$schema").get<std::string>().find("sarif-2.1.0") != std::string::npos);
  REQUIRE(log.at("runs").size() == 1);
  const json& run = log["runs"][0];
  const json& driver = run.at("tool").at("driver");
  CHECK(driver.at("name") == "vdetool");
  CHECK_FALSE(driver.at("version").get<std::string>().empty());
  const std::set<std::string> levels = {"error", "warning", "note"};
  std::set<std::string> ids;
  for (const json& rule : driver.at("rules")) {
    CHECK(ids.insert(rule.at("id").get<std::string>()).second);
    CHECK(levels.contains(rule.at("defaultConfiguration").at("level").get<std::string>()));
    for (const char* member : {"shortDescription", "fullDescription", "help"})
      CHECK_FALSE(rule.at(member).at("text").get<std::string>().empty());
  }
  for (const json& result : run.at("results")) {
    const auto index = result.at("ruleIndex").get<size_t>();
    CHECK(driver["rules"].at(index)["id"] == result.at("ruleId"));
    CHECK(driver["rules"][index]["defaultConfiguration"]["level"] == result.at("level"));
    CHECK_FALSE(result.at("message").at("text").get<std::string>().empty());
    REQUIRE(result.at("locations").size() == 1);
    const json& artifact = result["locations"][0].at("physicalLocation").at("artifactLocation");
    CHECK(run.at("artifacts").at(artifact.at("index").get<size_t>()).at("location").at("uri") ==
          artifact.at("uri"));
  }
  REQUIRE(run.at("invocations").size() == 1);
  CHECK(run["invocations"][0].at("executionSuccessful").is_boolean());
}

}  // namespace

TEST_CASE("SARIF: one log with rules, results with positions in bytes, and the exit status") {
  const VerifyImages images;
  const ToolResult result =
      run_tool({"verify", "--format", "sarif", images.clean, images.damaged, images.warned});
  INFO(describe(result));
  CHECK(result.status == 4);
  CHECK(result.err.empty());
  const json log = result.json();
  check_sarif(log);
  const json& run = log["runs"][0];
  REQUIRE(run["results"].size() == 3);
  const json& first = run["results"][0];
  CHECK(first["ruleId"] == "SUPB-001");
  CHECK(first["level"] == "error");
  const json& place = first["locations"][0]["physicalLocation"];
  CHECK(place["region"] == json{{"byteOffset", 0}, {"byteLength", 4096}});
  // A name is a URI: a space and a percent sign are escaped.
  CHECK(place["artifactLocation"]["uri"].get<std::string>().ends_with("/a%20damaged%3Aimage%25"));
  const json& second = run["results"][1];
  CHECK(second["ruleId"] == "BLCK-001");
  CHECK(second["locations"][0]["physicalLocation"]["region"]["byteOffset"] == 11 * 4096);
  CHECK(second["locations"][0]["logicalLocations"][0]["name"] == "INOD");
  CHECK(second["properties"]["block"] == 11);
  CHECK(run["results"][2]["level"] == "warning");
  CHECK(run["invocations"][0]["exitCode"] == 4);
  CHECK(run["invocations"][0]["executionSuccessful"] == true);
  const json& summaries = run["properties"]["summaries"];
  REQUIRE(summaries.size() == 3);
  CHECK(summaries[0]["status"] == 0);
  CHECK(summaries[1]["errors"] == 2);
}

TEST_CASE("SARIF lists the images that could not be verified") {
  const VerifyImages images;
  const ToolResult result = run_tool({"verify", "--format", "sarif", images.text, images.damaged});
  INFO(describe(result));
  CHECK(result.status == 12);
  const json log = result.json();
  check_sarif(log);
  const json& invocation = log["runs"][0]["invocations"][0];
  CHECK(invocation["executionSuccessful"] == false);
  REQUIRE(invocation["toolExecutionNotifications"].size() == 1);
  const json& failure = invocation["toolExecutionNotifications"][0];
  CHECK(failure["level"] == "error");
  CHECK(failure["message"]["text"].get<std::string>().find("DWVD") != std::string::npos);
  CHECK(log["runs"][0]["results"].size() == 2);
}

TEST_CASE("SARIF of clean images has no results, and --json excludes it") {
  const VerifyImages images;
  const json log = run_tool({"verify", "--format", "sarif", images.clean}).json();
  check_sarif(log);
  CHECK(log["runs"][0]["results"] == json::array());
  CHECK(run_tool({"verify", "--format", "sarif", "--json", images.clean}).status == 16);
}

TEST_CASE("warnings fail only when they are asked to, in every format") {
  const VerifyImages images;
  for (const char* format : {"text", "json", "sarif"}) {
    CAPTURE(format);
    CHECK(run_tool({"verify", "--format", format, images.warned}).status == 0);
    CHECK(run_tool({"verify", "--format", format, "--fail-on", "warning", images.warned}).status ==
          4);
    CHECK(run_tool({"verify", "--format", format, "--fail-on", "warning", images.clean}).status ==
          0);
  }
}

TEST_CASE("one summary per image: counts by severity, intact, not checked") {
  const VerifyImages images;
  const ToolResult result =
      run_tool({"verify", "--format", "json", images.damaged, images.clean, "--scope", "metadata"});
  INFO(describe(result));
  CHECK(result.status == 4);
  std::vector<json> summaries;
  for (const json& line : result.json_lines())
    if (line.at("type") == "summary") summaries.push_back(line);
  REQUIRE(summaries.size() == 2);
  CHECK(summaries[0]["errors"] == 2);
  CHECK(summaries[0]["meaning"] == "damaged");
  const auto intact = summaries[0]["intact"].get<std::set<std::string>>();
  CHECK(intact.contains("mirror group"));
  CHECK(intact.contains("BMAP"));
  CHECK_FALSE(intact.contains("primary group"));
  CHECK_FALSE(intact.contains("INOD"));
  CHECK(summaries[1]["intact"].size() > intact.size());
  CHECK(summaries[1]["not_checked"] == json::array({"data blocks"}));
  CHECK(summaries[1]["blocks_checked"] > 10);
  const ToolResult text = run_tool({"verify", images.damaged});
  CHECK(text.out.find(": intact: mirror group, region directory, BMAP, ") != std::string::npos);
}

TEST_CASE("verify - reads an image from a pipe, and lists what it could not check") {
  const VerifyImages images;
  const ToolResult clean = run_tool({.arguments = {"verify", "-"}, .input = images.clean});
  INFO(describe(clean));
  CHECK(clean.status == 0);
  CHECK(clean.out.starts_with("-: clean ("));
  CHECK(clean.out.find("-: not checked: journal") != std::string::npos);
  const ToolResult damaged =
      run_tool({.arguments = {"verify", "-", "--json"}, .input = images.damaged});
  INFO(describe(damaged));
  CHECK(damaged.status == 4);
  const auto lines = damaged.json_lines();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["code"] == "SUPB-001");
  CHECK(lines[1]["code"] == "BLCK-001");
  CHECK(lines[2]["not_checked"][0] == "journal");
  CHECK(run_tool({.arguments = {"verify", "-"}, .input = images.text}).status == 8);
  CHECK(run_tool({.arguments = {"verify", "-"}, .input = "/dev/null"}).status == 8);
  CHECK(run_tool({.arguments = {"verify", "-"}, .input = images.folder.path()}).status == 8);
}

TEST_CASE("SIGUSR1 during verify prints one line, and the work continues") {
  const VerifyImages images;
  EditedImage image(vector_image("everything-1"), 4096);
  for (uint64_t block = 1103; block < 1359; ++block) image.block(block)[9] ^= 1;
  write_file(images.folder / "many", image.bytes());
  const std::string path = images.folder / "many";
  const auto interrupted = [](std::vector<std::string> arguments) {
    StartedTool tool({.arguments = std::move(arguments)});
    REQUIRE(tool.wait_until_output_full());
    tool.send(SIGUSR1);
    ToolResult result = tool.finish();
    INFO(describe(result));
    CHECK(result.status == 4);
    return result;
  };
  const std::vector<std::string> often(6, path);
  // One after the other: at once, all of them may be done before anybody reads.
  std::vector<std::string> as_text = {"verify", "--jobs", "1"};
  as_text.insert(as_text.end(), often.begin(), often.end());
  const ToolResult text = interrupted(as_text);
  CHECK(text.tells_one_error());
  CHECK(text.err.find(": block trailers: ") != std::string::npos);
  CHECK(text.err.find("% (") != std::string::npos);
  const json progress = json::parse(interrupted({"verify", path, "--json"}).err).at("progress");
  CHECK(progress.at("command") == "verify");
  CHECK(progress.at("image") == path);
  CHECK(progress.at("phase") == "block trailers");
  CHECK(progress.at("total") > progress.at("done"));
  CHECK(progress.at("percent") <= 100);
}

TEST_CASE("dump --raw and --hex with --json print one object per block") {
  const VerifyImages images;
  const auto hex =
      run_tool({"dump", images.clean, "--block", "8-9", "--hex", "--json"}).json_lines();
  REQUIRE(hex.size() == 2);
  CHECK(hex[1]["command"] == "dump");
  CHECK(hex[1]["block"] == 9);
  CHECK(hex[1]["offset"] == 9 * 4096);
  CHECK(hex[1]["size"] == 4096);
  CHECK(hex[1]["hex"].get<std::string>().size() == 8192);
  CHECK(hex[1]["hex"].get<std::string>().starts_with("01007f00"));
  const auto raw = run_tool({"dump", images.clean, "--block", "0", "--raw", "--json"}).json_lines();
  REQUIRE(raw.size() == 1);
  CHECK(raw[0]["base64"].get<std::string>().starts_with("RFdWRAIA"));
  for (const char* what : {"--regions", "--offset=0"})
    CHECK(run_tool({"dump", images.clean, what, "--hex"}).status == 16);
}

TEST_CASE("help on help is help") {
  const ToolResult help = run_tool({"help", "help"});
  CHECK(help.status == 0);
  CHECK(help.out == run_tool({"--help"}).out);
}
