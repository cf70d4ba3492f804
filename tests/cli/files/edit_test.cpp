// label and resize, and how all commands treat an image with commits in its journal.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>

#include "support/edit_image.h"
#include "support/image_builder.h"
#include "support/run_tool.h"
#include "support/strict/strict_reader.h"
#include "support/temporary_folder.h"
#include "support/try_open.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;
using nlohmann::json;

namespace {

constexpr uint32_t kBlock = 4096;
// The header seal lies in front of block 0's trailer.
constexpr size_t kSealOffset = kBlock - 48;

// An image of 1 MiB in a file of its own.
struct Image {
  explicit Image(const std::vector<uint8_t>& bytes = ImageBuilder().bytes()) {
    write_file(path, bytes);
  }
  [[nodiscard]] std::vector<uint8_t> bytes() const { return read_file(path); }

  TemporaryFolder folder;
  std::string path = folder / "image.dwvd";
};

ToolResult run(std::vector<std::string> arguments, int status) {
  ToolResult result = run_tool(arguments);
  INFO(describe(result));
  CHECK(result.status == status);
  if (status == 0) CHECK(result.err.empty());
  if (status >= 8) CHECK(result.tells_one_error());
  return result;
}

// The command is refused with `status`, says `why`, and changes no byte.
void check_refused(const Image& image, std::vector<std::string> arguments, int status,
                   const std::string& why) {
  const std::vector<uint8_t> before = image.bytes();
  const ToolResult result = run_tool(arguments);
  INFO(describe(result));
  CHECK(result.status == status);
  CHECK(result.err.find(why) != std::string::npos);
  CHECK(result.err.find("image.dwvd") != std::string::npos);
  CHECK(image.bytes() == before);
}

std::string label_of(const Image& image) {
  return run({"label", image.path, "--json"}, 0).json().value("label", "");
}

// As a process that is killed after its commit: it waits in the journal.
void leave_waiting(const std::string& path, const std::string& label) {
  const auto file = open_file(path, OpenMode::kReadWrite);
  REQUIRE(file.has_value());
  const auto volume = try_open_volume(**file);
  REQUIRE(volume.has_value());
  auto transaction = (*volume)->begin();
  REQUIRE(transaction.has_value());
  Text<64> text;
  std::copy(label.begin(), label.end(), text.bytes.begin());
  transaction->superblock().label = text;
  const auto run = (*volume)->allocator().allocate(*transaction, 2);
  REQUIRE(run.has_value());
  for (uint64_t n = run->begin; n < run->end; ++n)
    REQUIRE(transaction->replace(n, block_types::kData).has_value());
  REQUIRE((*volume)->commit(*transaction).has_value());
}

}  // namespace

TEST_CASE("a label is set and shown, in text and JSON") {
  const Image image;
  CHECK(run({"label", image.path}, 0).out == "damage\n");
  CHECK(run({"label", image.path, "Fotos für 日本"}, 0).out.empty());
  CHECK(run({"label", image.path}, 0).out == "Fotos für 日本\n");
  const json shown = run({"label", image.path, "--json"}, 0).json();
  CHECK(shown.at("schema_version").is_number_integer());
  CHECK(shown.at("command") == "label");
  CHECK(shown.at("image") == image.path);
  CHECK(shown.at("label") == "Fotos für 日本");
  CHECK(run({"label", image.path, "", "--json"}, 0).json().at("label") == "");
  CHECK(run({"label", image.path}, 0).out == "\n");
  CHECK(run({"verify", image.path, "--json"}, 0).json_lines().size() == 1);
}

TEST_CASE("the existing reader sees the new label as soon as the command is done") {
  const Image image(vector_image("everything-1"));
  const StrictReader before(image.bytes());
  run({"label", image.path, "renamed"}, 0);
  const StrictReader after(image.bytes());
  CHECK(after.validates());
  CHECK(after.group() == strict::Group::kPrimary);
  CHECK(after.superblock().label == "renamed");
  CHECK(after.superblock().checkpoint_sequence == before.superblock().checkpoint_sequence + 1);
  CHECK(after.superblock().modified > before.superblock().modified);
  CHECK(after.tags() == before.tags());
  CHECK(after.snapshots() == before.snapshots());
  CHECK(after.modules() == before.modules());
}

TEST_CASE("a label has at most 64 bytes of UTF-8; anything else is a usage error") {
  const Image image;
  const std::string longest(64, 'x');
  run({"label", image.path, longest}, 0);
  CHECK(label_of(image) == longest);
  check_refused(image, {"label", image.path, longest + "x"}, 16, "65 bytes");
  check_refused(image, {"label", image.path, "\xff\xfe"}, 16, "UTF-8");
}

TEST_CASE("control characters of a label are escaped; bytes that are not UTF-8 are in Base64") {
  EditedImage edited(ImageBuilder().bytes(), kBlock);
  constexpr size_t kLabel = 0x98;
  for (size_t i = 0; i < 8; ++i) edited.put_superblock<uint8_t>(kLabel + i, 0);
  edited.put_superblock<uint8_t>(kLabel, '\t');
  edited.put_superblock<uint8_t>(kLabel + 1, 0xFF);
  const Image image(edited.bytes());
  CHECK(run({"label", image.path}, 0).out == "\\t\\xff\n");
  const json shown = run({"label", image.path, "--json"}, 0).json();
  CHECK(shown.at("label_base64") == "Cf8=");
  CHECK_FALSE(shown.contains("label"));
}

TEST_CASE("a sealed image is shown, but not changed unless the seal may go") {
  EditedImage edited(ImageBuilder().bytes(), kBlock);
  edited.put_superblock<uint64_t>(kSealOffset, 0x1122334455667788);
  const Image image(edited.bytes());
  CHECK(label_of(image) == "damage");
  check_refused(image, {"label", image.path, "new"}, 8, "sealed");
  check_refused(image, {"resize", image.path, "--size", "2M"}, 8, "sealed");
  run({"label", image.path, "new", "--unseal"}, 0);
  CHECK(label_of(image) == "new");
  const std::vector<uint8_t> bytes = image.bytes();
  for (const size_t block : {0u, 4u})
    CHECK(load_le<uint64_t>(Bytes(bytes), block * kBlock + kSealOffset) == 0);
  run({"label", image.path, "again"}, 0);
}

TEST_CASE("images with unknown features can be shown but not changed") {
  const std::vector<std::vector<std::string>> commands = {
      {"verify"},
      {"verify", "--repair"},
      {"label"},
      {"label", "new"},
      {"resize", "--size", "1G"},
      {"tag", "get", "key"},
      {"tag", "list"},
      {"tag", "find", "--prefix", "k"},
      {"tag", "stats"},
      {"tag", "export"},
      {"tag", "set", "1", "key=value"},
      {"snapshot", "list"},
      {"snapshot", "show", "@latest"},
      {"snapshot", "chain", "@latest"},
      {"snapshot", "children", "@latest"},
      {"snapshot", "create"},
      {"snapshot", "delete", "@latest"},
      {"module", "list"},
      {"module", "show", "0011"},
      {"module", "extract", "0011"},
      {"module", "verify"},
      {"module", "remove", "0011"},
  };
  ImageBuilder builder;
  const Image known(builder.bytes());
  builder.superblock([](Superblock& superblock) { superblock.incompatible_features = 1u << 9; });
  const Image image(builder.bytes());
  for (const std::vector<std::string>& command : commands) {
    // The image comes after the name of the command.
    const bool in_family =
        command[0] == "tag" || command[0] == "snapshot" || command[0] == "module";
    const size_t place = in_family ? 2 : 1;
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.begin() + static_cast<ptrdiff_t>(place), image.path);
    check_refused(image, arguments, 8, "unsupported features (bit 9)");
    arguments[place] = known.path;
    CHECK(run_tool(arguments).err.find("incompatible") == std::string::npos);
  }
  run({"info", image.path}, 0);
  run({"dump", image.path, "--superblock"}, 0);
  const Image sample(vector_image("feature-unknown"));
  check_refused(sample, {"snapshot", "list", sample.path}, 8, "(bit 30)");
  check_refused(sample, {"module", "list", sample.path}, 8, "(bit 30)");
}

TEST_CASE("regions that are encrypted, WORM, read-only or migrating keep writers out") {
  for (const uint32_t flag : {2u, 8u, 16u, 32u}) {
    EditedImage edited(ImageBuilder().bytes(), kBlock);
    RegionSlot slot = edited.slot(6);
    slot.flags |= flag;
    edited.put_slot(6, slot);
    const Image image(edited.bytes());
    check_refused(image, {"label", image.path, "new"}, 8, "WORM, read-only or migrating");
  }
}

TEST_CASE("a later writer's version keeps writers out") {
  EditedImage edited(ImageBuilder().bytes(), kBlock);
  edited.put_superblock<uint16_t>(0x12, 3);
  const Image image(edited.bytes());
  check_refused(image, {"label", image.path, "new"}, 8, "version 3");
}

TEST_CASE("a damaged image is not changed") {
  EditedImage directory(ImageBuilder().bytes(), kBlock);
  directory.put<uint8_t>(8, 102, 1);
  const Image image(directory.bytes());
  check_refused(image, {"label", image.path, "new"}, 4, "directory");
  EditedImage groups(ImageBuilder().bytes(), kBlock);
  groups.put<uint8_t>(1, 0, 0);
  groups.put<uint8_t>(5, 0, 0);
  const Image broken(groups.bytes());
  check_refused(broken, {"label", broken.path, "new"}, 4, "no superblock group is intact");
}

TEST_CASE("a change puts a damaged group in order, says so, and keeps its blocks") {
  for (const uint64_t block : {2u, 6u}) {
    EditedImage edited(ImageBuilder().bytes(), kBlock);
    edited.put<uint8_t>(block, 100, 1);
    const Image image(edited.bytes());
    const ToolResult result = run_tool({"label", image.path, "healed", "--quiet"});
    CHECK(result.status == 0);
    const std::string blocks = block < 4 ? "blocks 0 to 3" : "blocks 4 to 7";
    CHECK(result.err ==
          "vdetool: warning: " + image.path + ": the superblock group in " + blocks +
              " was damaged and was replaced by the other one; its old bytes are in '" +
              image.path + ".undo'\n");
    CHECK(run({"verify", image.path, "--json"}, 0).json_lines().size() == 1);
    CHECK(run({"label", image.path, "again"}, 0).err.empty());
    // Undoing it now would put the damaged group over a newer one.
    CHECK(run_tool({"undo", image.path, image.path + ".undo"}).status == 8);
    CHECK(label_of(image) == "again");
  }
}

TEST_CASE("a group is not put in order without its undo file, and silently after a crash") {
  EditedImage edited(ImageBuilder().bytes(), kBlock);
  edited.put<uint8_t>(6, 100, 1);
  const Image image(edited.bytes());
  // IMAGE.undo would have a name that is too long.
  const std::string path = image.folder / std::string(252, 'n');
  write_file(path, edited.bytes());
  const ToolResult refused = run_tool({"label", path, "never"});
  CHECK(refused.status == 8);
  CHECK(refused.tells_one_error());
  CHECK(refused.err.find("superblock group in blocks 4 to 7 is damaged") != std::string::npos);
  CHECK(read_file(path) == edited.bytes());

  const Image crashed;
  leave_waiting(crashed.path, "waiting");
  EditedImage torn(crashed.bytes(), kBlock);
  torn.put<uint8_t>(2, 100, 1);
  write_file(crashed.path, torn.bytes());
  run({"label", crashed.path, "silent"}, 0);
  CHECK(label_of(crashed) == "silent");
  CHECK_FALSE(std::filesystem::exists(crashed.path + ".undo"));
}

TEST_CASE("resize prints both sizes and changes the length of the file") {
  const Image image;
  CHECK(run({"resize", image.path, "--size", "2M"}, 0).out ==
        image.path + ": 1048576 bytes (1 MiB) -> 2097152 bytes (2 MiB)\n");
  CHECK(image.bytes().size() == 2 << 20);
  const json shrunk = run({"resize", image.path, "--size", "1052672", "--json"}, 0).json();
  CHECK(shrunk.at("command") == "resize");
  CHECK(shrunk.at("old_size") == 2 << 20);
  CHECK(shrunk.at("new_size") == 1'052'672);
  CHECK(image.bytes().size() == 1'052'672);
  CHECK(run({"resize", image.path, "--size", "1M", "--quiet"}, 0).out.empty());
  CHECK(run({"verify", image.path, "--json"}, 0).json_lines().size() == 1);
  CHECK(run({"resize", image.path, "--size", "1M"}, 0).out ==
        image.path + ": the volume is already 1048576 bytes (1 MiB)\n");
}

TEST_CASE("impossible sizes are usage errors; blocks in use are not cut") {
  ImageBuilder builder({kBlock, 300, kAllModules});
  builder.data_block(280, 1);
  const Image image(builder.bytes());
  for (const char* size : {"0", "1000K", "1200001", "65T", "many", "-1M"})
    check_refused(image, {"resize", image.path, "--size", size}, 16, "");
  check_refused(image, {"resize", image.path, "--size", "1M"}, 8, "in use");
  run({"resize", image.path, "--size", std::to_string(281 * kBlock)}, 0);
}

TEST_CASE("an image in use is refused at once, or waited for") {
  const Image image;
  for (const LockMode mode : {LockMode::kShared, LockMode::kExclusive}) {
    auto other = open_file(image.path, OpenMode::kReadWrite);
    REQUIRE(other.has_value());
    REQUIRE((*other)->lock(mode, std::chrono::milliseconds(0)).has_value());
    check_refused(image, {"label", image.path, "new"}, 8, "locked by another process");
    check_refused(image, {"resize", image.path, "--size", "2M"}, 8, "locked by another process");
    if (mode == LockMode::kShared) CHECK(label_of(image) == "damage");
    check_refused(image, {"label", image.path, "new", "--lock-wait", "0.1"}, 8,
                  "locked by another process");
  }
  auto other = open_file(image.path, OpenMode::kReadWrite);
  REQUIRE((*other)->lock(LockMode::kExclusive, std::chrono::milliseconds(0)).has_value());
  check_refused(image, {"label", image.path}, 8, "locked by another process");
  StartedTool waiting({.arguments = {"label", image.path, "waited", "--lock-wait", "60"}});
  CHECK(waiting.wait_until_open(image.path));
  other->reset();
  CHECK(waiting.finish().status == 0);
  CHECK(label_of(image) == "waited");
}

TEST_CASE("commits that wait in the journal count for every reader, and no reader writes") {
  const Image image;
  leave_waiting(image.path, "waiting");
  const std::vector<uint8_t> before = image.bytes();
  CHECK(StrictReader(before).superblock().label == "damage");

  CHECK(run({"label", image.path}, 0).out == "waiting\n");
  const json info = run({"info", image.path, "--json"}, 0).json();
  CHECK(info.at("superblock").at("label") == "waiting");
  CHECK(info.at("superblock").at("checkpoint_sequence") == 2);
  const auto lines = run({"verify", image.path, "--json"}, 0).json_lines();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].at("code") == "MWAL-004");
  CHECK(lines[0].at("severity") == "note");
  CHECK(lines[1].at("code") == "BMAP-007");  // what was committed is one allocated block
  CHECK(image.bytes() == before);

  run({"label", image.path, "next"}, 0);
  CHECK(StrictReader(image.bytes()).superblock().label == "next");
  CHECK(StrictReader(image.bytes()).superblock().checkpoint_sequence == 3);
  CHECK(run({"verify", image.path, "--json"}, 0).json_lines().size() == 2);
}

TEST_CASE("a read-only file shows its waiting commits, and is not written") {
  const Image image;
  leave_waiting(image.path, "waiting");
  REQUIRE(chmod(image.path.c_str(), 0444) == 0);
  REQUIRE(chmod(image.folder.path().c_str(), 0755) == 0);
  const std::vector<uint8_t> before = image.bytes();
  const auto as_user = [&](std::vector<std::string> arguments) {
    return run_tool(ToolCommand{.arguments = std::move(arguments), .in_child = drop_privileges});
  };
  CHECK(as_user({"label", image.path}).out == "waiting\n");
  CHECK(as_user({"info", image.path, "--json"}).json().at("superblock").at("label") == "waiting");
  CHECK(as_user({"verify", image.path}).status == 0);
  const ToolResult refused = as_user({"label", image.path, "new"});
  CHECK(refused.status == 8);
  CHECK(refused.err.find("Permission denied") != std::string::npos);
  CHECK(image.bytes() == before);
}

TEST_CASE("an image that another program changed under waiting commits is damage, and left alone") {
  const Image image;
  leave_waiting(image.path, "waiting");
  EditedImage edited(image.bytes(), kBlock);
  edited.put_superblock<uint32_t>(0x80, 9);
  write_file(image.path, edited.bytes());
  check_refused(image, {"label", image.path, "new"}, 4, "another program changed");
  check_refused(image, {"resize", image.path, "--size", "2M"}, 4, "another program changed");
  check_refused(image, {"label", image.path}, 4, "another program changed");
  const auto lines = run({"verify", image.path, "--json"}, 4).json_lines();
  CHECK(lines[0].at("code") == "MWAL-005");
  CHECK(image.bytes() == edited.bytes());
}
