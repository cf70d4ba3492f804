// Damaged and hostile images, and files that are not images: every reading command reports them in
// time, in one line or as findings, with the right status, and writes nothing.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "support/edit_image.h"
#include "support/effort.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
constexpr int64_t kSmallest = std::numeric_limits<int64_t>::min();

struct Expected {
  int info;
  int verify;
};

// Memory is limited by the image's size, not by a number in it. Sanitizers reserve more.
void limit_memory() {
  const rlimit limit{rlim_t{1} << 30, rlim_t{1} << 30};
  if (!kSanitized) setrlimit(RLIMIT_AS, &limit);
}

// An error is one line, or one object with --json; findings and data are not errors.
void check_messages(const ToolResult& result, bool json_wanted) {
  const bool failed = result.status != 0 && result.status != 4;
  if (result.status != 4) CHECK(result.err.empty() == !failed);
  if (!failed) return;
  if (!json_wanted) {
    CHECK(result.tells_one_error());
    return;
  }
  const json error = json::parse(result.err).at("error");
  CHECK(error.at("message").get<std::string>().size() > 0);
  CHECK(error.at("status") == result.status);
}

ToolResult run_limited(std::vector<std::string> arguments) {
  const bool json_wanted = std::count(arguments.begin(), arguments.end(), "--json") > 0;
  const ToolResult result = run_tool({.arguments = std::move(arguments), .in_child = limit_memory});
  INFO(describe(result));
  CHECK(result.signal == 0);
  CHECK(result.processor_time < kSecond);
  check_messages(result, json_wanted);
  if (json_wanted) CHECK_NOTHROW(static_cast<void>(result.json_lines()));
  return result;
}

// info and verify have the expected outcome; every kind of dump prints data or one error.
void check_commands(const std::string& path, Expected expected,
                    const std::vector<std::string>& tags = {"TAGI"}) {
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{}, std::vector<std::string>{"--json"}}) {
    if (test_effort() < 1 && options.empty()) continue;
    const auto run = [&](std::vector<std::string> arguments) {
      arguments.insert(arguments.begin() + 1, path);
      arguments.insert(arguments.end(), options.begin(), options.end());
      return run_limited(arguments).status;
    };
    // 4 where the damage is in what it shows.
    CHECK((run({"info"}) & ~4) == expected.info);
    CHECK(run({"verify"}) == expected.verify);
    CHECK(run({"dump", "--regions"}) == expected.info);
    CHECK(run({"dump", "--superblock"}) <= 16);
    CHECK(run({"dump", "--block", "0-9"}) <= 16);
    CHECK(run({"dump", "--offset", "52"}) <= 16);
    for (const std::string& tag : tags) CHECK(run({"dump", "--region", tag}) <= 16);
  }
  CHECK(run_limited({"dump", path, "--block", "1", "--hex"}).status <= 16);
  CHECK(run_limited({"dump", path, "--region", "RMAP", "--raw"}).status <= 16);
}

// As check_commands(), for an image that becomes a file first and must not change.
void check_image(const std::vector<uint8_t>& image, Expected expected,
                 const std::vector<std::string>& tags = {"TAGI"}) {
  static Share share(test_effort());
  if (!share.takes_next()) return;
  const TemporaryFolder folder;
  const std::string path = folder / "image";
  write_file(path, image);
  const std::string before = file_sha256(path);
  check_commands(path, expected, tags);
  CHECK(file_sha256(path) == before);
  CHECK(folder.count() == 1);
}

// As check_image(), with the commands that programs use alone.
void check_briefly(const std::vector<uint8_t>& image, Expected expected, const std::string& tag) {
  static Share share(test_effort());
  if (!share.takes_next()) return;
  const TemporaryFolder folder;
  const std::string path = folder / "image";
  write_file(path, image);
  CHECK((run_limited({"info", path, "--json"}).status & ~4) == expected.info);
  CHECK(run_limited({"verify", path, "--json"}).status == expected.verify);
  CHECK(run_limited({"dump", path, "--regions"}).status == expected.info);
  CHECK(run_limited({"dump", path, "--region", tag}).status <= 16);
  CHECK(read_file(path) == image);
}

// A fresh image of 1 MiB with all modules: 4096-byte blocks, MTRK in slot 8.
std::vector<uint8_t> fresh_image() {
  const TemporaryFolder folder;
  const std::string modules = "tags,snapshot,compute,integrity";
  REQUIRE(run_tool({"format", folder / "image", "--size", "1M", "--modules", modules}).status == 0);
  return read_file(folder / "image");
}

std::vector<uint8_t> everything() {
  return vector_image("everything-1");
}

}  // namespace

TEST_CASE("a file that is not an image is reported as such: status 8") {
  const TemporaryFolder folder;
  const std::string path = folder / "file";
  std::vector<uint8_t> noise(300'000);
  for (size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<uint8_t>(i * i / 251);
  std::string text;
  while (text.size() < 200'000) text += "DWVD images hold blocks, and this is no image.\n";
  check_image({}, {8, 8});
  check_image({'D'}, {8, 8});
  check_image({'D', 'W', 'V', 'D'}, {8, 8});
  check_image({text.begin(), text.end()}, {8, 8});
  check_image(noise, {8, 8});
  check_image(std::vector<uint8_t>(300'000), {8, 8});
  check_image(std::vector<uint8_t>(300'000, 0xFF), {8, 8});
}

TEST_CASE("directories, devices and pipes are rejected at once, without waiting for a writer") {
  const TemporaryFolder folder;
  REQUIRE(mkfifo((folder / "fifo").c_str(), 0666) == 0);
  fs::create_symlink("loop", folder / "loop");
  write_file(folder / "file", "");
  for (const std::string& path :
       {folder.path(), folder / "fifo", folder / "loop", folder / "missing", folder / "file/below",
        std::string("/dev/null"), std::string("/dev/zero")}) {
    CAPTURE(path);
    check_commands(path, {8, 8});
  }
  CHECK(folder.count() == 3);
}

TEST_CASE("a file without permission is refused, one that is read-only is read") {
  const TemporaryFolder folder;
  fs::permissions(folder.path(), fs::perms{0755});
  write_file(folder / "image", vector_image("profile-minimal"));
  const auto status = [&](const char* command) {
    const ToolResult result =
        run_tool({.arguments = {command, folder / "image"}, .in_child = drop_privileges});
    INFO(describe(result));
    CHECK(result.err.empty() == (result.status == 0));
    return result.status;
  };
  for (const char* command : {"info", "verify", "dump"}) {
    fs::permissions(folder / "image", fs::perms::none);
    CHECK(status(command) == 8);
    fs::permissions(folder / "image", fs::perms{0444});
    CHECK(status(command) == 0);
  }
}

TEST_CASE("a truncated image is damaged; without a complete superblock it is not an image") {
  const std::vector<uint8_t> whole = fresh_image();
  for (const size_t length : {size_t{1}, size_t{512}, size_t{4095}}) {
    CAPTURE(length);
    check_image({whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length)}, {8, 8});
  }
  for (const size_t length :
       {size_t{4096}, size_t{8191}, size_t{4 * 4096}, size_t{8 * 4096}, size_t{10 * 4096},
        size_t{11 * 4096 + 7}, whole.size() / 2, whole.size() - 4096, whole.size() - 1}) {
    CAPTURE(length);
    check_image({whole.begin(), whole.begin() + static_cast<ptrdiff_t>(length)}, {0, 4});
  }
}

TEST_CASE("a file longer than its volume is a note, which changes no status") {
  std::vector<uint8_t> longer = fresh_image();
  longer.push_back(1);
  check_image(longer, {0, 0});
  longer.resize(longer.size() + 10'000);
  check_image(longer, {0, 0});
}

TEST_CASE("a block size field that no image can have does not lead anywhere") {
  constexpr size_t kBlockSizeField = 0x34;
  for (const int32_t size : {0, 3, -1, 1, 511, 512, 65536, 131072, 2147483647, -2147483647 - 1}) {
    CAPTURE(size);
    EditedImage sealed(fresh_image(), 4096);
    sealed.put_superblock(kBlockSizeField, size);
    check_briefly(sealed.bytes(), {0, 4}, "TAGI");

    EditedImage unsealed(fresh_image(), 4096);
    unsealed.put(0, kBlockSizeField, size);
    unsealed.put(4, kBlockSizeField, size);
    check_briefly(unsealed.bytes(), {0, 4}, "TAGI");

    EditedImage one_group(fresh_image(), 4096);
    one_group.put(0, kBlockSizeField, size);
    check_briefly(one_group.bytes(), {0, 4}, "TAGI");
  }
}

TEST_CASE("numbers in a sealed superblock that contradict the file are damage") {
  for (const size_t field : {0x38u, 0x40u, 0x48u, 0x50u}) {  // total, free, file size, allocated
    for (const int64_t value :
         {int64_t{0}, int64_t{-1}, int64_t{1}, int64_t{1} << 46, kLargest, kSmallest}) {
      CAPTURE(field);
      CAPTURE(value);
      EditedImage image(fresh_image(), 4096);
      image.put_superblock(field, value);
      check_briefly(image.bytes(), {0, 4}, "DATA");
    }
  }
}

TEST_CASE("a superblock that needs a later reader is unsupported") {
  EditedImage version(fresh_image(), 4096);
  version.put_superblock<uint16_t>(0x10, 3);
  check_image(version.bytes(), {8, 8});
  EditedImage feature(fresh_image(), 4096);
  feature.put_superblock<uint32_t>(0x14, 1u << 31);
  check_image(feature.bytes(), {0, 8});
}

TEST_CASE("region slots may point anywhere") {
  struct Bounds {
    int64_t start;
    int64_t count;
  };
  const std::vector<uint8_t> fresh = fresh_image();
  for (size_t slot = 3; slot <= 10; ++slot) {
    for (const Bounds& bounds :
         {Bounds{kLargest, 1}, Bounds{1, kLargest}, Bounds{kLargest, kLargest},
          Bounds{kSmallest, kSmallest}, Bounds{-1, 2}, Bounds{0, 256}, Bounds{20, -1},
          Bounds{256, 1}, Bounds{255, 2}, Bounds{int64_t{1} << 52, int64_t{1} << 12}}) {
      EditedImage image(fresh, 4096);
      RegionSlot changed = image.slot(slot);
      const std::string tag = to_string(changed.type);
      changed.start = bounds.start;
      changed.count = bounds.count;
      image.put_slot(slot, changed);
      CAPTURE(tag);
      CAPTURE(changed.start);
      CAPTURE(changed.count);
      // The data area may lie over other regions: that is a note.
      const bool is_legal = tag == "DATA" && bounds.start == 0;
      check_briefly(image.bytes(), {0, is_legal ? 0 : 4}, tag);
    }
  }
}

TEST_CASE("regions of the same tag, over each other, or of every block") {
  const std::vector<uint8_t> fresh = fresh_image();
  EditedImage all(fresh, 4096);
  for (size_t slot = 0; slot < kMaxSlots; ++slot)
    all.put_slot(slot, {block_types::kTagIndex, kRegionActive, 0, 256, -1});
  check_image(all.bytes(), {0, 4}, {});

  EditedImage huge(fresh, 4096);
  huge.put_superblock(0x38, int64_t{1} << 46);
  huge.put_superblock(0x48, int64_t{1} << 58);
  RegionSlot bitmap = huge.slot(3);
  bitmap.count = int64_t{1} << 45;
  huge.put_slot(3, bitmap);
  check_image(huge.bytes(), {0, 4}, {"BMAP"});
}

TEST_CASE("without superblock groups the directory is enough, and without it the other blocks") {
  for (const uint8_t filler : {uint8_t{0}, uint8_t{0xA5}}) {
    EditedImage groups_gone(fresh_image(), 4096);
    for (uint64_t block = 0; block < 8; ++block)
      std::ranges::fill(groups_gone.block(block), filler);
    check_image(groups_gone.bytes(), {0, 4});
    for (uint64_t block = 8; block < 10; ++block)
      std::ranges::fill(groups_gone.block(block), filler);
    check_image(groups_gone.bytes(), {0, 4});
  }
}

TEST_CASE("damage to every fixed block in turn is found, and the rest is shown") {
  for (uint64_t block = 0; block < 12; ++block) {
    CAPTURE(block);
    EditedImage image(fresh_image(), 4096);
    image.block(block)[100] ^= 0x40;
    check_image(image.bytes(), {0, 4});
  }
}

TEST_CASE("hostile numbers at the start of sealed regions lead to no crash") {
  const std::vector<uint8_t> original = everything();
  Share share(test_effort());
  // POLV to SNAP; of ENCR the second block too.
  for (const uint64_t block :
       {10u, 12u, 13u, 14u, 15u, 1039u, 1103u, 1104u, 1167u, 1231u, 1232u, 1295u}) {
    CAPTURE(block);
    for (const uint64_t number : {uint64_t{0}, ~uint64_t{0}, ~uint64_t{0} >> 1,
                                  uint64_t{0x7FFFFFFF7FFFFFFF}, uint64_t{0x8000000080000000}}) {
      CAPTURE(number);
      if (!share.takes_next()) continue;
      EditedImage image(original, 4096);
      for (const size_t offset : {0u, 8u, 16u}) image.put(block, offset, number);
      image.rehash(block);
      const TemporaryFolder folder;
      write_file(folder / "image", image.bytes());
      CHECK((run_limited({"info", "--json", folder / "image"}).status & ~4) == 0);
      CHECK((run_limited({"verify", "--json", folder / "image"}).status & ~4) == 0);
      const std::string number_text = std::to_string(block);
      CHECK(run_limited({"dump", "--json", folder / "image", "--block", number_text}).status == 0);
      CHECK(run_limited({"dump", folder / "image", "--block", number_text}).status == 0);
    }
  }
}

TEST_CASE("a label that is not UTF-8 is a warning, and JSON has it in Base64") {
  EditedImage image(fresh_image(), 4096);
  image.put_superblock<uint32_t>(0x98, 0x00FEFF41);  // "A", FF, FE
  const TemporaryFolder folder;
  write_file(folder / "image", image.bytes());
  const json superblock = run_limited({"info", "--json", folder / "image"}).json()["superblock"];
  CHECK(superblock.value("label_base64", "") == "Qf/+");
  CHECK_FALSE(superblock.contains("label"));
  CHECK(run_limited({"info", folder / "image"}).out.find(" A\\xff\\xfe\n") != std::string::npos);
  CHECK(run_limited({"verify", folder / "image"}).status == 0);
  CHECK(run_limited({"verify", folder / "image", "--fail-on", "warning"}).status == 4);
}

TEST_CASE("dump rejects blocks, offsets and regions that do not exist") {
  const TemporaryFolder folder;
  write_file(folder / "image", fresh_image());
  struct Case {
    std::vector<std::string> options;
    int status;
  };
  for (const Case& wrong :
       {Case{{"--block", "256"}, 16}, Case{{"--block", "255-256"}, 16},
        Case{{"--block", "5-4"}, 16}, Case{{"--block", "-1"}, 16}, Case{{"--block", "x"}, 16},
        Case{{"--block", ""}, 16}, Case{{"--block", "18446744073709551615"}, 16},
        Case{{"--block", "0-18446744073709551614"}, 16},
        Case{{"--block", "99999999999999999999"}, 16}, Case{{"--offset", "1048576"}, 16},
        Case{{"--offset", "-1"}, 16}, Case{{"--offset", "18446744073709551615"}, 16},
        Case{{"--offset", ""}, 16}, Case{{"--region", "NONE"}, 1}, Case{{"--region", "\xff"}, 1},
        Case{{"--region", ""}, 1}, Case{{"--block", "1", "--region", "TAGI"}, 16},
        Case{{"--hex", "--raw"}, 16}}) {
    std::vector<std::string> arguments = {"dump", folder / "image"};
    arguments.insert(arguments.end(), wrong.options.begin(), wrong.options.end());
    const ToolResult result = run_limited(arguments);
    INFO(describe(result));
    CHECK(result.status == wrong.status);
    CHECK(result.out.empty());
  }
}
