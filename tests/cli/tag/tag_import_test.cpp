// Import and export of tags: both formats, all or nothing.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "support/strict/strict_reader.h"
#include "tag_image.h"

using namespace vde;
using namespace vde::test;
using namespace std::string_literals;
using nlohmann::json;

TEST_CASE("import reads both formats from standard input and from files, in any order") {
  const TagImage image;
  CHECK(image.import("2\tb\tx\n1\tb\ty\t9\n1\ta\\0c\t\n", {}, 0).out ==
        image.path + ": 3 added, 0 replaced\n");
  CHECK(image.list() == "1\ta\\0c\t\n1\tb\ty\t9\n2\tb\tx\n");
  const std::string file = image.folder / "more";
  write_file(file, R"({"inode":3,"key":"a","value":"ü"})"
                   "\n"
                   R"({"inode":-1,"key_base64":"/w==","block":4})"s);
  image.run("import", {file, "--input-format", "jsonl"});
  CHECK(image.list() == "3\ta\tü\n1\ta\\0c\t\n1\tb\ty\t9\n2\tb\tx\n-1\t\\xff\t\t4\n");
  CHECK(image.import("4\ta/d\tp/q\n", {"-", "--separator", "/", "-q"}, 0).out.empty());
  CHECK(image.run("get", {"a\\0d"}).out == "4\ta\\0d\tp/q\n");
  CHECK(image.run("get", {"a/d", "--separator", "/"}).out == "4\ta/d\tp/q\n");
  CHECK(image.import("", {}, 0).out == image.path + ": 0 added, 0 replaced\n");
}

TEST_CASE("import waits for the writer of a pipe; a signal ends the wait") {
  const TagImage image;
  const std::string pipe = image.folder / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  StartedTool tool(ToolCommand{.arguments = {"tag", "import", image.path, pipe}});
  REQUIRE(tool.wait_until_open(pipe));
  tool.send(SIGTERM);
  const ToolResult result = tool.finish();
  INFO(describe(result));
  CHECK(result.status == 32);
  CHECK(image.list().empty());
}

TEST_CASE("import rejects existing and repeated tags, except with --replace") {
  const TagImage image;
  image.import("1\ta\told\n2\ta\told\n", {}, 0);
  image.check_import_refused("3\tb\tnew\n1\ta\tnew\n", {}, 8,
                             "line 2: inode 1 already has the tag 'a'");
  image.check_import_refused("3\tb\tx\n4\tb\tx\n3\tb\ty\n", {}, 8,
                             "line 3: inode 3 already has the tag 'b' from line 1");
  const json report =
      image.import("3\tb\tx\n1\ta\tnew\t7\n3\tb\ty\n", {"--replace", "--json"}, 0).json();
  CHECK(report.at("added") == 1);
  CHECK(report.at("replaced") == 1);
  CHECK(image.list() == "1\ta\tnew\t7\n2\ta\told\n3\tb\ty\n");
}

TEST_CASE("the error for a bad line gives its number, and nothing is imported") {
  const TagImage image;
  image.import("1\ta\told\n", {}, 0);
  std::string many;
  for (int i = 0; i < 5000; ++i) many += std::to_string(i) + "\tkey" + std::to_string(i) + "\tv\n";
  image.check_import_refused(many + "x\ty\tz\n", {}, 8, "line 5001: invalid inode 'x'");
  image.check_import_refused("1\tb\n", {}, 8, "line 1: expected 3 or 4 tab-separated columns");
  image.check_import_refused("{}\n", {"--input-format", "jsonl"}, 8, "line 1: 'inode' is missing");
  image.check_import_refused("1\t" + std::string(256, 'k') + "\tv\n", {}, 8, "line 1: ");
  image.check_import_refused("1\tk\t" + std::string(256, 'v') + "\n", {}, 8, "line 1: ");
  CHECK(image.run("import", {image.folder / "missing"}, 8).err.find("missing") !=
        std::string::npos);
}

TEST_CASE("export and import give the same index back, in both formats, through little memory") {
  const TagImage image;
  std::string text;
  for (int i = 0; i < 3000; ++i)
    text += std::to_string(i * 7919 % 3000 - 100) + "\tkey\\0" + std::to_string(i % 50) +
            "\\xfe\tvalue " + std::to_string(i) + (i % 3 == 0 ? "\t" + std::to_string(i) : "") +
            "\n";
  image.import(text, {}, 0);
  const std::string listed = image.list();
  CHECK(std::count(listed.begin(), listed.end(), '\n') == 3000);
  for (const std::string format : {"tsv", "jsonl"}) {
    CAPTURE(format);
    const std::string file = image.folder / format;
    image.run("export", {file, "--output-format", format});
    CHECK(
        image.run("export", {"-", "--output-format", format}).out ==
        std::string(reinterpret_cast<const char*>(read_file(file).data()), read_file(file).size()));
    const TagImage other;
    other.run("import", {file, "--input-format", format, "--memory", "1M"});
    CHECK(other.list() == listed);
    CHECK(StrictReader(other.bytes()).tags() == StrictReader(image.bytes()).tags());
    CHECK(run_tool({"verify", other.path}).status == 0);
  }
}

TEST_CASE("export replaces a file atomically with --force, and writes to pipes and devices") {
  const TagImage image;
  image.run("set", {"5", "key"});
  const std::string file = image.folder / "export";
  write_file(file, std::string_view("old\n"));
  image.run("export", {file}, 8);
  image.run("export", {file, "--force"});
  CHECK(read_file(file) == std::vector<uint8_t>{'5', '\t', 'k', 'e', 'y', '\t', '\n'});
  CHECK(image.folder.count() == 2);
  image.run("export", {"/dev/null"});
  CHECK(std::filesystem::is_character_file("/dev/null"));
  const ToolResult full = image.run("export", {"/dev/full"}, 8);
  CHECK(full.err.find("No space left") != std::string::npos);
  image.run("export", {image.folder / "no/such/folder"}, 8);
}
