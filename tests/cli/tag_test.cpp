// The tag commands: their words, statuses and formats, on fresh images and on the samples.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <map>
#include <tuple>

#include "base/endian.h"
#include "support/edit_image.h"
#include "support/image_builder.h"
#include "support/run_tool.h"
#include "support/strict_reader.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"
#include "vde/block_file.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;
using namespace std::string_literals;
using nlohmann::json;

namespace {

using Words = std::vector<std::string>;

// An image of 1 MiB in a file of its own.
struct TagImage {
  explicit TagImage(const std::vector<uint8_t>& bytes = ImageBuilder().bytes()) {
    write_file(path, bytes);
  }
  [[nodiscard]] std::vector<uint8_t> bytes() const { return read_file(path); }

  // `tag VERB IMAGE ARGUMENTS`
  [[nodiscard]] Words words(const std::string& verb, const Words& arguments) const {
    Words all = {"tag", verb, path};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }
  ToolResult run(const std::string& verb, const Words& arguments, int status = 0) const {
    ToolResult result = run_tool(words(verb, arguments));
    INFO(describe(result));
    CHECK(result.status == status);
    if (status == 0) CHECK(result.err.empty());
    if (status != 0 && !result.err.starts_with("{") && !result.err.empty())
      CHECK(result.tells_one_error());
    return result;
  }
  std::string list() const { return run("list", {}).out; }

  // `tag import IMAGE` of `text` on standard input.
  ToolResult import(const std::string& text, const Words& arguments, int status) const {
    const std::string input = folder / "input";
    write_file(input, std::string_view(text));
    ToolResult result =
        run_tool(ToolCommand{.arguments = words("import", arguments), .input = input});
    INFO(describe(result));
    CHECK(result.status == status);
    return result;
  }
  // The import is refused with `status`, says `why`, and changes no tag.
  void check_import_refused(const std::string& text, const Words& arguments, int status,
                            const std::string& why) const {
    const std::string before = list();
    const ToolResult result = import(text, arguments, status);
    INFO(describe(result));
    CHECK(result.tells_one_error());
    CHECK(result.err.find(why) != std::string::npos);
    CHECK(list() == before);
  }

  TemporaryFolder folder;
  std::string path = folder / "image.dwvd";
};

std::string bytes_of_hex(const std::string& hex) {
  const auto bytes = from_hex(hex);
  REQUIRE(bytes.has_value());
  return {bytes->begin(), bytes->end()};
}

std::string bytes_of(const json& object, const std::string& name) {
  if (object.contains(name)) return object.at(name).get<std::string>();
  const auto bytes = from_base64(object.at(name + "_base64").get<std::string>());
  REQUIRE(bytes.has_value());
  return *bytes;
}

using Row = std::tuple<std::string, std::string, int64_t, int64_t>;  // key, value, inode, block

std::vector<Row> rows_of(const ToolResult& result) {
  std::vector<Row> rows;
  for (const json& line : result.json_lines())
    rows.emplace_back(bytes_of(line, "key"), bytes_of(line, "value"), line.at("inode"),
                      line.at("block"));
  return rows;
}

// As tests/vectors/README.md describes it.
std::string digest_of(std::vector<Row> rows, const std::string& scratch) {
  std::sort(rows.begin(), rows.end());
  std::vector<uint8_t> bytes;
  const auto put = [&](auto number) {
    bytes.resize(bytes.size() + sizeof number);
    store_le(MutableBytes(bytes), bytes.size() - sizeof number, number);
  };
  for (const auto& [key, value, inode, block] : rows) {
    for (const std::string& text : {key, value}) {
      put(static_cast<uint32_t>(text.size()));
      bytes.insert(bytes.end(), text.begin(), text.end());
    }
    put(inode);
    put(block);
  }
  write_file(scratch, bytes);
  return file_sha256(scratch);
}

bool lists_tags(const json& listing) {
  return listing.contains("tags") && listing["tags"].contains("digest");
}

void check_sample_keys(const TagImage& image, const std::vector<Row>& rows) {
  std::map<std::string, std::vector<Row>> by_key;
  for (const Row& row : rows) by_key[std::get<0>(row)].push_back(row);
  size_t at = 0;
  for (auto& rows_of_key : by_key) {
    const std::string& key = rows_of_key.first;
    std::vector<Row>& expected = rows_of_key.second;
    // Each key is looked up in the library's tests.
    if (at++ % (by_key.size() / 4 + 1) != 0) continue;
    CAPTURE(key);
    std::vector<Row> found = rows_of(image.run("get", {"--json", "--", escape(key)}));
    std::sort(found.begin(), found.end());
    std::sort(expected.begin(), expected.end());
    CHECK(found == expected);
    found = rows_of(image.run("find", {"--json", "--from", escape(key), "--to", escape(key)}));
    std::sort(found.begin(), found.end());
    CHECK(found == expected);
  }
}

}  // namespace

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

TEST_CASE("where nothing matches the status is 1, and nothing is on standard output") {
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
    CHECK(result.err.find("no tag index") != std::string::npos);
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
  auto other = open_image(image.path, OpenMode::kReadWrite);
  REQUIRE(other.has_value());
  REQUIRE((*other)->lock(LockMode::kShared, std::chrono::milliseconds(0)).has_value());
  CHECK(image.run("set", {"5", "key=2"}, 8).err.find("in use") != std::string::npos);
  CHECK(image.run("remove", {"5", "key"}, 8).err.find("in use") != std::string::npos);
  image.check_import_refused("1\tk\tv\n", {}, 8, "in use");
  CHECK(image.list() == "5\tkey\t1\n");
  REQUIRE((*other)->lock(LockMode::kExclusive, std::chrono::milliseconds(0)).has_value());
  CHECK(image.run("list", {}, 8).err.find("in use") != std::string::npos);
  StartedTool waiting({.arguments = image.words("set", {"5", "key=3", "--lock-wait", "60"})});
  CHECK(waiting.wait_until_open(image.path));
  other->reset();
  CHECK(waiting.finish().status == 0);
  CHECK(image.list() == "5\tkey\t3\n");
}

TEST_CASE("import takes both formats from standard input and from files, in any order") {
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

TEST_CASE("import refuses what is there or comes twice, unless it may replace") {
  const TagImage image;
  image.import("1\ta\told\n2\ta\told\n", {}, 0);
  image.check_import_refused("3\tb\tnew\n1\ta\tnew\n", {}, 8, "line 2: inode 1 has the tag 'a'");
  image.check_import_refused("3\tb\tx\n4\tb\tx\n3\tb\ty\n", {}, 8,
                             "line 3: inode 3 has the tag 'b' from line 1");
  const json report =
      image.import("3\tb\tx\n1\ta\tnew\t7\n3\tb\ty\n", {"--replace", "--json"}, 0).json();
  CHECK(report.at("added") == 1);
  CHECK(report.at("replaced") == 1);
  CHECK(image.list() == "1\ta\tnew\t7\n2\ta\told\n3\tb\ty\n");
}

TEST_CASE("a bad line is named, and nothing of its import remains") {
  const TagImage image;
  image.import("1\ta\told\n", {}, 0);
  std::string many;
  for (int i = 0; i < 5000; ++i) many += std::to_string(i) + "\tkey" + std::to_string(i) + "\tv\n";
  image.check_import_refused(many + "x\ty\tz\n", {}, 16, "line 5001: the inode is no number");
  image.check_import_refused("1\tb\n", {}, 16, "line 1: has fewer than three columns");
  image.check_import_refused("1\tb\tv\n\n", {}, 16, "line 2: has fewer than three columns");
  image.check_import_refused("{}\n", {"--input-format", "jsonl"}, 16, "line 1: lacks an inode");
  image.check_import_refused("1\t" + std::string(256, 'k') + "\tv\n", {}, 16, "line 1: ");
  image.check_import_refused("1\tk\t" + std::string(256, 'v') + "\n", {}, 16, "line 1: ");
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

TEST_CASE("export replaces a file as a whole, and writes to pipes and devices") {
  const TagImage image;
  image.run("set", {"5", "key"});
  const std::string file = image.folder / "export";
  write_file(file, std::string_view("old\n"));
  image.run("export", {file});
  CHECK(read_file(file) == std::vector<uint8_t>{'5', '\t', 'k', 'e', 'y', '\t', '\n'});
  CHECK(image.folder.count() == 2);
  image.run("export", {"/dev/null"});
  CHECK(std::filesystem::is_character_file("/dev/null"));
  const ToolResult full = image.run("export", {"/dev/full"}, 8);
  CHECK(full.err.find("No space left") != std::string::npos);
  image.run("export", {image.folder / "no/such/folder"}, 8);
}

TEST_CASE("a reader that goes away ends a listing quietly") {
  const TagImage image(vector_image("tags-10000"));
  StartedTool tool({.arguments = image.words("list", {})});
  REQUIRE(tool.wait_until_output_full());
  tool.stop_reading();
  const ToolResult result = tool.finish();
  CHECK(result.signal == SIGPIPE);
  CHECK(result.err.empty());
}

TEST_CASE("an image that is cut short while it is read is an error of one line") {
  for (const bool as_json : {false, true}) {
    const TagImage image(vector_image("tags-10000"));
    StartedTool tool({.arguments = image.words("list", as_json ? Words{"--json"} : Words{})});
    REQUIRE(tool.wait_until_output_full());
    std::filesystem::resize_file(image.path, 65536);
    const ToolResult result = tool.finish();
    INFO(describe(result));
    CHECK(result.status == 8);
    CHECK(std::count(result.err.begin(), result.err.end(), '\n') == 1);
    CHECK(result.err.find("cut short") != std::string::npos);
    if (as_json) CHECK(json::parse(result.err)["error"]["status"] == 8);
  }
}

TEST_CASE("every sample's tags are listed and found as they were written") {
  size_t samples = 0;
  for (const std::string& name : vector_names()) {
    const json listing = vector_listing(name);
    if (!lists_tags(listing) || listing.at("verdict") == "damaged") continue;
    CAPTURE(name);
    ++samples;
    const TagImage image(vector_image(name));
    const std::vector<Row> rows = rows_of(image.run("list", {"--json"}));
    CHECK(rows.size() == listing["tags"]["entry_count"]);
    CHECK(digest_of(rows, image.folder / "digest") == listing["tags"]["digest"]);
    for (size_t i = 1; i < rows.size(); ++i)
      if (std::get<0>(rows[i]) < std::get<0>(rows[i - 1])) FAIL("out of order: " << i);
    check_sample_keys(image, rows);
    const json stats = image.run("stats", {"--json"}).json();
    CHECK(stats.at("entries") == listing["tags"]["entry_count"]);
    CHECK(stats.at("depth") == listing["tags"]["depth"]);
    CHECK(stats.at("nodes") == listing["tags"]["nodes"]);
  }
  CHECK(samples > 10);
}

TEST_CASE("a listing of entries is the order of the sample's leaves") {
  const json listing = vector_listing("tags-1000");
  const TagImage image(vector_image("tags-1000"));
  std::vector<Row> expected;
  for (const json& entry : listing["tags"]["entries"])
    expected.emplace_back(bytes_of_hex(entry[0]), bytes_of_hex(entry[1]), entry[2], entry[3]);
  CHECK(rows_of(image.run("list", {"--json"})) == expected);
}

TEST_CASE("samples are changed, and the existing reader finds every key") {
  for (const char* name : {"tags-1000", "tags-equal", "tags-long-order7", "tags-compound"}) {
    CAPTURE(name);
    const TagImage image(vector_image(name));
    const std::vector<Row> before = rows_of(image.run("list", {"--json"}));
    image.run("set", {"77", "aaa=1", "zzz\\xff=2"});
    image.run("remove",
              {std::to_string(std::get<2>(before[5])), "--", escape(std::get<0>(before[5]))});
    image.import("78\tmiddle\tx\n79\tmiddle\ty\n", {}, 0);
    CHECK(image.run("find", {"--count"}).out == std::to_string(before.size() + 3) + "\n");
    const StrictReader reader(image.bytes());
    CHECK(reader.validates());
    CHECK(reader.tags().size() == before.size() + 3);
    const auto lookups = reader.tag_index().lookups();
    CHECK(lookups.found == lookups.distinct_keys);
    CHECK(run_tool({"verify", image.path}).status == 0);
  }
}
