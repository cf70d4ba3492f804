// What verify and its repair say about the images that the SDK's other writers leave: the operation
// in one finding, and nothing that was there lost.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "sample_file.h"
#include "support/run_tool.h"
#include "support/vectors.h"

using namespace vde::test;
using nlohmann::json;

namespace {

struct Operation {
  const char* sample;
  const char* code;
  const char* words;  // in the message of that finding
  int status;         // of verify
};

const std::vector<Operation> kOperations = {
    {"export-none", "ORIG-001", "0 data blocks, no journal, no free block", 4},
    {"export-5", "ORIG-001", "15 data blocks", 4},
    {"export-12", "ORIG-001", "data blocks", 4},
    {"export-300", "ORIG-001", "300 data blocks", 4},
    {"online-add-tags", "ORIG-002", "it added TAGI", 4},
    {"orchestrated-padding", "ORIG-003", "backup of block 0", 4},
    {"padding-claim-compute", "ORIG-003", "backup of block 0", 4},
    {"inode-migration-done", "ORIG-004", "from block 15 to block 1167", 4},
    {"inode-migration-half", "INOD-005",
     "module intelligence, copying, 5000 of 8192 inodes copied to blocks 1167 to 2190", 4},
    {"inode-migration-tags", "INOD-005",
     "module tags, allocating, 0 of 13107 inodes copied to blocks 1114 to 2547", 4},
    {"import-raw-1300", "ORIG-006", "the disk is the 5324800 bytes from byte 4501504", 0},
    {"copied-audit-log", "ORIG-007", "keep their numbers", 0},
    {"migrated-v1", "ORIG-008", "blocks of the old file", 4},
};

std::vector<json> findings_of(const std::string& path, int status) {
  const ToolResult result = run_tool({"verify", "--json", path});
  INFO(describe(result));
  CHECK(result.status == status);
  std::vector<json> findings;
  for (const json& line : result.json_lines())
    if (line.at("type") == "finding") findings.push_back(line);
  return findings;
}

bool names_operation(const json& finding) {
  const std::string code = finding.at("code");
  return code.starts_with("ORIG-") || code == "INOD-005";
}

}  // namespace

TEST_CASE("verify names the operation that left an image, in one finding") {
  for (const Operation& operation : kOperations) {
    CAPTURE(operation.sample);
    const SampleFile sample(operation.sample);
    const std::vector<json> findings = findings_of(sample.path, operation.status);
    CHECK(std::ranges::count_if(findings, names_operation) == 1);
    const auto found = std::ranges::find_if(findings, names_operation);
    REQUIRE(found != findings.end());
    CHECK(found->at("code") == operation.code);
    const std::string message = found->at("message");
    CAPTURE(message);
    CHECK(message.find(operation.words) != std::string::npos);
    CHECK(run_tool({"explain", operation.code}).status == 0);
  }
}

TEST_CASE("no operation is named where none was interrupted") {
  for (const std::string& name : all_vector_names()) {
    if (std::ranges::any_of(kOperations, [&](const auto& each) { return name == each.sample; }))
      continue;
    CAPTURE(name);
    const ToolResult result = run_tool({"verify", "--json", SampleFile(name).path});
    for (const json& line : result.json_lines())
      if (line.value("type", "") == "finding") CHECK_FALSE(names_operation(line));
  }
}

TEST_CASE("an export has this one finding, and no repair changes it") {
  for (const char* name : {"export-none", "export-5", "export-12", "export-300"}) {
    CAPTURE(name);
    const SampleFile sample(name);
    CHECK(findings_of(sample.path, 4).size() == 1);
    const std::string before = file_sha256(sample.path);
    for (const char* option : {"--no-undo", "--allow-loss"}) {
      const ToolResult repaired = run_tool({"verify", sample.path, "--repair", option});
      INFO(describe(repaired));
      CHECK(repaired.status == 4);
      CHECK(file_sha256(sample.path) == before);
    }
  }
}

TEST_CASE("an export without its last block is too short") {
  const SampleFile sample("export-300");
  std::vector<uint8_t> bytes = vector_image("export-300");
  bytes.resize(bytes.size() - 4096);
  write_file(sample.path, bytes);
  const std::vector<json> findings = findings_of(sample.path, 4);
  REQUIRE(findings.size() == 2);
  CHECK(findings[1].at("code") == "GEOM-001");
}

TEST_CASE("damage in an export is still found") {
  const SampleFile sample("export-12");
  std::vector<uint8_t> bytes = vector_image("export-12");
  bytes[14 * 4096 + 5] ^= 1;
  write_file(sample.path, bytes);
  const std::vector<json> findings = findings_of(sample.path, 4);
  REQUIRE(findings.size() == 2);
  CHECK(findings[1].at("code") == "BLCK-001");
  CHECK(findings[1].at("block") == 14);
}
