// The tag commands on the samples: tags written by the SDK are listed, found and changed.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "base/endian.h"
#include "support/edit_image.h"
#include "support/strict/strict_reader.h"
#include "support/vectors.h"
#include "tag_image.h"

using namespace vde;
using namespace vde::test;
using nlohmann::json;

namespace {

std::string bytes_of_hex(const std::string& hex) {
  const auto bytes = from_hex(hex);
  REQUIRE(bytes.has_value());
  return {bytes->begin(), bytes->end()};
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
