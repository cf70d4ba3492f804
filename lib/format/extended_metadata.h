// Block 2 of a superblock group: extended metadata (EXMD). Blocks of 512 and 1024 bytes hold only
// the fields that fit completely; the other fields read as zero and are not written.
#pragma once

#include "format/field.h"

namespace vde {

struct ExtendedMetadata {
  // The namespace registration.
  Text<32> namespace_prefix;
  Guid namespace_uuid;
  Text<64> namespace_authority;
  Opaque<64> namespace_signature{};

  Opaque<256> version_vector{};
  Opaque<128> sovereignty_zone_config{};
  Opaque<128> raid_layout_summary{};
  Opaque<128> streaming_config{};
  Opaque<256> fabric_namespace_root{};
  Opaque<128> tier_policy_digest{};
  Opaque<128> ai_metadata_summary{};
  Opaque<128> billing_meter_snapshot{};

  bool operator==(const ExtendedMetadata&) const = default;
};

inline constexpr Layout kExtendedMetadataLayout(
    "extended metadata", field(0, "namespace_prefix", &ExtendedMetadata::namespace_prefix),
    field(32, "namespace_uuid", &ExtendedMetadata::namespace_uuid),
    field(48, "namespace_authority", &ExtendedMetadata::namespace_authority),
    field(112, "namespace_signature", &ExtendedMetadata::namespace_signature),
    field(176, "version_vector", &ExtendedMetadata::version_vector),
    field(432, "sovereignty_zone_config", &ExtendedMetadata::sovereignty_zone_config),
    field(560, "raid_layout_summary", &ExtendedMetadata::raid_layout_summary),
    field(688, "streaming_config", &ExtendedMetadata::streaming_config),
    field(816, "fabric_namespace_root", &ExtendedMetadata::fabric_namespace_root),
    field(1072, "tier_policy_digest", &ExtendedMetadata::tier_policy_digest),
    field(1200, "ai_metadata_summary", &ExtendedMetadata::ai_metadata_summary),
    field(1328, "billing_meter_snapshot", &ExtendedMetadata::billing_meter_snapshot));
static_assert(kExtendedMetadataLayout.covers(1456));

// The signature is over all bytes before it.
inline constexpr uint32_t kNamespaceSignatureOffset = 112;

}  // namespace vde
