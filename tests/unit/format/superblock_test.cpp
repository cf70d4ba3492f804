#include "format/superblock.h"

#include "listing.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr int64_t kSuperblockTime = 638700000000000000;

Superblock example_superblock() {
  Superblock superblock;
  superblock.incompatible_features = 0x08;
  superblock.readonly_compatible_features = 0x09;
  superblock.compatible_features = 0x21;
  superblock.module_manifest = 0x1088;
  superblock.module_config = 0x1122334455667788;
  superblock.module_config_ext = 0x99AABBCCDDEEFF00;
  superblock.total_blocks = 1400;
  superblock.free_blocks = 109;
  superblock.expected_file_size = 1400 * 4096;
  superblock.total_allocated_blocks = 1291;
  superblock.uuid = *parse_guid("00112233-4455-6677-8899-aabbccddeeff");
  superblock.cluster_node_id = Guid{filled<16>(0x0A)};
  superblock.default_compression = 3;
  superblock.default_encryption = 2;
  superblock.inode_size = 448;
  superblock.sovereignty_zone_id = 0x405F;
  superblock.policy_version = 77;
  superblock.replication_epoch = 88;
  superblock.worm_high_water_mark = 0x50;
  superblock.encryption_key_fingerprint = 0x60;
  superblock.label.bytes = {'V', 'o', 'l'};
  superblock.created = Ticks{kSuperblockTime};
  superblock.modified = Ticks{kSuperblockTime + 1};
  superblock.last_scrub = Ticks{kSuperblockTime + 2};
  superblock.checkpoint_sequence = 5000000005;
  superblock.error_map_block_count = 5;
  superblock.last_writer_session_id = Guid{filled<16>(0x0B)};
  superblock.last_writer = Ticks{kSuperblockTime + 3};
  superblock.last_writer_node_id = Guid{filled<16>(0x0C)};
  superblock.physical_allocated_blocks = 1234;
  return superblock;
}

}  // namespace

TEST_CASE("the superblock's bytes") {
  CHECK(to_hex(bytes_of(kSuperblockLayout, example_superblock())) ==
        "44575644"
        "02000100"
        "64773a2f2f000000"
        "02000200"
        "08000000"
        "09000000"
        "21000000"
        "88100000"
        "8877665544332211"
        "00ffeeddccbbaa99"
        "00100000"
        "7805000000000000"
        "6d00000000000000"
        "0080570000000000"
        "0b05000000000000"
        "33221100554477668899aabbccddeeff"
        "0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"
        "03020100"
        "c0015f40"
        "4d000000"
        "58000000"
        "5000000000000000"
        "6000000000000000"
        "566f6c0000000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000000000000000000000"
        "00c00a1a441edd08"
        "01c00a1a441edd08"
        "02c00a1a441edd08"
        "05f2052a01000000"
        "0500000000000000"
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
        "03c00a1a441edd08"
        "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c"
        "d204000000000000");
}

TEST_CASE("a superblock reads back as it was written") {
  CHECK(kSuperblockLayout.decode(bytes_of(kSuperblockLayout, example_superblock())) ==
        example_superblock());
}

TEST_CASE("every sample's superblock, in both groups, is as listed") {
  for_samples_with("superblock", [](const Sample& sample) {
    for (const uint64_t block : {kPrimaryGroup, kMirrorGroup}) {
      CAPTURE(block);
      const Bytes payload = sample.payload(block);
      check_listed(kSuperblockLayout, payload, sample.listing["superblock"]);
      if (!sample.listing.contains("superblock_all")) continue;
      check_listed(kSuperblockLayout, payload, sample.listing["superblock_all"], {"header_seal"});
    }
  });
}

TEST_CASE("the header seal is in the payload's last 32 bytes") {
  CHECK(header_seal_offset(4096) == 4048);
  CHECK(header_seal_offset(512) == 464);
  for_samples_with("superblock_all", [](const Sample& sample) {
    const Bytes seal = sample.payload(0).subspan(header_seal_offset(sample.block_size));
    CHECK(kHeaderSealLayout.decode(seal).is_set());
    CHECK(to_hex(seal) == sample.listing["superblock_all"]["header_seal"]);
  });
  CHECK_FALSE(HeaderSeal{}.is_set());
}

TEST_CASE("the blocks of a group carry SUPB, RMAP, EXMD and IANT") {
  CHECK(to_string(group_block_type(0)) == "SUPB");
  CHECK(to_string(group_block_type(1)) == "RMAP");
  CHECK(to_string(group_block_type(2)) == "EXMD");
  CHECK(to_string(group_block_type(3)) == "IANT");
}

TEST_CASE("anything but a version 2 superblock is refused with a reason") {
  CHECK(check_identity(example_superblock()).has_value());
  const auto code_of = [](auto&& change) {
    Superblock superblock = example_superblock();
    change(superblock);
    const auto result = check_identity(superblock);
    REQUIRE_FALSE(result.has_value());
    return result.error().code;
  };
  CHECK(code_of([](Superblock& s) { s.signature[3] = 'd'; }) == ErrorCode::kNotAnImage);
  CHECK(code_of([](Superblock& s) { s.major_version = 3; }) == ErrorCode::kUnsupported);
  CHECK(code_of([](Superblock& s) { s.min_reader_version = 3; }) == ErrorCode::kUnsupported);
  for (const int32_t size : {0, -1, -4096, 4095, 131072, INT32_MAX, INT32_MIN})
    CHECK(code_of([&](Superblock& s) { s.block_size = size; }) == ErrorCode::kDamaged);
}

TEST_CASE("features have names, and unknown incompatible ones are reported") {
  CHECK(incompatible_feature_name(0) == "encryption");
  CHECK(incompatible_feature_name(8) == "preamble");
  CHECK(incompatible_feature_name(6).empty());
  CHECK(incompatible_feature_name(32).empty());
  CHECK(readonly_compatible_feature_name(3) == "snapshot");
  CHECK(compatible_feature_name(6) == "dirty");
  CHECK(unknown_incompatible_features(0x13F) == 0);
  CHECK(unknown_incompatible_features(0xFFFFFFFF) == 0xFFFFFEC0);
}
