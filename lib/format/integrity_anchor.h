// Block 3 of a superblock group: the integrity anchor (IANT). The format specifies the fingerprint,
// the Merkle root and the metadata chain hash. The other hashes are shown and preserved, but never
// checked.
#pragma once

#include "format/field.h"

namespace vde {

struct IntegrityAnchor {
  Opaque<32> merkle_root_hash{};
  Opaque<32> policy_vault_hash{};
  Opaque<32> inode_table_hash{};
  Opaque<32> tag_index_hash{};
  int64_t hash_chain_counter = 0;
  Opaque<64> hash_chain_head{};
  Opaque<64> blockchain_anchor{};
  Opaque<32> sbom_digest{};
  Opaque<32> format_fingerprint{};
  Opaque<32> metadata_chain_hash{};
  int64_t chain_generation = 0;
  Ticks chain;

  bool operator==(const IntegrityAnchor&) const = default;
};

inline constexpr Layout kIntegrityAnchorLayout(
    "integrity anchor", field(0, "merkle_root_hash", &IntegrityAnchor::merkle_root_hash),
    field(32, "policy_vault_hash", &IntegrityAnchor::policy_vault_hash),
    field(64, "inode_table_hash", &IntegrityAnchor::inode_table_hash),
    field(96, "tag_index_hash", &IntegrityAnchor::tag_index_hash),
    field(128, "hash_chain_counter", &IntegrityAnchor::hash_chain_counter),
    field(136, "hash_chain_head", &IntegrityAnchor::hash_chain_head),
    field(200, "blockchain_anchor", &IntegrityAnchor::blockchain_anchor),
    field(264, "sbom_digest", &IntegrityAnchor::sbom_digest),
    field(296, "format_fingerprint", &IntegrityAnchor::format_fingerprint),
    field(328, "metadata_chain_hash", &IntegrityAnchor::metadata_chain_hash),
    field(360, "chain_generation", &IntegrityAnchor::chain_generation),
    field(368, "chain_ticks", &IntegrityAnchor::chain));
static_assert(kIntegrityAnchorLayout.covers(376));

// The value of IntegrityAnchor::format_fingerprint in a new image: SHA-256 of the versions and
// limits of the format.
[[nodiscard]] Opaque<32> format_fingerprint();

}  // namespace vde
