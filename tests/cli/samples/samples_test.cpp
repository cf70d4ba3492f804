// info, dump and verify of every sample image, compared with its listing: the program must report
// what the SDK wrote.
#include <doctest/doctest.h>

#include <map>

#include "sample_file.h"
#include "support/edit_image.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"

using namespace vde::test;
using nlohmann::json;

namespace {

int status_of_verdict(const std::string& verdict) {
  if (verdict == "damaged") return 4;
  if (verdict == "unsupported") return 8;
  return 0;
}

// Each member of `listed` must be in `shown` with the same value.
void check_shown(const json& listed, const json& shown) {
  CHECK(listed.size() > 0);
  for (const auto& member : listed.items()) {
    CAPTURE(member.key());
    REQUIRE(shown.contains(member.key()));
    CHECK(shown[member.key()] == member.value());
  }
}

void check_regions(const json& listed, const json& shown) {
  REQUIRE(shown.size() == listed.size());
  for (size_t i = 0; i < listed.size(); ++i) {
    CAPTURE(i);
    check_shown(listed[i], shown[i]);
    CHECK(shown[i].at("state").is_string());
  }
}

void check_counts(const json& listing, const json& counts) {
  if (listing.contains("tags")) CHECK(counts.at("tags") == listing["tags"]["entry_count"]);
  if (listing.contains("snapshots")) CHECK(counts.at("snapshots") == listing["snapshots"].size());
  if (listing.contains("modules")) CHECK(counts.at("modules") == listing["modules"].size());
}

void check_info(const SampleFile& sample) {
  const ToolResult result = run_tool({"info", "--json", sample.path});
  INFO(describe(result));
  // 4 where the damage is in what it shows.
  REQUIRE((result.status == 0 || result.status == 4));
  CHECK(result.err.empty() == (result.status == 0));
  if (result.status == 4) CHECK(run_tool({"verify", "-q", sample.path}).status == 4);
  const json info = json::parse(result.out);
  const json& listing = sample.listing;
  CHECK(info.at("schema_version") == 1);
  CHECK(info.at("command") == "info");
  CHECK(info.at("image") == sample.path);
  CHECK(info.at("file_size") == listing.at("file_size"));
  CHECK(info.at("block_size") == listing.at("block_size"));
  check_shown(listing.at("superblock"), info.at("superblock"));
  if (listing.contains("superblock_all"))
    check_shown(listing["superblock_all"], info.at("superblock"));
  check_regions(listing.at("regions"), info.at("regions"));
  check_counts(listing, info.at("counts"));
}

// Compares `member` of the listing with block `block`, if the sample lists it.
void check_dump(const SampleFile& sample, const char* block, const char* member) {
  const ToolResult result = run_tool({"dump", sample.path, "--block", block, "--json"});
  INFO(describe(result));
  REQUIRE(result.status == 0);
  const json dump = result.json();
  REQUIRE(dump.contains(member));
  if (sample.listing.contains(member)) check_shown(sample.listing[member], dump[member]);
}

void check_verify(const SampleFile& sample) {
  const std::string verdict = sample.listing.at("verdict");
  const int expected = status_of_verdict(verdict);
  const ToolResult result = run_tool({"verify", "--json", sample.path});
  INFO(describe(result));
  CHECK(result.status == expected);
  const json summary = result.json_lines().back();
  CHECK(summary.at("type") == "summary");
  CHECK(summary.at("status") == expected);
  CHECK((summary.at("errors") > 0) == (expected == 4));
  // The listings do not count a metadata chain hash that fits nothing.
  const bool is_stale = sample.name == "superblock-full" || sample.name == "chain-stale";
  if (verdict == "clean") CHECK(summary.at("warnings") == (is_stale ? 1 : 0));
  const bool warns = verdict == "warnings" || is_stale;
  if (warns) CHECK(summary.at("warnings") > 0);
  CHECK(result.err.empty() == (expected != 8));

  const ToolResult strict = run_tool({"verify", sample.path, "--fail-on", "warning", "--quiet"});
  INFO(describe(strict));
  CHECK(strict.status == (warns ? 4 : expected));
}

// "error SUPB-001 0": severity, code, and the block if there is one.
std::vector<std::string> findings_of(const SampleFile& sample) {
  std::vector<std::string> findings;
  for (const json& line : run_tool({"verify", "--json", sample.path}).json_lines()) {
    if (line.at("type") != "finding") continue;
    std::string text = line.at("severity").get<std::string>() + " ";
    text += line.at("code").get<std::string>();
    if (!line.at("block").is_null()) text += " " + std::to_string(line["block"].get<uint64_t>());
    findings.push_back(text);
  }
  return findings;
}

}  // namespace

TEST_CASE("info, dump and verify agree with the listing of every sample, and change no byte") {
  const std::vector<std::string> names = vector_names();
  CHECK(names.size() == 30);
  for (const std::string& name : names) {
    CAPTURE(name);
    const SampleFile sample(name);
    REQUIRE(file_sha256(sample.path) == sample.listing.at("sha256"));
    check_info(sample);
    check_dump(sample, "2", "extended_metadata");
    check_dump(sample, "3", "integrity_anchor");
    check_verify(sample);
    CHECK(file_sha256(sample.path) == sample.listing.at("sha256"));
  }
}

TEST_CASE("every trace of the online module addition is found") {
  CHECK(findings_of(SampleFile("online-add-tags")) ==
        std::vector<std::string>{
            "note ORIG-002 1",     // a module was added
            "error SUPB-001 0",    // no trailer
            "error SUPB-001 1",    // no trailer
            "error SUPB-001 4",    // no trailer
            "error RMAP-003 5",    // the mirror's older pointer table
            "error SUPB-010",      // so no superblock verifies
            "note RMAP-006 1099",  // TAGI was taken out of the data area
            "note MWAL-003 1035",  // the foreign journal
            "error BLCK-001 10",   // the bitmap's old checksum
            "note BLCK-008 1099",  // TAGI was never written
        });
}

TEST_CASE("modules whose bytes were never written are named one by one") {
  CHECK(findings_of(SampleFile("code-references")) ==
        std::vector<std::string>{
            "note SNAP-011 1228",                          // SNAP was never used
            "error CODE-008 1163", "error CODE-009 1163",  // 604680d5
            "error CODE-008 1163", "error CODE-009 1163",  // 7321c934
            "error CODE-008 1163", "error CODE-009 1163",  // 84c30c26
            "error CODE-008 1163", "error CODE-009 1163",  // bbb689e4
        });
}

TEST_CASE("every region that runs past the end of a volume is found") {
  CHECK(findings_of(SampleFile("overrun-256")) ==
        std::vector<std::string>{
            "note GEOM-002",        // the file is longer than the volume
            "error RMAP-004",       // INOD
            "error RMAP-004",       // MWAL
            "error RMAP-004",       // TAGI
            "error RMAP-004",       // CODE
            "error RMAP-004",       // SNAP
            "note CODE-016 1164",   // what the file has of CODE
            "warning BMAP-006 10",  // bits past the end
            "error BMAP-005 0",     // the allocated count has them in it
        });
}

TEST_CASE("an unknown incompatible feature is reported, and the image is not checked") {
  const SampleFile sample("feature-unknown");
  const json info = run_tool({"info", "--json", sample.path}).json();
  CHECK(info["superblock"]["incompatible_features_names"] == json{"compute cache", "bit 30"});
  const ToolResult result = run_tool({"verify", sample.path});
  INFO(describe(result));
  CHECK(result.status == 8);
  CHECK(result.tells_one_error());
  CHECK(result.err.find("unsupported features (bit 30)") != std::string::npos);
}
