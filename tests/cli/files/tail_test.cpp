// What lies in a file after its volume: no command cuts or overwrites anything there that is not
// zero.
#include <doctest/doctest.h>

#include <filesystem>

#include "support/image_builder.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;
using nlohmann::json;

namespace {

using Words = std::vector<std::string>;

constexpr size_t kVolume = size_t{1} << 20;

struct LongFile {
  LongFile(std::vector<uint8_t> bytes, size_t volume_bytes) : volume(volume_bytes) {
    write_file(path, bytes);
    write_file(folder / "tags", std::vector<uint8_t>{'1', '\t', 'k', '\t', 'v', '\n'});
    write_file(folder / "module", std::vector<uint8_t>{0, 'a', 's', 'm', 1, 0, 0, 0});
  }
  [[nodiscard]] std::vector<uint8_t> bytes() const { return read_file(path); }
  [[nodiscard]] std::vector<uint8_t> tail() const {
    const std::vector<uint8_t> all = bytes();
    return {all.begin() + static_cast<ptrdiff_t>(volume), all.end()};
  }
  // Runs `words` on the image.
  ToolResult run(Words words, int status) const {
    for (std::string& word : words) {
      if (word == "IMAGE") word = path;
      if (word == "TAGS") word = folder / "tags";
      if (word == "MODULE") word = folder / "module";
    }
    ToolResult result = run_tool(words);
    INFO(describe(result));
    CHECK(result.status == status);
    return result;
  }

  TemporaryFolder folder;
  std::string path = folder / "image.dwvd";
  size_t volume;
};

// A volume of 1 MiB, and `tail` after it.
LongFile with_tail(const std::vector<uint8_t>& tail) {
  std::vector<uint8_t> bytes = ImageBuilder().bytes();
  bytes.insert(bytes.end(), tail.begin(), tail.end());
  return {bytes, kVolume};
}

bool has(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

// `others`: notes besides the one about the tail.
bool is_fixable(const LongFile& file, size_t others = 0) {
  const auto lines = file.run({"verify", "IMAGE", "--json"}, 0).json_lines();
  REQUIRE(lines.size() == 2 + others);
  CHECK(lines[0].at("code") == "GEOM-002");
  CHECK(lines[0].at("severity") == "note");
  return lines[0].at("fixable");
}

}  // namespace

TEST_CASE("no writer changes the bytes after the volume") {
  std::vector<uint8_t> tail(10'001);
  SUBCASE("zeros") {}
  SUBCASE("something") {
    tail[0] = 1;
    tail.back() = 2;
  }
  const LongFile file = with_tail(tail);
  for (const Words& words :
       {Words{"label", "IMAGE", "new"}, Words{"tag", "set", "IMAGE", "1", "key=value"},
        Words{"tag", "import", "IMAGE", "TAGS"}, Words{"tag", "remove", "IMAGE", "1", "key"},
        Words{"snapshot", "create", "IMAGE"}, Words{"snapshot", "delete", "IMAGE", "@latest"},
        Words{"module-register", "IMAGE", "MODULE", "--force", "--quiet"}}) {
    CAPTURE(words[0]);
    file.run(words, 0);
    CHECK(file.tail() == tail);
  }
  file.run({"verify", "IMAGE"}, 0);
  CHECK(file.tail() == tail);
}

TEST_CASE("resize rejects bytes that are not zero; the message gives the byte and the solution") {
  std::vector<uint8_t> tail(10'001);
  tail[9'000] = 3;
  const LongFile file = with_tail(tail);
  const std::vector<uint8_t> before = file.bytes();
  for (const char* size : {"2M", "1052672", "4M"}) {
    const ToolResult result = file.run({"resize", "IMAGE", "--size", size}, 8);
    CHECK(result.tells_one_error());
    CHECK(has(result.err, "the volume, which ends at byte 1048576: byte 1057576 is not zero"));
    CHECK(has(result.err, "'tail -c +1048577'"));
    CHECK(has(result.err, "'truncate -s 1048576'"));
    CHECK(file.bytes() == before);
  }
  std::filesystem::resize_file(file.path, kVolume);
  file.run({"resize", "IMAGE", "--size", "2M"}, 0);
  CHECK(file.bytes().size() == 2 * kVolume);
}

TEST_CASE("resize overwrites and cuts zeros, and holes cost nothing") {
  const LongFile file = with_tail({});
  std::filesystem::resize_file(file.path, uint64_t{1} << 40);
  CHECK(file.run({"resize", "IMAGE", "--size", "2M"}, 0).processor_time < kSecond);
  CHECK(file.bytes().size() == 2 * kVolume);
  std::filesystem::resize_file(file.path, 2 * kVolume + 1);
  file.run({"resize", "IMAGE", "--size", "1M"}, 0);
  CHECK(file.bytes().size() == kVolume);
  CHECK(file.run({"verify", "IMAGE", "--json"}, 0).json_lines().size() == 1);
}

TEST_CASE("a repair cuts only zeros, and reports other bytes") {
  const LongFile zeros = with_tail(std::vector<uint8_t>(5'000));
  CHECK(is_fixable(zeros));
  zeros.run({"verify", "IMAGE", "--repair"}, 1);
  CHECK(zeros.bytes().size() == kVolume);

  std::vector<uint8_t> tail(5'000);
  tail.back() = 9;
  const LongFile kept = with_tail(tail);
  CHECK_FALSE(is_fixable(kept));
  const std::vector<uint8_t> before = kept.bytes();
  const ToolResult result = kept.run({"verify", "IMAGE", "--repair"}, 0);
  CHECK(has(
      result.out,
      "left: the file holds data after the volume, which ends at byte 1048576: byte 1053575 is not "
      "zero"));
  CHECK(kept.bytes() == before);
}

TEST_CASE("a repair of other damage leaves the tail") {
  std::vector<uint8_t> bytes = ImageBuilder().flip(6, 0).bytes();
  bytes.resize(kVolume + 4'097, 5);
  const LongFile file(bytes, kVolume);
  const std::vector<uint8_t> tail = file.tail();
  file.run({"verify", "IMAGE", "--repair"}, 1);
  CHECK(file.tail() == tail);
  file.run({"undo", "IMAGE", file.path + ".undo"}, 0);
  CHECK(file.bytes() == bytes);
}

TEST_CASE("the disk that an importer left after its volume is not changed") {
  const std::vector<uint8_t> sample = vector_image("import-raw-1300");
  const auto volume =
      vector_listing("import-raw-1300").at("superblock").at("expected_file_size").get<size_t>();
  const LongFile file(sample, volume);
  CHECK_FALSE(is_fixable(file, 1));  // ORIG-006
  file.run({"verify", "IMAGE", "--repair"}, 0);
  CHECK(file.bytes() == sample);
  for (const char* size : {"4M", "8M", "16M"}) file.run({"resize", "IMAGE", "--size", size}, 8);
  CHECK(file.bytes() == sample);
  file.run({"label", "IMAGE", "imported"}, 0);
  CHECK(file.tail() ==
        std::vector<uint8_t>(sample.begin() + static_cast<ptrdiff_t>(volume), sample.end()));
}
