#include "format/extended_metadata.h"
#include "format/integrity_anchor.h"
#include "format/superblock.h"
#include "listing.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

namespace {

ExtendedMetadata example_metadata() {
  return {{filled<32>(0x01)}, {filled<16>(0x02)}, {filled<64>(0x03)}, filled<64>(0x04),
          filled<256>(0x05),  filled<128>(0x06),  filled<128>(0x07),  filled<128>(0x08),
          filled<256>(0x09),  filled<128>(0x0A),  filled<128>(0x0B),  filled<128>(0x0C)};
}

}  // namespace

TEST_CASE("the extended metadata's bytes") {
  CHECK(runs(bytes_of(kExtendedMetadataLayout, example_metadata())) ==
        "01x32 02x16 03x64 04x64 05x256 06x128 07x128 08x128 09x256 0ax128 0bx128 0cx128");
}

TEST_CASE("small blocks hold the fields of the extended metadata that fit completely") {
  std::vector<uint8_t> block(payload_size(512), 0);
  kExtendedMetadataLayout.encode(example_metadata(), block);
  CHECK(runs(block) == "01x32 02x16 03x64 04x64 05x256 00x64");
  const auto back = kExtendedMetadataLayout.decode(block);
  CHECK(back.version_vector == filled<256>(0x05));
  CHECK(back.sovereignty_zone_config == Opaque<128>{});
  CHECK(back.billing_meter_snapshot == Opaque<128>{});

  block.assign(payload_size(1024), 0);
  kExtendedMetadataLayout.encode(example_metadata(), block);
  CHECK(runs(block) == "01x32 02x16 03x64 04x64 05x256 06x128 07x128 08x128 00x192");
}

TEST_CASE("the integrity anchor's bytes") {
  const IntegrityAnchor anchor{filled<32>(0x01), filled<32>(0x02),   filled<32>(0x03),
                               filled<32>(0x04), 0x0505050505050505, filled<64>(0x06),
                               filled<64>(0x07), filled<32>(0x08),   filled<32>(0x09),
                               filled<32>(0x0A), 0x0B0B0B0B0B0B0B0B, Ticks{0x0C0C0C0C0C0C0C0C}};
  CHECK(runs(bytes_of(kIntegrityAnchorLayout, anchor)) ==
        "01x32 02x32 03x32 04x32 05x8 06x64 07x64 08x32 09x32 0ax32 0bx8 0cx8");
  CHECK(kIntegrityAnchorLayout.decode(bytes_of(kIntegrityAnchorLayout, anchor)) == anchor);
}

TEST_CASE("the format fingerprint is the one that the SDK's tamper check expects") {
  CHECK(to_hex(format_fingerprint()) ==
        "5ed170ca1f471ee519b70093dd599ca343e3b0ba6b360a4f8b6f8c6673681d00");
}

TEST_CASE("the samples' extended metadata and integrity anchor are as listed, in both groups") {
  for_samples_with("extended_metadata", [](const Sample& sample) {
    for (const uint64_t group : {kPrimaryGroup, kMirrorGroup}) {
      check_listed(kExtendedMetadataLayout, sample.payload(group + 2),
                   sample.listing["extended_metadata"]);
      check_listed(kIntegrityAnchorLayout, sample.payload(group + 3),
                   sample.listing["integrity_anchor"]);
    }
  });
}
