// verify over many images: several at once, in order, summaries and gates.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "support/edit_image.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"
#include "support/verify_images.h"

using namespace vde::test;
using nlohmann::json;

namespace {

using Words = std::vector<std::string>;

Words joined(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::vector<json> of_type(const ToolResult& result, const char* type) {
  std::vector<json> lines;
  for (const json& line : result.json_lines())
    if (line.at("type") == type) lines.push_back(line);
  return lines;
}

// A clean image, one with 256 findings, one that cannot be checked, and so on, several times.
struct ManyImages : VerifyImages {
  ManyImages() {
    EditedImage image(vector_image("everything-1"), 4096);
    for (uint64_t block = 1103; block < 1359; ++block) image.block(block)[9] ^= 1;
    write_file(many, image.bytes());
    for (int i = 0; i < 5; ++i)
      for (const std::string& one : {clean, many, text, damaged, warned, missing})
        names.push_back(one);
  }
  std::string many = folder / "many";
  Words names;
};

// Holds the exclusive lock of a file.
class HeldLock {
 public:
  explicit HeldLock(const std::string& path) : descriptor_(open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    REQUIRE(flock(descriptor_, LOCK_EX) == 0);
  }
  ~HeldLock() { close(descriptor_); }
  HeldLock(const HeldLock&) = delete;
  HeldLock& operator=(const HeldLock&) = delete;

 private:
  int descriptor_;
};

}  // namespace

TEST_CASE("several images at once print what one after the other prints, in every format") {
  const ManyImages images;
  for (const char* format : {"text", "json", "sarif"}) {
    CAPTURE(format);
    const Words words = joined({"verify", "--format", format}, images.names);
    const ToolResult in_turn = run_tool(joined(words, {"--jobs", "1"}));
    INFO(describe(in_turn));
    CHECK(in_turn.status == 12);
    for (const char* jobs : {"2", "5", "64"}) {
      CAPTURE(jobs);
      const ToolResult at_once = run_tool(joined(words, {"--jobs", jobs}));
      CHECK(at_once.status == 12);
      CHECK(at_once.out == in_turn.out);
      CHECK(at_once.err == in_turn.err);
    }
  }
}

TEST_CASE("the total adds the summaries, and its status combines theirs") {
  const ManyImages images;
  const ToolResult result = run_tool(joined({"verify", "--json", "--jobs", "3"}, images.names));
  const auto summaries = of_type(result, "summary");
  REQUIRE(summaries.size() == images.names.size());
  const json total = of_type(result, "total").at(0);
  CHECK(result.json_lines().back() == total);
  for (const char* member : {"errors", "warnings", "notes", "blocks_checked", "accepted"}) {
    uint64_t sum = 0;
    for (const json& summary : summaries) sum += summary.at(member).get<uint64_t>();
    CAPTURE(member);
    CHECK(total.at(member) == sum);
  }
  CHECK(total["images"] == 30);
  CHECK(total["clean"] == 10);
  CHECK(total["damaged"] == 10);
  CHECK(total["failed"] == 10);
  CHECK(total["status"] == 12);
  CHECK(summaries[2]["error"].get<std::string>().starts_with("not a DWVD image"));
  CHECK(summaries[2]["not_checked"] == json::array({"everything"}));
}

TEST_CASE("--summary prints one line per image and a last one about all") {
  const VerifyImages images;
  const ToolResult text = run_tool(
      {"verify", "--summary", images.clean, images.damaged, images.warned, images.missing});
  INFO(describe(text));
  CHECK(text.status == 12);
  CHECK(std::count(text.out.begin(), text.out.end(), '\n') == 5);
  CHECK(has(text.out, "/clean: clean ("));
  CHECK(has(text.out, "/a damaged:image%: damaged: 2 errors, 0 warnings, 0 notes ("));
  CHECK(has(text.out, "/warned: clean, with 1 warning ("));
  CHECK(
      has(text.out, "/missing: not checked completely: cannot open: No such file or directory\n"));
  CHECK(has(text.out, "\n4 images: 2 clean, 1 damaged, 1 not checked completely\n"));
  const ToolResult one = run_tool({"verify", "--summary", images.clean});
  CHECK(std::count(one.out.begin(), one.out.end(), '\n') == 1);
  const ToolResult lines =
      run_tool({"verify", "--summary", "--json", images.clean, images.damaged});
  CHECK(lines.json_lines().size() == 3);
  CHECK(of_type(lines, "summary").size() == 2);
  CHECK(of_type(lines, "total").size() == 1);
  const ToolResult quiet = run_tool({"verify", "--summary", "-q", images.clean, images.damaged});
  CHECK(std::count(quiet.out.begin(), quiet.out.end(), '\n') == 1);
  CHECK(run_tool({"verify", "--summary", "--format", "sarif", images.clean}).status == 16);
}

TEST_CASE("--min-severity hides findings, which count all the same") {
  const VerifyImages images;
  for (const char* format : {"text", "json", "sarif"}) {
    CAPTURE(format);
    const Words words = {"verify", "--format", format, images.warned, images.damaged};
    const auto count = [&](const char* severity) {
      const ToolResult result = run_tool(joined(words, {"--min-severity", severity}));
      CHECK(result.status == 4);
      CHECK(has(result.out, format == std::string("text") ? "with 1 warning" : "\"warnings\":1"));
      size_t codes = 0;
      for (const char* code : {"SUPB-001 block", "BLCK-001 block", "\"code\":", "\"ruleId\":"})
        for (size_t at = 0; (at = result.out.find(code, at)) != std::string::npos; ++at) ++codes;
      return codes;
    };
    CHECK(count("error") == 2);
    CHECK(count("note") == count("warning"));
  }
  const ToolResult hidden = run_tool({"verify", images.warned, "--min-severity", "error"});
  CHECK_FALSE(has(hidden.out, ": warning "));
  CHECK(has(run_tool({"verify", images.warned, "--min-severity", "warning"}).out, ": warning "));
  CHECK(run_tool({"verify", images.warned, "--min-severity", "fatal"}).status == 16);
}

TEST_CASE(
    "--max-warnings fails an image that has more, and --quiet prints those that are too many") {
  const VerifyImages images;
  write_file(images.folder / "two", vector_image("tags-addresses-outside"));
  const std::string two = images.folder / "two";
  const auto status = [&](const char* max) {
    return run_tool({"verify", two, images.warned, "--max-warnings", max}).status;
  };
  CHECK(status("0") == 4);
  CHECK(status("1") == 4);
  CHECK(status("2") == 0);
  const auto summaries =
      of_type(run_tool({"verify", "--json", two, images.warned, "--max-warnings", "1"}), "summary");
  CHECK(summaries.at(0)["status"] == 4);
  CHECK(summaries.at(1)["status"] == 0);
  const ToolResult quiet = run_tool({"verify", "-q", two, "--max-warnings", "1"});
  CHECK(quiet.status == 4);
  CHECK(std::count(quiet.out.begin(), quiet.out.end(), '\n') == 1);
  CHECK(run_tool({"verify", two, "--max-warnings", "-1"}).status == 16);
}

TEST_CASE("an image may be given twice, standard input once") {
  const VerifyImages images;
  const ToolResult twice =
      run_tool({"verify", "--json", "--jobs", "2", images.damaged, images.damaged});
  CHECK(twice.status == 4);
  CHECK(of_type(twice, "finding").size() == 4);
  const ToolResult stream = run_tool(
      {.arguments = {"verify", "--summary", "--jobs", "3", images.clean, "-", images.damaged},
       .input = images.clean});
  INFO(describe(stream));
  CHECK(stream.status == 4);
  CHECK(has(stream.out, "\n-: clean ("));
  CHECK(run_tool({.arguments = {"verify", "-", "-"}, .input = images.clean}).status == 16);
}

TEST_CASE("a thousand images and 256 open files, with as many threads as there may be") {
  const VerifyImages images;
  ToolCommand command{.arguments = {"verify", "--summary", "--jobs", "256", "--scope", "metadata"}};
  for (int i = 0; i < 1000; ++i)
    command.arguments.push_back(i % 100 == 99 ? images.damaged : images.clean);
  command.in_child = [] {
    const rlimit limit{256, 256};
    setrlimit(RLIMIT_NOFILE, &limit);
  };
  const ToolResult result = run_tool(command);
  INFO(describe(result));
  CHECK(result.status == 4);
  CHECK(result.err.empty());
  CHECK(result.out.ends_with("\n1000 images: 990 clean, 10 damaged\n"));
}

TEST_CASE("a signal ends the images that are running and prints what was found") {
  const ManyImages images;
  Words words = {"verify", "--json", "--jobs", "2"};
  for (int i = 0; i < 100; ++i) words.push_back(images.many);
  StartedTool tool({.arguments = words});
  REQUIRE(tool.wait_until_output_full());
  tool.send(SIGINT);
  const ToolResult result = tool.finish();
  INFO(describe(result));
  CHECK((result.status & 32) == 32);
  const auto summaries = of_type(result, "summary");
  const json total = of_type(result, "total").at(0);
  CHECK(total["images"] == summaries.size());
  CHECK(summaries.size() < 100);
  // Each summary comes after the findings that it counts.
  size_t findings = 0;
  for (const json& summary : summaries) {
    CHECK(((summary["status"].get<int>() & 32) != 0) == !summary["error"].is_null());
    findings += summary["errors"].get<size_t>() + summary["warnings"].get<size_t>() +
                summary["notes"].get<size_t>();
  }
  CHECK(of_type(result, "finding").size() == findings);
}

TEST_CASE("a signal while standard input stalls prints the images that are done") {
  const VerifyImages images;
  const std::string fifo = images.folder / "fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  StartedTool tool({.arguments = {"verify", "--jobs", "2", images.damaged, "-"}, .input = fifo});
  const int writer = open(fifo.c_str(), O_WRONLY | O_CLOEXEC);
  std::this_thread::sleep_for(std::chrono::milliseconds(500 * kSlowness));
  tool.send(SIGUSR1);
  tool.send(SIGINT);
  const ToolResult result = tool.finish();
  close(writer);
  INFO(describe(result));
  CHECK(result.status == 36);
  CHECK(has(result.out, "error SUPB-001 block 0"));
  CHECK(has(result.err, "vdetool: verify: 1 of 2 images: "));
  CHECK(has(result.err, "vdetool: -: interrupted; nothing was changed\n"));
}

TEST_CASE("a locked image fails alone, or is waited for while the others are checked") {
  const VerifyImages images;
  const std::string locked = images.folder / "locked";
  std::filesystem::copy_file(images.clean, locked);
  auto held = std::make_unique<HeldLock>(locked);
  const Words words = {"verify", "--summary", "--jobs", "2", images.clean, locked, images.damaged};
  const ToolResult refused = run_tool(words);
  INFO(describe(refused));
  CHECK(refused.status == 12);
  CHECK(has(refused.out, "3 images: 1 clean, 1 damaged, 1 not checked completely\n"));
  StartedTool tool({.arguments = joined(words, {"--lock-wait", "60"})});
  REQUIRE(tool.wait_until_open(locked));
  held.reset();
  const ToolResult waited = tool.finish();
  INFO(describe(waited));
  CHECK(waited.status == 4);
  CHECK(has(waited.out, "3 images: 2 clean, 1 damaged\n"));
}
