// Baselines: findings that are known do not count.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/edit_image.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"
#include "support/verify_images.h"

using namespace vde::test;
using nlohmann::json;

namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

struct BaselineImages : VerifyImages {
  BaselineImages() {
    const ToolResult written = run_tool({"verify", damaged, warned, "--write-baseline", baseline});
    INFO(describe(written));
    // They do not count only once they are accepted.
    CHECK(written.status == 4);
    CHECK(contains(written.out, "BLCK-001"));
  }
  std::string baseline = folder / "baseline";
};

// Runs verify, which must refuse the baseline; returns the message.
std::string refusal(const std::vector<std::string>& words, int status) {
  const ToolResult result = run_tool(words);
  INFO(describe(result));
  CHECK(result.status == status);
  CHECK(result.out.empty());
  CHECK(result.tells_one_error());
  return result.err;
}

}  // namespace

TEST_CASE("accepted findings are not printed and do not count; the summary has their number") {
  const BaselineImages images;
  const ToolResult text = run_tool({"verify", images.damaged, "--baseline", images.baseline});
  INFO(describe(text));
  CHECK(text.status == 0);
  CHECK_FALSE(contains(text.out, "BLCK-001"));
  CHECK(contains(text.out, ": no new damage; 2 accepted findings ("));
  const auto lines = run_tool({"verify", "--json", images.damaged, images.warned, "--baseline",
                               images.baseline, "--fail-on", "warning"})
                         .json_lines();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["accepted"] == 2);
  CHECK(lines[0]["errors"] == 0);
  CHECK(lines[0]["left"] == 0);
  CHECK(lines[0]["status"] == 0);
  CHECK(lines[0]["meaning"] == "clean except for accepted findings");
  CHECK(lines[1]["accepted"] == 1);
  CHECK(lines[2]["accepted"] == 3);
  CHECK(lines[2]["status"] == 0);
  const json log =
      run_tool({"verify", "--format", "sarif", images.damaged, "--baseline", images.baseline})
          .json();
  CHECK(log["runs"][0]["results"].empty());
}

TEST_CASE("a finding with another code, region, block or image is new") {
  const BaselineImages images;
  EditedImage image(vector_image("profile-minimal"), 4096);
  for (const uint64_t block : {0u, 11u, 12u}) image.block(block)[9] ^= 1;
  write_file(images.damaged, image.bytes());
  const ToolResult result =
      run_tool({"verify", "--json", images.damaged, "--baseline", images.baseline});
  CHECK(result.status == 4);
  const auto lines = result.json_lines();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0]["block"] == 12);
  CHECK(lines[1]["errors"] == 1);
  CHECK(lines[1]["accepted"] == 2);
  // The same file under another name.
  const std::string other = images.folder.path() + "/./a damaged:image%";
  CHECK(run_tool({"verify", other, "--baseline", images.baseline, "--json"}).json_lines().size() ==
        4);
}

TEST_CASE("a name that is not UTF-8 is compared byte by byte") {
  const VerifyImages images;
  const std::string odd = images.folder / "odd\xff";
  const std::string like = images.folder / "odd\xfe";
  const std::string baseline = images.folder / "baseline";
  for (const std::string& name : {odd, like}) std::filesystem::copy_file(images.damaged, name);
  CHECK(run_tool({"verify", odd, "--write-baseline", baseline}).status == 4);
  CHECK(run_tool({"verify", odd, "--baseline", baseline}).status == 0);
  CHECK(run_tool({"verify", like, "--baseline", baseline}).status == 4);
}

TEST_CASE(
    "what verify --json printed is a baseline, and holds what is not printed only if written") {
  const VerifyImages images;
  const std::string baseline = images.folder / "baseline";
  write_file(baseline, run_tool({"verify", "--json", images.damaged, images.clean}).out);
  CHECK(run_tool({"verify", images.damaged, "--baseline", baseline}).status == 0);
  // All findings are written, whatever is printed.
  CHECK(run_tool({"verify", images.warned, "-q", "--min-severity", "error", "--write-baseline",
                  baseline})
            .status == 0);
  CHECK(
      run_tool({"verify", images.warned, "--fail-on", "warning", "--baseline", baseline}).status ==
      0);
}

TEST_CASE("a line that verify does not write is named") {
  const BaselineImages images;
  const std::string good = content_of(images.baseline);
  for (const char* bad :
       {"x", "{}", "[1]", R"({"schema_version":1,"command":"info","type":"finding"})",
        R"({"schema_version":2,"command":"verify","type":"summary"})",
        R"({"schema_version":1,"command":"verify","type":"finding","image":"i","code":7,)"
        R"("region":null,"block":null})",
        R"({"schema_version":1,"command":"verify","type":"finding","image":"i","code":"A",)"
        R"("region":null,"block":-1})",
        ""}) {
    CAPTURE(bad);
    write_file(images.baseline, good + bad + "\n" + good);
    CHECK(refusal({"verify", images.clean, "--baseline", images.baseline}, 8) ==
          "vdetool: " + images.baseline +
              ": line 4: not a line of 'verify --json'; make a baseline with 'vdetool verify IMAGE "
              "--write-baseline FILE'\n");
  }
  write_file(images.baseline, std::string(size_t{3} << 20, '['));
  CHECK(
      contains(refusal({"verify", images.clean, "--baseline", images.baseline}, 8), ": line 1: "));
  CHECK(contains(refusal({"verify", images.clean, "--baseline", images.missing}, 8),
                 "/missing: cannot open: "));
}

TEST_CASE("a baseline can be read and rewritten in the same run") {
  const BaselineImages images;
  const std::string before = content_of(images.baseline);
  const ToolResult result = run_tool({"verify", images.damaged, images.warned, "--baseline",
                                      images.baseline, "--write-baseline", images.baseline});
  INFO(describe(result));
  CHECK(result.status == 0);
  CHECK(content_of(images.baseline) == before);
  // One image less: its findings are no longer in it.
  CHECK(run_tool({"verify", images.warned, "--baseline", images.baseline, "--write-baseline",
                  images.baseline})
            .status == 0);
  CHECK(content_of(images.baseline).size() < before.size());
}

TEST_CASE("a baseline is written complete or not at all") {
  const BaselineImages images;
  const std::string before = content_of(images.baseline);
  const ToolResult failed =
      run_tool({"verify", images.clean, images.missing, "--write-baseline", images.baseline});
  INFO(describe(failed));
  CHECK(failed.status == 8);
  CHECK(contains(failed.err, ": the baseline was not written; it needs every image to be checked"));
  CHECK(content_of(images.baseline) == before);
  const std::string nowhere = images.folder / "no/folder";
  CHECK(contains(refusal({"verify", images.clean, "--write-baseline", nowhere}, 8), nowhere));
}

TEST_CASE("a file that is not a baseline is not replaced by one") {
  const BaselineImages images;
  const std::string before = content_of(images.text);
  CHECK(contains(refusal({"verify", images.clean, "--write-baseline", images.text}, 8),
                 "/text: the file is not empty and not a baseline; "));
  CHECK(content_of(images.text) == before);
  refusal({"verify", images.clean, "--write-baseline", images.clean}, 16);
  refusal({"verify", images.clean, "--write-baseline", "-"}, 16);
  refusal({"verify", images.clean, "--baseline", "-"}, 16);
  for (const char* option : {"--baseline", "--write-baseline"})
    refusal({"verify", images.damaged, "--repair", option, images.baseline}, 16);
}
