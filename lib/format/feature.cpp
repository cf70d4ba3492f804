#include "format/feature.h"

#include <algorithm>
#include <array>

#include "format/block_type.h"

namespace vde {
namespace {

template <class... Names>
constexpr auto tag_list(Names... names) {
  return std::array<BlockType, sizeof...(Names)>{make_block_type(names)...};
}

constexpr auto kSecurity = tag_list("POLV", "ENCR");
constexpr auto kCompliance = tag_list("CMVT");
constexpr auto kIntelligence = tag_list("INTE");
constexpr auto kTags = tag_list("TAGI");
constexpr auto kReplication = tag_list("REPL");
constexpr auto kRaid = tag_list("RAID");
constexpr auto kStreaming = tag_list("STRE", "DWAL");
constexpr auto kCompute = tag_list("CODE");
constexpr auto kFabric = tag_list("XREF");
constexpr auto kConsensus = tag_list("CLOG");
constexpr auto kCompression = tag_list("DICT");
constexpr auto kIntegrity = tag_list("MTRK");
constexpr auto kSnapshot = tag_list("SNAP");
constexpr auto kQuery = tag_list("BTRE");
constexpr auto kPrivacy = tag_list("ANON");
constexpr auto kObservability = tag_list("MLOG");
constexpr auto kAuditLog = tag_list("ALOG");

constexpr auto kModules = std::to_array<Feature>({
    {0, "security", 24, kSecurity, {}},
    {1, "compliance", 12, kCompliance, block_types::kAuditLog},
    {2, "intelligence", 12, kIntelligence, {}},
    {3, "tags", 136, kTags, {}},
    {4, "replication", 8, kReplication, {}},
    {5, "raid", 4, kRaid, {}},
    {6, "streaming", 8, kStreaming, {}},
    {7, "compute", 0, kCompute, {}},
    {8, "fabric", 0, kFabric, {}},
    {9, "consensus", 0, kConsensus, {}},
    {10, "compression", 4, kCompression, {}},
    {11, "integrity", 0, kIntegrity, {}},
    {12, "snapshot", 0, kSnapshot, {}},
    {13, "query", 4, kQuery, {}},
    {14, "privacy", 2, kPrivacy, {}},
    {15, "sustainability", 4, {}, {}},
    {16, "transit", 1, {}, {}},
    {17, "observability", 0, kObservability, {}},
    {18, "audit-log", 0, kAuditLog, {}},
    {19, "compute-pushdown", 48, {}, {}},
    {20, "ephemeral-key", 32, {}, {}},
    {21, "wal-subscribers", 0, {}, block_types::kSubscribers},
    {22, "delta-extents", 8, {}, {}},
    {23, "zns-zone-map", 0, {}, block_types::kZones},
    {24, "spatio-temporal", 6, {}, {}},
    {25, "semantic-dedup", 266, {}, {}},
    {26, "zkp-compliance", 322, {}, {}},
    {27, "storage-policy", 2, {}, {}},
    {28, "online-ops", 0, {}, block_types::kOperations},
    {29, "disaster-recovery", 0, {}, {}},
    {30, "gdpr-tombstone", 0, {}, {}},
    {31, "semantic-wear-level", 2, {}, {}},
});

constexpr auto kProfiles = std::to_array<Profile>({
    {"minimal", 0x0, 0},
    {"standard", 0x1C01, 0},
    {"enterprise", 0x40C0F, 0},
    {"max-security", 0x7FFFF, 0},
    {"edge-iot", 0x840, 512},
    {"analytics", 0x3404, 65536},
});

}  // namespace

std::span<const Feature> features() {
  return kModules;
}

const Feature* find_feature(uint32_t bit) {
  return bit < kModules.size() ? &kModules[bit] : nullptr;
}

const Feature* find_feature(std::string_view name) {
  const auto found = std::find_if(kModules.begin(), kModules.end(),
                                  [&](const Feature& module) { return module.name == name; });
  return found == kModules.end() ? nullptr : &*found;
}

std::span<const Profile> profiles() {
  return kProfiles;
}

}  // namespace vde
