// The tag commands: their words, statuses and formats, on fresh images.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "support/edit_image.h"
#include "support/strict/strict_reader.h"
#include "support/vectors.h"
#include "tag_image.h"
#include "vde/storage.h"

using namespace vde;
using namespace vde::test;
using namespace std::string_literals;
using nlohmann::json;

TEST_CASE("set, get, find, list and remove, in text") {
  const TagImage image;
  CHECK(image.run("list", {}).out.empty());
  CHECK(image.run("set", {"5", "colour=red", "category\\0photo", "note=a=b\\t"}).out.empty());
  CHECK(image.run("set", {"-7", "colour=blue", "--block", "-12"}).out.empty());
  CHECK(image.list() ==
        "5\tcategory\\0photo\t\n-7\tcolour\tblue\t-12\n5\tcolour\tred\n5\tnote\ta=b\\t\n");
  CHECK(image.run("get", {"colour"}).out == "-7\tcolour\tblue\t-12\n5\tcolour\tred\n");
  CHECK(image.run("get", {"colour", "--inode", "5"}).out == "5\tcolour\tred\n");
  CHECK(image.run("get", {"colour", "--inode", "-7"}).out == "-7\tcolour\tblue\t-12\n");
  image.run("set", {"5", "colour=green"});
  CHECK(image.run("get", {"colour", "--inode", "5"}).out == "5\tcolour\tgreen\n");
  image.run("remove", {"5", "colour", "note"});
  CHECK(image.list() == "5\tcategory\\0photo\t\n-7\tcolour\tblue\t-12\n");
  image.run("remove", {"-7", "--all"});
  CHECK(image.list() == "5\tcategory\\0photo\t\n");
  const StrictReader reader(image.bytes());
  CHECK(reader.validates());
  REQUIRE(reader.tags().size() == 1);
  CHECK(reader.tags()[0].key == "category\0photo"s);
  CHECK(run_tool({"verify", image.path}).status == 0);
}

TEST_CASE("if nothing matches, the status is 1 and standard output is empty") {
  const TagImage image;
  image.run("set", {"5", "colour=red"});
  const std::vector<uint8_t> before = image.bytes();
  for (const auto& [verb, arguments] :
       std::vector<std::pair<std::string, Words>>{{"get", {"color"}},
                                                  {"get", {"colour", "--inode", "6"}},
                                                  {"find", {"--prefix", "x"}},
                                                  {"find", {"--value", "re"}},
                                                  {"find", {"--from", "colours"}},
                                                  {"find", {"--inode", "6"}},
                                                  {"remove", {"5", "color"}},
                                                  {"remove", {"6", "--all"}}}) {
    const ToolResult result = image.run(verb, arguments, 1);
    CHECK(result.out.empty());
    CHECK(result.tells_one_error());
  }
  CHECK(image.run("find", {"--prefix", "x", "--count"}, 1).out == "0\n");
  CHECK(image.run("get", {"color", "--quiet"}, 1).err.empty());
  CHECK(json::parse(image.run("get", {"color", "--json"}, 1).err)["error"]["code"] == "not_found");
  CHECK(image.bytes() == before);
}

TEST_CASE("find: prefix, inclusive range, value, inode, limit, count, both directions") {
  const TagImage image;
  image.import("1\ta\tx\n2\ta\ty\n1\tab\tx\n3\tab\\0c\t\n1\tb\tx\n2\t\\xff\tz\n4\t\t\n", {}, 0);
  const auto keys = [&](Words arguments, int status = 0) {
    std::string text;
    for (const Row& row : rows_of(image.run(
             "find",
             [&] {
               arguments.emplace_back("--json");
               return arguments;
             }(),
             status)))
      text += (text.empty() ? "" : " ") + std::to_string(std::get<2>(row)) + ":" +
              escape(std::get<0>(row));
    return text;
  };
  CHECK(keys({}) == "4: 1:a 2:a 1:ab 3:ab\\0c 1:b 2:\\xff");
  CHECK(keys({"--prefix", "a"}) == "1:a 2:a 1:ab 3:ab\\0c");
  CHECK(keys({"--prefix", "ab\\0"}) == "3:ab\\0c");
  CHECK(keys({"--prefix", "ab/", "--separator", "/"}) == "3:ab\\0c");
  CHECK(keys({"--from", "ab", "--to", "b"}) == "1:ab 3:ab\\0c 1:b");
  CHECK(keys({"--to", "a"}) == "4: 1:a 2:a");
  CHECK(keys({"--from", "c"}) == "2:\\xff");
  CHECK(keys({"--value", "x"}) == "1:a 1:ab 1:b");
  CHECK(keys({"--value", ""}) == "4: 3:ab\\0c");
  CHECK(keys({"--inode", "2"}) == "2:a 2:\\xff");
  CHECK(keys({"--prefix", "a", "--value", "x", "--inode", "1", "--to", "aa"}) == "1:a");
  CHECK(keys({"--limit", "2"}) == "4: 1:a");
  const std::string reversed = keys({"--prefix", "a", "--reverse"});
  CHECK(reversed.starts_with("3:ab\\0c 1:ab "));
  CHECK(keys({"--reverse", "--limit", "1"}) == "2:\\xff");
  CHECK(image.run("find", {"--count"}).out == "7\n");
  CHECK(image.run("find", {"--count", "--prefix", "a", "--limit", "3"}).out == "3\n");
  const json count = image.run("find", {"--count", "--json"}).json();
  CHECK(count.at("command") == "tag find");
  CHECK(count.at("count") == 7);
}

TEST_CASE("words that look like something else to a parser of arguments are keys all the same") {
  const TagImage image;
  const Words keys = {"[a,b]", "{}", "info", "label", "get", "%%", "a b", "ü", "\"q\"", "$HOME"};
  Words arguments = {"1"};
  arguments.insert(arguments.end(), keys.begin(), keys.end());
  image.run("set", arguments);
  for (const std::string& key : keys) CHECK(image.run("get", {key}).out == "1\t" + key + "\t\n");
  image.run("set", {"1", "--", "-dash", "--all"});
  CHECK(image.run("get", {"--", "-dash"}).out == "1\t-dash\t\n");
  CHECK(image.run("find", {"--prefix", "-d"}).out == "1\t-dash\t\n");
  image.run("set", {"1", ""});
  CHECK(image.run("get", {""}).out == "1\t\t\n");
  image.run("remove", {"1", "[a,b]", "{}", ""});
  CHECK(image.run("find", {"--count"}).out == "10\n");
}

TEST_CASE("every verb has JSON") {
  const TagImage image;
  const json set = image.run("set", {"5", "a=1", "b", "--json"}).json();
  CHECK(set.at("schema_version") == 1);
  CHECK(set.at("command") == "tag set");
  CHECK(set.at("image") == image.path);
  CHECK(set.at("added") == 2);
  CHECK(set.at("replaced") == 0);
  CHECK(image.run("set", {"5", "a=2", "--json"}).json().at("replaced") == 1);
  CHECK(image.run("get", {"a", "--json"}).json() ==
        json{{"inode", 5}, {"key", "a"}, {"value", "2"}, {"block", 0}});
  CHECK(image.run("list", {"--json"}).json_lines().size() == 2);
  CHECK(image.run("export", {"--json"}).out == image.run("list", {"--json"}).out);
  const json stats = image.run("stats", {"--json"}).json();
  CHECK(stats.at("command") == "tag stats");
  for (const char* name : {"entries", "depth", "nodes", "leaves", "fill"})
    CHECK(stats.at(name).is_number());
  for (const char* name :
       {"bits", "hashes", "fill", "expected_false_positive_rate", "measured_false_positive_rate"})
    CHECK(stats.at("bloom").at(name).is_number());
  CHECK(stats.at("bloom").at("extended").is_boolean());
  CHECK(stats.at("entries") == 2);
  const json removed = image.run("remove", {"5", "a", "x", "--json"}).json();
  CHECK(removed.at("command") == "tag remove");
  CHECK(removed.at("removed") == 1);
  const ToolResult imported = image.import("1\tk\tv\n", {"--json"}, 0);
  CHECK(imported.json().at("command") == "tag import");
  CHECK(imported.json().at("added") == 1);
  CHECK(imported.json().at("replaced") == 0);
}

TEST_CASE("mistakes in tag commands are usage errors, and change nothing") {
  const TagImage image;
  const std::vector<uint8_t> before = image.bytes();
  for (const Words& wrong :
       std::vector<Words>{{"tag"},
                          {"tag", "sett", image.path},
                          {"tag", "set", image.path},
                          {"tag", "set", image.path, "5"},
                          {"tag", "set", image.path, "five", "key"},
                          {"tag", "set", image.path, "0x5", "key"},
                          {"tag", "set", image.path, "5", "k\\q"},
                          {"tag", "set", image.path, "5", "k", "--block", ""},
                          {"tag", "get", image.path},
                          {"tag", "get", image.path, "a", "b"},
                          {"tag", "get", image.path, "a", "--inode", "x"},
                          {"tag", "find", image.path, "key"},
                          {"tag", "find", image.path, "--limit", "0"},
                          {"tag", "find", image.path, "--separator", "ab"},
                          {"tag", "remove", image.path, "5"},
                          {"tag", "remove", image.path, "5", "a", "--all"},
                          {"tag", "import", image.path, "--memory", "much"},
                          {"tag", "import", image.path, "--input-format", "x"},
                          {"tag", "export", image.path, image.path},
                          {"tag", "set", image.path, "5", std::string(256, 'k')},
                          {"tag", "set", image.path, "5", "k=" + std::string(256, 'v')}}) {
    const ToolResult result = run_tool(wrong);
    INFO(describe(result));
    CHECK(result.status == 16);
    CHECK(result.out.empty());
    CHECK(result.tells_one_error());
  }
  CHECK(image.bytes() == before);
  CHECK(run_tool({"tag", "exprot", image.path}).err.find("did you mean 'export'?") !=
        std::string::npos);
  CHECK(run_tool({"help", "tag", "set"}).out == run_tool({"tag", "set", "--help"}).out);
  CHECK(run_tool({"tag", "--help"}).out.find("  import") != std::string::npos);
}

TEST_CASE("an image without an index, a damaged and a sealed one") {
  const TagImage none(ImageBuilder({4096, 256, "snapshot"}).bytes());
  for (const char* verb : {"list", "stats", "export"}) {
    const ToolResult result = none.run(verb, {}, 8);
    CHECK(result.err.find("without the 'tags' module") != std::string::npos);
  }
  none.run("set", {"5", "key"}, 8);
  CHECK(none.import("1\tk\tv\n", {}, 8).tells_one_error());

  ImageBuilder builder;
  builder.flip(builder.start("TAGI") + 1, 100);
  const TagImage damaged(builder.bytes());
  damaged.run("list", {}, 4);
  damaged.run("set", {"5", "key"}, 4);

  EditedImage edited(ImageBuilder().bytes(), 4096);
  edited.put_superblock<uint64_t>(4096 - 48, 0x1122334455667788);
  const TagImage sealed(edited.bytes());
  CHECK(sealed.list().empty());
  CHECK(sealed.run("set", {"5", "key"}, 8).err.find("sealed") != std::string::npos);
  sealed.run("set", {"5", "key", "--unseal"});
  CHECK(sealed.list() == "5\tkey\t\n");
}

TEST_CASE("an index in use is refused at once, or waited for") {
  const TagImage image;
  image.run("set", {"5", "key=1"});
  auto other = open_file(image.path, OpenMode::kReadWrite);
  REQUIRE(other.has_value());
  REQUIRE((*other)->lock(LockMode::kShared, std::chrono::milliseconds(0)).has_value());
  CHECK(image.run("set", {"5", "key=2"}, 8).err.find("locked by another process") !=
        std::string::npos);
  CHECK(image.run("remove", {"5", "key"}, 8).err.find("locked by another process") !=
        std::string::npos);
  image.check_import_refused("1\tk\tv\n", {}, 8, "locked by another process");
  CHECK(image.list() == "5\tkey\t1\n");
  REQUIRE((*other)->lock(LockMode::kExclusive, std::chrono::milliseconds(0)).has_value());
  CHECK(image.run("list", {}, 8).err.find("locked by another process") != std::string::npos);
  StartedTool waiting({.arguments = image.words("set", {"5", "key=3", "--lock-wait", "60"})});
  CHECK(waiting.wait_until_open(image.path));
  other->reset();
  CHECK(waiting.finish().status == 0);
  CHECK(image.list() == "5\tkey\t3\n");
}

TEST_CASE("a listing ends quietly if its reader is closed") {
  const TagImage image(vector_image("tags-10000"));
  StartedTool tool({.arguments = image.words("list", {})});
  REQUIRE(tool.wait_until_output_full());
  tool.stop_reading();
  const ToolResult result = tool.finish();
  CHECK(result.signal == SIGPIPE);
  CHECK(result.err.empty());
}

TEST_CASE("an image that is truncated while it is read is an error of one line") {
  for (const bool as_json : {false, true}) {
    const TagImage image(vector_image("tags-10000"));
    StartedTool tool({.arguments = image.words("list", as_json ? Words{"--json"} : Words{})});
    REQUIRE(tool.wait_until_output_full());
    std::filesystem::resize_file(image.path, 65536);
    const ToolResult result = tool.finish();
    INFO(describe(result));
    CHECK(result.status == 8);
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
    CHECK(result.err.find("truncated") != std::string::npos);
    if (as_json) CHECK(json::parse(result.err)["error"]["status"] == 8);
  }
}
