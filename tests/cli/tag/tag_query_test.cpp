// tag query, keys and diff: words, statuses and formats.
#include <doctest/doctest.h>

#include <csignal>

#include "support/must.h"
#include "tag_image.h"
#include "vde/storage.h"

using namespace vde;
using namespace vde::test;
using namespace std::string_literals;
using nlohmann::json;

namespace {

constexpr const char* kPhotos =
    "1\tcategory\\0photo\t\n1\tyear\t1998\n2\tcategory\\0photo\t\n2\thidden\t\n"
    "-3\tcategory\\0photo\t\n-3\tyear\t1999\n4\tmy key\ta b\n5\tand\t\n5\tgeo\tx\n6\tgeo2\t\n";

struct Query {
  std::string expression;
  std::string inodes;
};

struct Wrong {
  std::string expression;
  std::string words;  // of the error
};

// `tag diff` of two images.
ToolResult diff(const TagImage& before, const TagImage& after, Words options, int status) {
  options.insert(options.begin(), after.path);
  return before.run("diff", options, status);
}

// An image with enough tags that a listing does not fit a pipe.
void fill(const TagImage& image) {
  std::string text;
  for (int i = 0; i < 60'000; ++i) text += std::to_string(i) + "\tk\tv\n";
  image.import(text, {}, 0);
}

}  // namespace

TEST_CASE("a query shows the matching inodes in ascending order") {
  const TagImage image;
  image.import(kPhotos, {}, 0);
  for (const Query& query : std::vector<Query>{
           {"category\\0photo and not (year=1998 or hidden)", "-3\n"},
           {"\"my key\"=\"a b\"", "4\n"},
           {"geo* and \"and\"", "5\n"},
           {"*", "-3\n1\n2\n4\n5\n6\n"},
           {"not category*", "4\n5\n6\n"},
           {"year= or year=1999 or hidden=", "-3\n2\n"},
           {"category\\0*", "-3\n1\n2\n"},
       }) {
    CAPTURE(query.expression);
    CHECK(image.run("query", {query.expression}).out == query.inodes);
  }
  CHECK(image.run("query", {"category/photo", "--separator", "/"}).out == "-3\n1\n2\n");
  CHECK(image.run("query", {"geo*", "--null"}).out == "5\0"s + "6\0"s);
  CHECK(image.run("query", {"geo*", "--count"}).out == "2\n");
  CHECK(image.run("query", {"*", "--memory", "1"}).out == "-3\n1\n2\n4\n5\n6\n");
  CHECK(image.run("query", {"--", "year"}).out == "-3\n1\n");
}

TEST_CASE("a query without a match has status 1") {
  const TagImage image;
  CHECK(image.run("query", {"a"}, 1).tells_one_error());
  CHECK(image.run("query", {"a", "--quiet"}, 1).err.empty());
  const ToolResult count = image.run("query", {"*", "--count"}, 1);
  CHECK(count.out == "0\n");
  CHECK(count.err.empty());
  CHECK(json::parse(image.run("query", {"a", "--json"}, 1).err)["error"]["code"] == "not_found");
  CHECK(image.run("keys", {"--prefix", "a"}, 1).out.empty());
  CHECK(image.run("keys", {}, 1).out.empty());
}

TEST_CASE("a wrong query has status 16 and names the column") {
  const TagImage image;
  image.import(kPhotos, {}, 0);
  for (const Wrong& wrong : std::vector<Wrong>{
           {"", "column 1 of the expression"},
           {"a and", "column 6 of the expression"},
           {"year=19*", "column 8 of the expression"},
           {"a\\q", "column 2 of the expression: invalid escape sequence"},
           {std::string(65, '(') + "a" + std::string(65, ')'), "column 65 of the expression"}}) {
    CAPTURE(wrong.expression);
    const ToolResult result = image.run("query", {wrong.expression}, 16);
    CHECK(result.out.empty());
    CHECK(result.err.find(wrong.words) != std::string::npos);
  }
  const std::string deepest = std::string(64, '(') + "hidden" + std::string(64, ')');
  CHECK(image.run("query", {deepest}).out == "2\n");
  image.run("query", {"a", "--null", "--count"}, 16);
  image.run("query", {"a", "--null", "--json"}, 16);
  image.run("query", {"a", "--memory", "much"}, 16);
  image.run("query", {}, 16);
  // It is refused before the image is opened.
  CHECK(run_tool({"tag", "query", image.folder / "missing", "a)"}).status == 16);
}

TEST_CASE("keys are counted by inodes") {
  const TagImage image;
  image.import(kPhotos, {}, 0);
  CHECK(image.run("keys", {}).out ==
        "1\tand\n3\tcategory\\0photo\n1\tgeo\n1\tgeo2\n1\thidden\n1\tmy key\n2\tyear\n");
  CHECK(image.run("keys", {"--prefix", "category/", "--separator", "/"}).out ==
        "3\tcategory/photo\n");
}

TEST_CASE("query and keys have JSON, one object per line") {
  const TagImage image;
  image.import(kPhotos + "7\t\\xff\t\n"s, {}, 0);
  const auto inodes = image.run("query", {"geo*", "--json"}).json_lines();
  REQUIRE(inodes.size() == 2);
  CHECK(inodes[1] ==
        json{{"schema_version", 1}, {"command", "tag query"}, {"image", image.path}, {"inode", 6}});
  CHECK(image.run("query", {"geo*", "--json", "--count"}).json().at("count") == 2);
  const auto keys = image.run("keys", {"--json"}).json_lines();
  REQUIRE(keys.size() == 8);
  CHECK(keys[1] == json{{"schema_version", 1},
                        {"command", "tag keys"},
                        {"image", image.path},
                        {"key", "category\0photo"s},
                        {"inodes", 3}});
  CHECK(keys[7].at("key_base64") == "/w==");
}

TEST_CASE("diff shows added, removed and changed tags, and says by its status if there are any") {
  const TagImage before;
  const TagImage after(ImageBuilder({512, 2048, "tags"}).bytes());
  CHECK(diff(before, after, {}, 0).out.empty());
  before.import("1\ta\tx\n2\ta\ty\n3\tc/d\\0e\tz\n9\tn\tsame\t7\n", {}, 0);
  after.import("1\ta\tx\n2\ta\tw\n4\tb\tq\t12\n9\tn\tsame\t8\n", {}, 0);
  CHECK(diff(before, after, {}, 1).out ==
        "~\t2\ta\ty\t2\ta\tw\n"
        "+\t4\tb\tq\t12\n"
        "-\t3\tc/d\\0e\tz\n"
        "~\t9\tn\tsame\t7\t9\tn\tsame\t8\n");
  CHECK(diff(before, after, {"--separator", "/"}, 1).out.find("c\\x2fd/e") != std::string::npos);
  CHECK(diff(before, before, {}, 0).out.empty());
  CHECK(diff(before, before, {"--json"}, 0).out.empty());
}

TEST_CASE("diff in JSON has the tags of both sides") {
  const TagImage before;
  const TagImage after;
  before.import("2\ta\ty\n3\tc\tz\n", {}, 0);
  after.import("2\ta\t\\xff\t5\n4\tb\t\n", {}, 0);
  const auto lines = diff(before, after, {"--json"}, 1).json_lines();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == json{{"schema_version", 1},
                         {"command", "tag diff"},
                         {"image", before.path},
                         {"other", after.path},
                         {"change", "~"},
                         {"inode", 2},
                         {"key", "a"},
                         {"value_base64", "/w=="},
                         {"block", 5},
                         {"old_value", "y"},
                         {"old_block", 0}});
  CHECK(lines[1].at("change") == "+");
  CHECK(lines[1].at("value") == "");
  CHECK(lines[1].at("old_value").is_null());
  CHECK(lines[1].at("old_block").is_null());
  CHECK(lines[2].at("change") == "-");
  CHECK(lines[2].at("value").is_null());
  CHECK(lines[2].at("old_value") == "z");
}

TEST_CASE("an error of diff names the image that it is about") {
  const TagImage sound;
  const TagImage damaged;
  sound.import("1\ta\tx\n", {}, 0);
  damaged.import("1\ta\tx\n", {}, 0);
  ImageBuilder image(damaged.bytes(), 4096);
  image.flip(image.start("TAGI") + 1, 100);
  write_file(damaged.path, image.bytes());
  CHECK(diff(sound, damaged, {}, 4).err.starts_with("vdetool: " + damaged.path + ": "));
  CHECK(diff(damaged, sound, {}, 4).err.starts_with("vdetool: " + damaged.path + ": "));
  const ToolResult missing = sound.run("diff", {sound.folder / "missing"}, 8);
  CHECK(missing.err.starts_with("vdetool: " + (sound.folder / "missing") + ": "));
  const ToolResult as_json = diff(sound, damaged, {"--json"}, 4);
  CHECK(json::parse(as_json.err)["error"]["file"] == damaged.path);
  CHECK(json::parse(as_json.err)["error"]["block"] == image.start("TAGI") + 1);
}

TEST_CASE("query, keys and diff only need a shared lock") {
  const TagImage image;
  image.import(kPhotos, {}, 0);
  const auto reader = must(open_file(image.path, OpenMode::kRead));
  must(reader->lock(LockMode::kShared, std::chrono::milliseconds(0)));
  image.run("query", {"*"});
  image.run("keys", {});
  diff(image, image, {}, 0);
}

TEST_CASE("a closed pipe and a signal end a query") {
  const TagImage image(ImageBuilder({4096, 4096, "tags"}).bytes());
  fill(image);
  StartedTool reader({.arguments = image.words("query", {"k"})});
  CHECK(reader.wait_until_output_full());
  reader.stop_reading();
  CHECK(reader.finish().signal == SIGPIPE);
  StartedTool stopped({.arguments = image.words("query", {"k"})});
  CHECK(stopped.wait_until_output_full());
  stopped.send(SIGINT);
  const ToolResult result = stopped.finish();
  CHECK(result.status == 32);
  CHECK(result.err.find("interrupted") != std::string::npos);
  const ToolResult full = run_tool(
      ToolCommand{.arguments = image.words("query", {"k", "--count"}), .output = "/dev/full"});
  CHECK(full.status == 8);
  CHECK(full.tells_one_error());
}
