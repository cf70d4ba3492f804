#include "vde/text.h"

#include <doctest/doctest.h>

#include "vde/guid.h"
#include "vde/ticks.h"

using namespace vde;

TEST_CASE("escape writes one line of UTF-8, and unescape reverses it") {
  const std::string bytes("a\0b\n\t\\\x1b\xff\xc3\xa9\xc2\x85", 12);
  const std::string text = escape(bytes);
  CHECK(text == "a\\0b\\n\\t\\\\\\x1b\\xff\xc3\xa9\\xc2\\x85");
  REQUIRE(unescape(text).has_value());
  CHECK(*unescape(text) == bytes);
}

TEST_CASE("characters that turn the direction of text or break lines are escaped") {
  for (const char* text : {"\xd8\x9c", "\xe2\x80\x8e", "\xe2\x80\x8f", "\xe2\x80\xa8",
                           "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9", "\x7f"}) {
    CAPTURE(text);
    CHECK(escape(text).starts_with("\\x"));
    CHECK(*unescape(escape(text)) == text);
  }
  for (const char* text : {"\xe2\x80\x8d", "\xe2\x80\xaf", "\xe2\x81\xaa", "\xc2\xa0", "\xd8\x9b"})
    CHECK(escape(text) == text);
}

TEST_CASE("JSON has \\u for the same characters, and everything else as it is") {
  CHECK(escape_json("{\"a\":\"x\\n\xe2\x80\xaey\x7f\xc2\x85\xc3\xa9\"}\n") ==
        "{\"a\":\"x\\n\\u202ey\\u007f\\u0085\xc3\xa9\"}\n");
  CHECK(escape_json("\xf0\x9f\x98\x80") == "\xf0\x9f\x98\x80");
}

TEST_CASE("a label is read as it is printed") {
  CHECK(*parse_label("C:\\\\new\\t") == "C:\\new\t");
  CHECK(parse_label("")->empty());
  for (const char* text : {"a\\q", "\\xff", "a\\0"}) CHECK_FALSE(parse_label(text).has_value());
}

TEST_CASE("unescape refuses what escape never writes") {
  for (const char* text : {"\\", "\\q", "\\x", "\\x1", "\\xzz"}) {
    CAPTURE(text);
    CHECK_FALSE(unescape(text).has_value());
  }
}

TEST_CASE("a separator replaces the byte 0, and is itself escaped") {
  const std::string bytes("a\0b/c\\", 6);
  std::string text = "> ";
  append_escaped(text, bytes, '/');
  CHECK(text == "> a/b\\x2fc\\\\");
  std::string back;
  REQUIRE(append_unescaped(back, std::string_view(text).substr(2), '/').has_value());
  CHECK(back == bytes);
  back.clear();
  REQUIRE(append_unescaped(back, "a\\0b/c").has_value());
  CHECK(back == std::string("a\0b/c", 5));
}

TEST_CASE("UTF-8 has no overlong forms, surrogates or code points past U+10FFFF") {
  CHECK(is_utf8("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80"));
  for (const char* text :
       {"\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80", "\xe2\x82"}) {
    CAPTURE(text);
    CHECK_FALSE(is_utf8(text));
  }
}

TEST_CASE("sizes: bare numbers are bytes, K and KiB powers of 1024, KB of 1000") {
  CHECK(*parse_size("8388608") == 8388608);
  CHECK(*parse_size("8K") == 8192);
  CHECK(*parse_size("8KiB") == 8192);
  CHECK(*parse_size("8KB") == 8000);
  CHECK(*parse_size("1.5M") == 1572864);
  CHECK(*parse_size("64T") == uint64_t{64} << 40);
  CHECK(*parse_size("2PB") == 2000000000000000);
  CHECK(*parse_size("8m") == *parse_size("8mib"));
  CHECK(*parse_size("8kB") == 8000);
  CHECK(parse_size("1.1M").error().message == "'1.1M' is not a whole number of bytes");
  CHECK(parse_size("99999999P").error().message == "the size '99999999P' is too large");
  for (const char* text :
       {"", "K", "-1", "1X", "1KX", "1Mb", "1.K", "0.3", "99999999P", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text).has_value());
  }
}

TEST_CASE("a GUID's first three fields are little-endian on disk") {
  const auto guid = parse_guid("00112233-4455-6677-8899-aabbccddeeff");
  REQUIRE(guid.has_value());
  CHECK(to_hex(guid->bytes) == "33221100554477668899aabbccddeeff");
  CHECK(to_string(*guid) == "00112233-4455-6677-8899-aabbccddeeff");
  CHECK(parse_guid("{00112233-4455-6677-8899-AABBCCDDEEFF}") == guid);
  CHECK_FALSE(parse_guid("00112233-4455-6677-8899-aabbccddeef").has_value());
  CHECK_FALSE(parse_guid("00112233+4455-6677-8899-aabbccddeeff").has_value());
}

TEST_CASE("ticks print as RFC 3339 with seven decimals, and 0 as never") {
  CHECK(to_string(Ticks{0}) == "never");
  CHECK(to_string(Ticks{1}) == "0001-01-01T00:00:00.0000001Z");
  CHECK(to_string(Ticks{kUnixEpochTicks}) == "1970-01-01T00:00:00.0000000Z");
  CHECK(to_string(Ticks{638700000000000386}) == "2024-12-17T02:40:00.0000386Z");
  CHECK(to_string(Ticks{3155378975999999999}) == "9999-12-31T23:59:59.9999999Z");
  CHECK(to_string(Ticks{-1}) == "ticks -1");
}

TEST_CASE("seconds since 1970 are rounded down") {
  CHECK(to_unix_seconds(from_unix_seconds(1700000000)) == 1700000000);
  CHECK(to_unix_seconds(Ticks{kUnixEpochTicks + kTicksPerSecond - 1}) == 0);
  CHECK(to_unix_seconds(Ticks{kUnixEpochTicks - 1}) == -1);
}

TEST_CASE("a misspelling is near, another word is not") {
  CHECK(is_near("formt", "format"));
  CHECK(is_near("verfy", "verify"));
  CHECK_FALSE(is_near("snapshot", "format"));
}

TEST_CASE("base64 pads") {
  CHECK(to_base64(std::vector<uint8_t>{}) == "");
  CHECK(to_base64(std::vector<uint8_t>{0xff}) == "/w==");
  CHECK(to_base64(std::vector<uint8_t>{0xff, 0x00}) == "/wA=");
  CHECK(to_base64(std::vector<uint8_t>{0xff, 0x00, 0x01}) == "/wAB");
}

TEST_CASE("base64 is decoded, and anything else is refused") {
  for (const std::string& bytes : {std::string(), std::string("\xff"), std::string("\xff\0", 2),
                                   std::string("\xff\0\x01", 3), std::string("any bytes at all")}) {
    const Bytes span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
    CHECK(from_base64(to_base64(span)) == bytes);
  }
  for (const char* text : {"/", "/w", "/w=", "/w==/w==", "/x==", "/wB=", "====", "a b=", "!w=="}) {
    CAPTURE(text);
    CHECK_FALSE(from_base64(text).has_value());
  }
}
