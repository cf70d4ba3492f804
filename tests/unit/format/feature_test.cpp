#include "format/feature.h"

#include <doctest/doctest.h>

#include "format/block_type.h"

using namespace vde;

TEST_CASE("the named features are in bit order") {
  std::string all;
  for (size_t i = 0; i < features().size(); ++i) {
    const Feature& module = features()[i];
    CHECK(module.id == i);
    all += std::to_string(module.id) + " " + std::string(module.name) + " " +
           std::to_string(module.inode_bytes);
    for (const BlockType tag : module.regions) all += " " + to_string(tag);
    all += "\n";
  }
  CHECK(all ==
        "0 security 24 POLV ENCR\n"
        "1 compliance 12 CMVT\n"
        "2 intelligence 12 INTE\n"
        "3 tags 136 TAGI\n"
        "4 replication 8 REPL\n"
        "5 raid 4 RAID\n"
        "6 streaming 8 STRE DWAL\n"
        "7 compute 0 CODE\n"
        "8 fabric 0 XREF\n"
        "9 consensus 0 CLOG\n"
        "10 compression 4 DICT\n"
        "11 integrity 0 MTRK\n"
        "12 snapshot 0 SNAP\n"
        "13 query 4 BTRE\n"
        "14 privacy 2 ANON\n"
        "15 sustainability 4\n"
        "16 transit 1\n"
        "17 observability 0 MLOG\n"
        "18 audit-log 0 ALOG\n"
        "19 compute-pushdown 48\n"
        "20 ephemeral-key 32\n"
        "21 wal-subscribers 0\n"
        "22 delta-extents 8\n"
        "23 zns-zone-map 0\n"
        "24 spatio-temporal 6\n"
        "25 semantic-dedup 266\n"
        "26 zkp-compliance 322\n"
        "27 storage-policy 2\n"
        "28 online-ops 0\n"
        "29 disaster-recovery 0\n"
        "30 gdpr-tombstone 0\n"
        "31 semantic-wear-level 2\n");
}

TEST_CASE("a feature is found by bit and by name") {
  REQUIRE(find_feature(7) != nullptr);
  CHECK(find_feature(7)->name == "compute");
  CHECK(find_feature(18)->name == "audit-log");
  CHECK(find_feature(31)->name == "semantic-wear-level");
  CHECK(find_feature(32) == nullptr);
  CHECK(find_feature(UINT32_MAX) == nullptr);
  REQUIRE(find_feature("snapshot") != nullptr);
  CHECK(find_feature("snapshot")->id == 12);
  CHECK(find_feature("Snapshot") == nullptr);
  CHECK(find_feature("") == nullptr);
}

TEST_CASE("the profiles of the SDK") {
  std::string all;
  for (const Profile& profile : profiles())
    all += std::string(profile.name) + " " + std::to_string(profile.manifest) + " " +
           std::to_string(profile.block_size) + "\n";
  CHECK(all ==
        "minimal 0 0\n"
        "standard 7169 0\n"
        "enterprise 265231 0\n"
        "max-security 524287 0\n"
        "edge-iot 2112 512\n"
        "analytics 13316 65536\n");
}
