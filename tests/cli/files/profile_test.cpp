// Images of every profile and of every module: verify accepts them, and so does the strict reader,
// which reads each region as the SDK's class for it does.
#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <map>

#include "support/edit_image.h"
#include "support/run_tool.h"
#include "support/strict/strict_reader.h"
#include "support/strict/strict_regions.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;
using nlohmann::json;

namespace {

struct Profile {
  const char* name;
  uint32_t manifest;
  uint32_t block_size;
  const char* regions;  // in slot order
};

// As the format lists them; the regions in the order of the SDK's creator.
const std::vector<Profile> kProfiles = {
    {"minimal", 0x0, 4096, "SUPB SUPB RMAP BMAP INOD MWAL DATA"},
    {"standard", 0x1C01, 4096, "SUPB SUPB RMAP POLV ENCR BMAP INOD MWAL DICT MTRK SNAP DATA"},
    {"enterprise", 0x40C0F, 4096,
     "SUPB SUPB RMAP POLV ENCR BMAP INOD MWAL CMVT DATA INTE TAGI DICT MTRK ALOG DATA"},
    {"max-security", 0x7FFFF, 4096,
     "SUPB SUPB RMAP POLV ENCR BMAP INOD MWAL DWAL CMVT DATA INTE TAGI REPL RAID CODE XREF CLOG "
     "DICT MTRK SNAP BTRE ANON MLOG ALOG STRE DATA"},
    {"edge-iot", 0x840, 512, "SUPB SUPB RMAP BMAP INOD MWAL DWAL MTRK STRE DATA"},
    {"analytics", 0x3404, 65536, "SUPB SUPB RMAP BMAP INOD MWAL INTE DICT SNAP BTRE DATA"},
};

const std::vector<std::string> kModules = {"security",        "compliance",
                                           "intelligence",    "tags",
                                           "replication",     "raid",
                                           "streaming",       "compute",
                                           "fabric",          "consensus",
                                           "compression",     "integrity",
                                           "snapshot",        "query",
                                           "privacy",         "sustainability",
                                           "transit",         "observability",
                                           "audit-log",       "compute-pushdown",
                                           "ephemeral-key",   "wal-subscribers",
                                           "delta-extents",   "zns-zone-map",
                                           "spatio-temporal", "semantic-dedup",
                                           "zkp-compliance",  "storage-policy",
                                           "online-ops",      "disaster-recovery",
                                           "gdpr-tombstone",  "semantic-wear-level"};

ToolResult format(const std::string& path, std::vector<std::string> options) {
  options.insert(options.begin(), {"format", path});
  return run_tool(options);
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

// What the DATA slots hold, in slot order: those of modules 1, 21, 23 and 28, then the data area.
std::vector<std::string> data_contents(uint32_t manifest) {
  const std::pair<int, const char*> slots[] = {
      {1, "ALOG"}, {21, "WALS"}, {23, "ZNSM"}, {28, "OPJR"}};
  std::vector<std::string> contents;
  for (const auto& [bit, content] : slots)
    if ((manifest >> bit & 1) != 0) contents.emplace_back(content);
  contents.emplace_back("DATA");
  return contents;
}

// The SDK's classes accept every region of a fresh image, and find nothing in it.
void check_regions(const std::vector<uint8_t>& bytes, uint32_t manifest) {
  const strict::Image image(bytes);
  const StrictReader reader(bytes);
  std::vector<std::string> data = data_contents(manifest);
  for (const strict::Slot& slot : image.directory()) {
    std::string content = slot.type;
    if (content == "DATA") {
      REQUIRE_FALSE(data.empty());
      content = data.front();
      data.erase(data.begin());
    }
    CAPTURE(content);
    const auto region = image.region(slot);
    REQUIRE(region);
    if (content == "TAGI" || content == "SNAP" || content == "CODE") {
      CHECK(reader.outcome(content) == Outcome::kReads);
    } else if (content == "MTRK") {
      CHECK(reader.outcome(content) == Outcome::kEmpty);
    } else if (content == "ENCR") {
      CHECK(reader.outcome(content) == Outcome::kUnwritten);
    } else if (content != "DATA" && content != "SUPB" && content != "RMAP" && content != "BMAP" &&
               content != "INOD" && content != "MWAL") {
      CHECK_NOTHROW(CHECK(strict::read_region(*region, content).records == 0));
    }
  }
  CHECK(data.empty());
}

// No error and no warning. The only note: regions that nobody can begin without a key.
void check_verified(const std::string& path, bool has_vault) {
  const ToolResult result = run_tool({"verify", "--json", path});
  INFO(describe(result));
  CHECK(result.status == 0);
  const auto lines = result.json_lines();
  const json summary = lines.back();
  CHECK(summary.at("errors") == 0);
  CHECK(summary.at("warnings") == 0);
  CHECK(summary.at("notes") == (has_vault ? 2 : 0));
  for (const json& line : lines)
    if (line.at("type") == "finding") {
      CHECK(line.at("code") == "BLCK-008");
      CHECK((line.at("region") == "POLV" || line.at("region") == "ENCR"));
    }
}

std::string types_of(const StrictReader& reader) {
  std::string text;
  for (const strict::Slot& slot : reader.directory()) text += (text.empty() ? "" : " ") + slot.type;
  return text;
}

void check_image(const std::string& path, uint32_t manifest) {
  const std::vector<uint8_t> bytes = read_file(path);
  const StrictReader reader(bytes);
  CHECK(reader.validates());
  CHECK(reader.group() == strict::Group::kPrimary);
  CHECK(reader.pointer_table() == reader.directory());
  CHECK(reader.superblock().module_manifest == manifest);
  check_regions(bytes, manifest);
  check_verified(path, (manifest & 1) != 0);
}

// The first differing byte of two blocks, and the types of regions whose first blocks differ.
std::vector<std::string> different_heads(const std::vector<uint8_t>& ours,
                                         const std::vector<uint8_t>& theirs) {
  const strict::Image mine(ours);
  const strict::Image other(theirs);
  REQUIRE(mine.directory().size() == other.directory().size());
  std::vector<std::string> different;
  for (size_t i = 0; i < mine.directory().size(); ++i) {
    REQUIRE(mine.directory()[i].type == other.directory()[i].type);
    const auto left = mine.region(mine.directory()[i]);
    const auto right = other.region(other.directory()[i]);
    REQUIRE(left);
    REQUIRE(right);
    if (left->blocks() > 0 && !std::ranges::equal(left->payload(0), right->payload(0)))
      different.push_back(mine.directory()[i].type);
  }
  return different;
}

}  // namespace

TEST_CASE("every profile makes an image that verify and the strict reader accept") {
  for (const Profile& profile : kProfiles) {
    CAPTURE(profile.name);
    const TemporaryFolder folder;
    const std::string path = folder / "image";
    const uint64_t size = uint64_t{1024} * profile.block_size;
    const ToolResult made =
        format(path, {"--profile", profile.name, "--size", std::to_string(size)});
    INFO(describe(made));
    REQUIRE(made.status == 0);
    check_image(path, profile.manifest);
    const StrictReader reader(read_file(path));
    CHECK(reader.superblock().block_size == static_cast<int32_t>(profile.block_size));
    CHECK(types_of(reader) == profile.regions);
  }
}

TEST_CASE("every module alone, and all of them together") {
  for (size_t bit = 0; bit < kModules.size(); ++bit) {
    CAPTURE(kModules[bit]);
    const TemporaryFolder folder;
    const std::string path = folder / "image";
    const ToolResult made = format(path, {"--modules", kModules[bit], "--size", "4M"});
    INFO(describe(made));
    REQUIRE(made.status == 0);
    check_image(path, uint32_t{1} << bit);
  }
  const TemporaryFolder folder;
  REQUIRE(format(folder / "all", {"--modules", joined(kModules), "--size", "8M"}).status == 0);
  check_image(folder / "all", UINT32_MAX);
}

TEST_CASE("a fresh image differs from the SDK's only where its readers reject their own") {
  struct Sample {
    const char* name;
    std::vector<std::string> options;
    std::vector<std::string> different;
  };
  // Superblock, tables, bitmap and inode table differ because the SDK's regions are larger; the
  // journals hold times, sizes and vdetool's mark. TAGI, BTRE and MLOG have real headers here,
  // where the SDK's creator leaves zeros that its own classes reject, and STRE is written.
  const std::vector<std::string> always = {"SUPB", "SUPB", "RMAP", "BMAP", "MWAL"};
  const auto with = [&](const std::vector<std::string>& more) {
    std::vector<std::string> all = always;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  for (const Sample& sample : {Sample{"profile-minimal", {"--profile", "minimal"}, always},
                               Sample{"profile-standard", {"--profile", "standard"}, always},
                               Sample{"profile-max-security",
                                      {"--profile", "max-security"},
                                      with({"DWAL", "TAGI", "BTRE", "MLOG", "STRE"})}}) {
    CAPTURE(sample.name);
    const TemporaryFolder folder;
    const std::vector<uint8_t> theirs = vector_image(sample.name);
    std::vector<std::string> options = sample.options;
    options.insert(options.end(), {"--size", std::to_string(theirs.size())});
    REQUIRE(format(folder / "image", options).status == 0);
    CHECK(different_heads(read_file(folder / "image"), theirs) == sample.different);
  }
}

TEST_CASE("vdetool's own writers work on an image of every profile") {
  for (const Profile& profile : kProfiles) {
    CAPTURE(profile.name);
    const TemporaryFolder folder;
    const std::string path = folder / "image";
    const uint64_t size = uint64_t{1024} * profile.block_size;
    REQUIRE(format(path, {"--profile", profile.name, "--size", std::to_string(size)}).status == 0);
    const ToolResult label = run_tool({"label", path, "next"});
    INFO(describe(label));
    CHECK(label.status == 0);
    check_verified(path, (profile.manifest & 1) != 0);
  }
}

TEST_CASE("--block-size replaces that of the profile, as far as its regions fit") {
  const TemporaryFolder folder;
  const auto with = [&](const char* profile, const char* block_size, const char* size) {
    return format(folder / "image",
                  {"--profile", profile, "--block-size", block_size, "--size", size, "--force"});
  };
  CHECK(with("edge-iot", "4096", "4M").status == 0);
  CHECK(with("analytics", "4096", "4M").status == 0);
  CHECK(with("standard", "512", "1M").status == 0);
  const ToolResult small = with("max-security", "2048", "4M");
  INFO(describe(small));
  CHECK(small.status == 16);
  CHECK(small.tells_one_error());
  CHECK(small.err.find("the REPL region of module replication does not fit blocks of 2048 bytes") !=
        std::string::npos);
  const ToolResult slots = with("enterprise", "512", "1M");
  INFO(describe(slots));
  CHECK(slots.status == 16);
  CHECK(slots.err.find("blocks of 512 bytes have slots for only 15") != std::string::npos);
  const ToolResult room = with("max-security", "4096", "1M");
  INFO(describe(room));
  CHECK(room.status == 16);
  CHECK(room.err.find("the regions need") != std::string::npos);
}

TEST_CASE("an unknown profile or module suggests the nearest, a module without a bit is refused") {
  const TemporaryFolder folder;
  const auto refused = [&](const char* option, const char* value) {
    const ToolResult result = format(folder / "image", {option, value, "--size", "4M"});
    INFO(describe(result));
    CHECK(result.tells_one_error());
    return result;
  };
  const ToolResult profile = refused("--profile", "standart");
  CHECK(profile.status == 16);
  CHECK(profile.err.find("did you mean 'standard'?") != std::string::npos);
  const ToolResult far = refused("--profile", "huge");
  CHECK(far.err.find("choose from minimal, standard") != std::string::npos);
  const ToolResult module = refused("--modules", "tags,snapshots");
  CHECK(module.status == 16);
  CHECK(module.err.find("did you mean 'snapshot'?") != std::string::npos);
  const ToolResult none = refused("--modules", "none,tags");
  CHECK(none.status == 16);
  const ToolResult seal = refused("--modules", "quorum-seal");
  CHECK(seal.status == 8);
  CHECK(seal.err.find("the manifest has no bit for it") != std::string::npos);
  CHECK(folder.count() == 0);
}
