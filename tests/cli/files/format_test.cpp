// Images created by format: verify finds nothing, and the SDK's rules accept them.
#include <doctest/doctest.h>

#include <algorithm>

#include "support/edit_image.h"
#include "support/run_tool.h"
#include "support/strict/strict_reader.h"
#include "support/temporary_folder.h"
#include "vde/guid.h"

using namespace vde;
using namespace vde::test;
using nlohmann::json;

namespace {

constexpr const char* kUuid = "00112233-4455-6677-8899-aabbccddeeff";

ToolResult format(const std::string& path, std::vector<std::string> options) {
  options.insert(options.begin(), {"format", path});
  return run_tool(options);
}

// verify finds nothing at all, not even a note.
void check_nothing_found(const std::string& path) {
  const ToolResult result = run_tool({"verify", "--json", path});
  INFO(describe(result));
  CHECK(result.status == 0);
  const auto lines = result.json_lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].at("errors") == 0);
  CHECK(lines[0].at("warnings") == 0);
  CHECK(lines[0].at("notes") == 0);
  CHECK(lines[0].at("blocks_checked") >= 3);  // BMAP, INOD and MWAL at least
}

bool names(const std::string& modules, const char* module) {
  return modules.find(module) != std::string::npos;
}

// The existing readers want blocks of 4096 bytes and more.
void check_strict_reader(const std::string& path, const std::string& modules) {
  const StrictReader reader(read_file(path));
  CHECK(reader.validates());
  CHECK(reader.group() == strict::Group::kPrimary);
  CHECK(reader.pointer_table() == reader.directory());
  CHECK(reader.outcome("TAGI") == (names(modules, "tags") ? Outcome::kReads : Outcome::kAbsent));
  CHECK(reader.tags().empty());
  CHECK(reader.outcome("SNAP") ==
        (names(modules, "snapshot") ? Outcome::kReads : Outcome::kAbsent));
  CHECK(reader.snapshots().empty());
  CHECK(reader.outcome("CODE") == (names(modules, "compute") ? Outcome::kReads : Outcome::kAbsent));
  CHECK(reader.modules().empty());
  CHECK(reader.outcome("MTRK") ==
        (names(modules, "integrity") ? Outcome::kEmpty : Outcome::kAbsent));
  CHECK(reader.outcome("ENCR") == Outcome::kAbsent);
}

void check_fresh(uint32_t block_size, uint64_t blocks, const std::string& modules) {
  CAPTURE(block_size);
  CAPTURE(blocks);
  CAPTURE(modules);
  const TemporaryFolder folder;
  const std::string path = folder / "image";
  const uint64_t size = blocks * block_size;
  const ToolResult made = format(path, {"--size", std::to_string(size), "--block-size",
                                        std::to_string(block_size), "--modules", modules});
  INFO(describe(made));
  REQUIRE(made.status == 0);
  CHECK(made.err.empty());
  CHECK(folder.count() == 1);
  CHECK(std::filesystem::file_size(path) == size);
  check_nothing_found(path);

  const json info = run_tool({"info", "--json", path}).json();
  CHECK(info["block_size"] == block_size);
  CHECK(info["superblock"]["total_blocks"] == blocks);
  CHECK(info["superblock"]["expected_file_size"] == size);
  CHECK(info["primary_group"] == "ok");
  CHECK(info["mirror_group"] == "ok");
  CHECK(info["directory"] == "ok");
  if (block_size >= 4096) check_strict_reader(path, modules);
}

}  // namespace

TEST_CASE("images of every block size, small and larger, are clean and read strictly") {
  for (uint32_t block_size = 512; block_size <= 65536; block_size *= 2)
    for (const uint64_t blocks : {256u, 257u, 5000u})
      if (blocks * block_size <= 80'000'000)
        check_fresh(block_size, blocks, "tags,snapshot,compute");
}

TEST_CASE("every combination of modules is clean and reads strictly") {
  check_fresh(4096, 256, "none");
  const std::vector<std::string> all = {"tags", "snapshot", "compute", "integrity"};
  for (unsigned chosen = 1; chosen < 16; ++chosen) {
    std::string list;
    for (unsigned i = 0; i < all.size(); ++i)
      if ((chosen >> i & 1) != 0) list += (list.empty() ? "" : ",") + all[i];
    check_fresh(4096, 300, list);
  }
  check_fresh(512, 256, "tags,snapshot,compute,integrity");
  check_fresh(65536, 1024, "tags,snapshot,compute,integrity");
}

TEST_CASE("a bitmap of several blocks is clean") {
  // 4080 x 8 blocks a bitmap block, whose last one is full, has one bit more, or one less.
  for (const uint64_t blocks : {32640u, 32641u, 32639u, 100000u}) check_fresh(4096, blocks, "tags");
}

TEST_CASE("label, UUID and time are as requested") {
  const TemporaryFolder folder;
  const std::string path = folder / "image";
  const std::string label = "Über alles, 日本 64 Byte lang ist der Name genau.............";
  REQUIRE(label.size() == 64);
  const ToolResult made =
      run_tool({.arguments = {"format", path, "--size", "1M", "--label", label, "--uuid", kUuid},
                .environment = {{"SOURCE_DATE_EPOCH", "1700000000"}}});
  INFO(describe(made));
  REQUIRE(made.status == 0);
  const json superblock = run_tool({"info", "--json", path}).json()["superblock"];
  CHECK(superblock["label"] == label);
  CHECK(superblock["uuid"] == kUuid);
  CHECK(superblock["created"] == "2023-11-14T22:13:20.0000000Z");
  CHECK(superblock["modified"] == superblock["created"]);
  CHECK(superblock["incompatible_features"] == 0);
  check_nothing_found(path);
  const StrictReader reader(read_file(path));
  CHECK(reader.superblock().label == label);
  CHECK(to_string(Guid{reader.superblock().uuid}) == kUuid);
}

TEST_CASE("the same command makes the same bytes, and without a UUID others") {
  const TemporaryFolder folder;
  const auto make = [&](const char* name, const std::vector<std::string>& options) {
    ToolCommand command{.arguments = {"format", folder / name, "--size", "2M"},
                        .environment = {{"SOURCE_DATE_EPOCH", "1700000000"}}};
    command.arguments.insert(command.arguments.end(), options.begin(), options.end());
    REQUIRE(run_tool(command).status == 0);
    return file_sha256(folder / name);
  };
  const std::string first = make("a", {"--uuid", kUuid});
  CHECK(make("b", {"--uuid", kUuid}) == first);
  CHECK(make("c", {"--uuid", "{00112233-4455-6677-8899-AABBCCDDEEFF}"}) == first);
  CHECK(make("d", {}) != make("e", {}));
}

TEST_CASE("the integrity anchor of a fresh image has the fingerprint of the format") {
  const TemporaryFolder folder;
  REQUIRE(format(folder / "image", {"--size", "1M"}).status == 0);
  const json anchor = run_tool({"dump", folder / "image", "--block", "3", "--json"}).json();
  CHECK(anchor["integrity_anchor"]["format_fingerprint"] ==
        "5ed170ca1f471ee519b70093dd599ca343e3b0ba6b360a4f8b6f8c6673681d00");
}

TEST_CASE("an impossible size is rejected with the nearest valid one") {
  struct Case {
    const char* size;
    const char* block_size;
    const char* nearest;  // empty: the text is no size
  };
  const TemporaryFolder folder;
  for (const Case& wrong :
       {Case{"0", "4096", "1048576"}, Case{"1", "4096", "1048576"},
        Case{"1048575", "4096", "1048576"}, Case{"1048577", "4096", "1048576"},
        Case{"1052671", "4096", "1052672"}, Case{"1M", "65536", "16777216"},
        Case{"131073", "512", "131072"}, Case{"65T", "4096", "70368744177664"},
        Case{"70368744177665", "4096", "70368744177664"}, Case{"8191P", "4096", "70368744177664"},
        Case{"99999999999999999999", "4096", ""}, Case{"-1M", "4096", ""}, Case{"", "4096", ""},
        Case{"many", "4096", ""}, Case{"1MX", "4096", ""}, Case{"1.3", "4096", ""}}) {
    const ToolResult refused =
        format(folder / "image", {"--size", wrong.size, "--block-size", wrong.block_size});
    INFO(describe(refused));
    CHECK(refused.status == 16);
    CHECK(refused.tells_one_error());
    CHECK(refused.out.empty());
    if (*wrong.nearest != '\0')
      CHECK(refused.err.find(std::string("the nearest valid size is ") + wrong.nearest + "\n") !=
            std::string::npos);
  }
  CHECK(folder.count() == 0);
}

TEST_CASE("other invalid options are usage errors and write nothing") {
  const TemporaryFolder folder;
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"--block-size", "256"},
                                             {"--block-size", "131072"},
                                             {"--block-size", "4095"},
                                             {"--block-size", "-4096"},
                                             {"--block-size", "4294971392"},
                                             {"--label", std::string(65, 'x')},
                                             {"--label", "\xff\xfe"},
                                             {"--uuid", "0011"},
                                             {"--uuid", "00000000-0000-0000-0000-000000000000"},
                                             {"--modules", "tags,"},
                                             {"--modules", "securities"},
                                             {"--modules", "tags,none"},
                                             {"--modules", "none", "--profile", "minimal"},
                                             {"--journal-size", "1"},
                                             {"--journal-size", "1M"},
                                             {"--journal-size", "1P"},
                                             {"--journal-size", "8191P"}}) {
    std::vector<std::string> options = wrong;
    options.insert(options.end(), {"--size", "1M"});
    const ToolResult refused = format(folder / "image", options);
    INFO(describe(refused));
    CHECK(refused.status == 16);
    CHECK(refused.tells_one_error());
  }
  const ToolResult epoch = run_tool({.arguments = {"format", folder / "image", "--size", "1M"},
                                     .environment = {{"SOURCE_DATE_EPOCH", "yesterday"}}});
  INFO(describe(epoch));
  CHECK(epoch.status == 16);
  CHECK(folder.count() == 0);
}

TEST_CASE("a dry run prints the layout of the image without writing it") {
  const TemporaryFolder folder;
  const std::string path = folder / "image";
  const std::vector<std::string> options = {"--size", "8M",     "--modules", "tags,integrity",
                                            "--json", "--uuid", kUuid,       "--journal-size",
                                            "1M"};
  std::vector<std::string> dry = options;
  dry.emplace_back("--dry-run");
  const ToolResult planned = format(path, dry);
  INFO(describe(planned));
  REQUIRE(planned.status == 0);
  CHECK(folder.count() == 0);
  json plan = planned.json();
  CHECK(plan["written"] == false);

  REQUIRE(format(path, options).status == 0);
  const json info = run_tool({"info", "--json", path}).json();
  CHECK(plan["regions"].size() == info["regions"].size());
  for (size_t i = 0; i < plan["regions"].size(); ++i)
    for (const char* name : {"slot", "tag", "start", "count", "used"})
      CHECK(plan["regions"][i][name] == info["regions"][i][name]);
  for (const char* name : {"total_blocks", "free_blocks", "total_allocated_blocks", "uuid"})
    CHECK(plan[name] == info["superblock"][name]);
  CHECK(info["regions"][5]["tag"] == "MWAL");
  CHECK(info["regions"][5]["count"] == 256);
  check_nothing_found(path);

  const ToolResult over = format(path, {"--size", "4M", "--dry-run"});
  CHECK(std::filesystem::file_size(path) == 8 << 20);
  CHECK(over.out.find("nothing written") != std::string::npos);
}

TEST_CASE("sizes are read in all their forms, and the resolved bytes are echoed") {
  const TemporaryFolder folder;
  struct Case {
    const char* text;
    const char* echoed;
  };
  for (const Case& size : {Case{"2097152", "2097152 bytes"}, Case{"2M", "2097152 bytes"},
                           Case{"2MiB", "2097152 bytes"}, Case{"2048K", "2097152 bytes"},
                           Case{"1.5M", "1572864 bytes"}, Case{"4096KB", "4096000 bytes"},
                           Case{"64T", "70368744177664 bytes"}}) {
    const ToolResult planned = format(folder / "image", {"--size", size.text, "--dry-run"});
    INFO(describe(planned));
    CHECK(planned.status == 0);
    CHECK(planned.out.find(std::string(": ") + size.echoed) != std::string::npos);
  }
}
