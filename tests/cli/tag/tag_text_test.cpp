// How tags are written and read as text: arguments, TSV and JSONL lines.
#include "tag_text.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "line_reader.h"
#include "support/random.h"
#include "support/temporary_folder.h"

using namespace vde;
using namespace vde::cli;
using namespace std::string_literals;

namespace {

std::string tag_line(const TagEntry& entry, TagFormat format, char separator = '\0') {
  std::string text = "before ";
  append_tag_line(text, {entry.key, entry.value, entry.inode, entry.block}, format, separator);
  return text.substr(7);
}

// The line without its line feed, read.
TagEntry read_back(std::string_view line, TagFormat format, char separator = '\0') {
  TagLineParser parser(format, separator);
  const auto entry = parser.parse(line.substr(0, line.size() - 1));
  INFO(line);
  REQUIRE(entry.has_value());
  return {std::string(entry->key), std::string(entry->value), entry->inode, entry->block};
}

void check_line_refused(TagFormat format, std::string_view line, std::string_view why) {
  TagLineParser parser(format, '\0');
  const auto entry = parser.parse(line);
  CAPTURE(line);
  REQUIRE_FALSE(entry.has_value());
  CHECK(entry.error().code == ErrorCode::kUsage);
  CAPTURE(entry.error().message);
  CHECK(entry.error().message.find(why) != std::string::npos);
}

}  // namespace

TEST_CASE("numbers are decimal signed integers") {
  CHECK(*parse_integer("-9223372036854775808", "x") == INT64_MIN);
  CHECK(*parse_integer("010", "x") == 10);
  for (const char* text : {"", "-", "+1", "1 ", " 1", "0x10", "1.0", "9223372036854775808"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_integer(text, "x").has_value());
  }
}

TEST_CASE("a key ends at its first = outside an escape; the rest is the value") {
  struct Case {
    const char* text;
    std::string key;
    std::string value;
  };
  for (const Case& each : {Case{"key", "key", ""}, Case{"key=", "key", ""}, Case{"", "", ""},
                           Case{"=", "", ""}, Case{"=v", "", "v"}, Case{"a=b=c", "a", "b=c"},
                           Case{R"(a\x3db=c)", "a=b", "c"}, Case{R"(a\\=c)", "a\\", "c"},
                           Case{R"(a\0b=\0)", "a\0b"s, "\0"s}, Case{"a/b=c/d", "a/b", "c/d"}}) {
    CAPTURE(each.text);
    const auto entry = parse_assignment(each.text, '\0');
    REQUIRE(entry.has_value());
    CHECK(entry->key == each.key);
    CHECK(entry->value == each.value);
  }
  for (const char* text : {R"(a\=b)", R"(a\)", R"(a=\q)", R"(\x3=v)"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_assignment(text, '\0').has_value());
  }
}

TEST_CASE("a separator is for keys alone") {
  const auto entry = parse_assignment("a/b=c/d", '/');
  REQUIRE(entry.has_value());
  CHECK(entry->key == "a\0b"s);
  CHECK(entry->value == "c/d");
  CHECK(*parse_separator("") == '\0');
  CHECK(*parse_separator("/") == '/');
  for (const char* text : {"//", "\\", "=", "\t", "\n", "\x7f", "ü"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_separator(text).has_value());
  }
}

TEST_CASE("TSV: inode, key, value, and a block that is not 0") {
  CHECK(tag_line({"a\0b"s, "c\td", -7, 0}, TagFormat::kTsv) == "-7\ta\\0b\tc\\td\n");
  CHECK(tag_line({"", "", 0, -1}, TagFormat::kTsv) == "0\t\t\t-1\n");
  CHECK(tag_line({"\xff/\0"s, "\n\0"s, 1, 2}, TagFormat::kTsv, '/') ==
        "1\t\\xff\\x2f/\t\\n\\0\t2\n");
  TagLineParser parser(TagFormat::kTsv, '\0');
  const auto entry = parser.parse("5\tkey\tvalue\t0");
  REQUIRE(entry.has_value());
  CHECK(entry->inode == 5);
  CHECK(entry->key == "key");
  CHECK(entry->value == "value");
  CHECK(entry->block == 0);
}

TEST_CASE("TSV lines with a different number of columns are rejected") {
  check_line_refused(TagFormat::kTsv, "", "expected 3 or 4 tab-separated columns");
  check_line_refused(TagFormat::kTsv, "5\tkey", "expected 3 or 4 tab-separated columns");
  check_line_refused(TagFormat::kTsv, "5\tkey\tvalue\t1\t2",
                     "expected 3 or 4 tab-separated columns");
  check_line_refused(TagFormat::kTsv, "x\tkey\tvalue", "invalid inode 'x'");
  check_line_refused(TagFormat::kTsv, "5\tkey\tvalue\t", "invalid block ''");
  check_line_refused(TagFormat::kTsv, "5\tk\\ey\tvalue", "invalid escape sequence");
  check_line_refused(TagFormat::kTsv, "5\tkey\tval\\", "invalid escape sequence");
}

TEST_CASE("JSONL: strings, or Base64 if the bytes are not UTF-8") {
  CHECK(
      tag_line({"a\0b\"\\\n\x7f"s, "ü/", -7, 0}, TagFormat::kJsonl) ==
      "{\"inode\":-7,\"key\":\"a\\u0000b\\\"\\\\\\u000a\\u007f\",\"value\":\"ü/\",\"block\":0}\n");
  CHECK(tag_line({"\xff", "\xfe", 1, 2}, TagFormat::kJsonl) ==
        R"({"inode":1,"key_base64":"/w==","value_base64":"/g==","block":2})"
        "\n");
}

TEST_CASE(
    "JSONL takes members in any order, any spelling of JSON, and does without value and block") {
  TagLineParser parser(TagFormat::kJsonl, '/');
  for (const char* line :
       {R"({"inode":1,"key":"a/\u00fc\ud83d\ude00\t"})",
        " \t{ \"block\" : 0 , \"key\" : \"a\\/ü\xf0\x9f\x98\x80\\u0009\" , \"inode\" : 1 } ",
        R"({"value":"","key_base64":"YS/DvPCfmIAJ","inode":1})",
        R"({"value_base64":"","key":"\u0061/ü😀\t","inode":1,"block":-0})"}) {
    CAPTURE(line);
    const auto entry = parser.parse(line);
    REQUIRE(entry.has_value());
    CHECK(entry->key == "a/ü😀\t");
    CHECK(entry->value.empty());
    CHECK(entry->inode == 1);
    CHECK(entry->block == 0);
  }
}

TEST_CASE("JSONL lines of other shapes are refused") {
  struct Case {
    const char* line;
    const char* why;
  };
  for (const Case& wrong :
       {Case{"", "expected a JSON object"},
        Case{"[]", "expected a JSON object"},
        Case{"{", "expected a JSON object"},
        Case{"{}", "'inode' is missing"},
        Case{R"({"inode":1})", "'key' is missing"},
        Case{R"({"inode":1,"key":"a",})", "expected a JSON object"},
        Case{R"({"inode":1,"key":"a"} x)", "after the JSON object"},
        Case{R"({"inode":1,"key":"a"}{})", "after the JSON object"},
        Case{R"({"inode":1 "key":"a"})", "expected a JSON object"},
        Case{R"({"inode":1,"inode":1,"key":"a"})", "occurs twice"},
        Case{R"({"inode":1,"key":"a","key_base64":"YQ=="})", "occurs twice"},
        Case{R"({"inode":1,"key":"a","vlaue":"b"})", "unknown member 'vlaue'"},
        Case{R"({"inode":1.5,"key":"a"})", "must be a 64-bit integer"},
        Case{R"({"inode":1e3,"key":"a"})", "must be a 64-bit integer"},
        Case{R"({"inode":01,"key":"a"})", "must be a 64-bit integer"},
        Case{R"({"inode":"1","key":"a"})", "must be a 64-bit integer"},
        Case{R"({"inode":-,"key":"a"})", "must be a 64-bit integer"},
        Case{R"({"inode":9223372036854775808,"key":"a"})", "must be a 64-bit integer"},
        Case{R"({"inode":1,"key":null})", "'key' must be a string, a number or a boolean"},
        Case{R"({"inode":1,"key":"a)", "'key' has no closing quote"},
        Case{R"({"inode":1,"key":"\x41"})", "'key' contains an invalid escape"},
        Case{R"({"inode":1,"key":"\ud83d"})", "half a surrogate pair"},
        Case{R"({"inode":1,"key":"\ude00"})", "half a surrogate pair"},
        Case{R"({"inode":1,"key":"\u00g0"})", "'key' contains an invalid escape"},
        Case{"{\"inode\":1,\"key\":\"\xff\"}", "'key' is not UTF-8"},
        Case{"{\"inode\":1,\"key\":\"\t\"}", "'key' contains a control character"},
        Case{R"({"inode":1,"key_base64":"YQ="})", "not valid Base64"}})
    check_line_refused(TagFormat::kJsonl, wrong.line, wrong.why);
}

TEST_CASE("written lines are read back to the same bytes, and JSON parsers agree") {
  constexpr std::string_view kAwkward("\0\\\"/\t\n a=", 9);
  test::Random random(3);
  for (int i = 0; i < 3000; ++i) {
    TagEntry entry;
    for (std::string* text : {&entry.key, &entry.value})
      for (uint64_t n = random.below(20); n > 0; --n)
        *text += static_cast<char>(random.below(3) == 0
                                       ? random.below(256)
                                       : static_cast<uint8_t>(kAwkward[random.below(9)]));
    entry.inode = static_cast<int64_t>(random.next());
    entry.block = random.below(2) == 0 ? 0 : static_cast<int64_t>(random.next());
    for (const char separator : {'\0', '/'}) {
      const std::string line = tag_line(entry, TagFormat::kTsv, separator);
      CHECK(std::count(line.begin(), line.end(), '\n') == 1);
      CHECK(read_back(line, TagFormat::kTsv, separator) == entry);
    }
    const std::string line = tag_line(entry, TagFormat::kJsonl);
    CHECK(read_back(line, TagFormat::kJsonl) == entry);
    const auto json = nlohmann::json::parse(line);
    CHECK(json.at("inode") == entry.inode);
    if (json.contains("key")) CHECK(json.at("key") == entry.key);
  }
}

TEST_CASE("lines of a file are numbered; the last one may lack its line feed") {
  const vde::test::TemporaryFolder folder;
  const std::string path = folder / "lines";
  std::string text;
  for (int i = 0; i < 40'000; ++i) text += std::to_string(i) + "\n";
  vde::test::write_file(path, std::string_view(text + "\nlast"));
  auto reader = LineReader::open(path);
  REQUIRE(reader.has_value());
  Activity activity;
  std::string_view line;
  for (int i = 0; i < 40'000; ++i) {
    REQUIRE(*reader->next(line, activity));
    if (line != std::to_string(i)) FAIL(line);
  }
  CHECK(reader->number() == 40'000);
  REQUIRE(*reader->next(line, activity));
  CHECK(line.empty());
  REQUIRE(*reader->next(line, activity));
  CHECK(line == "last");
  CHECK(reader->number() == 40'002);
  CHECK_FALSE(*reader->next(line, activity));
  CHECK(activity.done == text.size() + 5);
}

TEST_CASE("a line without an end is refused before it fills the memory") {
  auto reader = LineReader::open("/dev/zero");
  REQUIRE(reader.has_value());
  Activity activity;
  std::string_view line;
  const auto next = reader->next(line, activity);
  REQUIRE_FALSE(next.has_value());
  CHECK(next.error().message == "line 1 is longer than 65536 bytes");
  CHECK_FALSE(LineReader::open("/missing").has_value());
}

TEST_CASE("numbers and booleans in JSONL count as their text") {
  for (const char* text :
       {"0", "-0", "1.50", "1e+3", "-2E-1", "12345678901234567890", "true", "false"}) {
    const TagEntry entry = read_back(std::string(R"({"inode":1,"key":"k","value":)") + text + "}\n",
                                     TagFormat::kJsonl);
    CHECK(entry.value == text);
  }
  for (const char* text : {"01", "+1", ".5", "1.", "1e", "nan", "True", "null", "[1]", "--1"})
    check_line_refused(TagFormat::kJsonl,
                       std::string(R"({"inode":1,"key":"k","value":)") + text + "}",
                       "'value' must be a string, a number or a boolean");
}

TEST_CASE("JSONL escapes what would turn the direction of text or break the line") {
  const TagEntry entry{"a\xe2\x80\xae", "\xe2\x80\xa8\xc3\xa9", 1, 0};
  const std::string line = tag_line(entry, TagFormat::kJsonl);
  CHECK(line == "{\"inode\":1,\"key\":\"a\\u202e\",\"value\":\"\\u2028\xc3\xa9\",\"block\":0}\n");
  CHECK(read_back(line, TagFormat::kJsonl).key == entry.key);
}

TEST_CASE("a byte order mark and one carriage return before each line end are not part of a line") {
  const test::TemporaryFolder folder;
  const std::string path = folder / "lines";
  test::write_file(path,
                   "\xef\xbb\xbf"
                   "a\r\n\r\n\xef\xbb\xbf"
                   "b\r\r\nc\r"s);
  auto reader = LineReader::open(path);
  REQUIRE(reader.has_value());
  Activity activity;
  std::string_view line;
  for (const std::string_view expected : {"a", "",
                                          "\xef\xbb\xbf"
                                          "b\r",
                                          "c"}) {
    REQUIRE(*reader->next(line, activity));
    CHECK(line == expected);
  }
  CHECK_FALSE(*reader->next(line, activity));
}
