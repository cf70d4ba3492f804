// The policy vault (POLV): policies in its first block, their HMAC in its second.
#pragma once

#include <span>
#include <vector>

#include "format/field.h"
#include "vde/error.h"

namespace vde {

struct PolicyVaultHeader {
  int32_t count = 0;

  bool operator==(const PolicyVaultHeader&) const = default;
};

inline constexpr Layout kPolicyVaultHeaderLayout("policy vault",
                                                 field(0, "count", &PolicyVaultHeader::count));
static_assert(kPolicyVaultHeaderLayout.covers(4));

struct PolicyEntry {
  Guid id;
  uint16_t type = 0;
  uint16_t version = 0;
  Ticks created;
  Ticks modified;
  int32_t data_length = 0;  // bytes, as read; encoding writes the size of the data; ignored by ==
  std::vector<uint8_t> data;

  [[nodiscard]] bool operator==(const PolicyEntry& other) const;
};

inline constexpr Layout kPolicyEntryLayout("policy", field(0, "id", &PolicyEntry::id),
                                           field(16, "type", &PolicyEntry::type),
                                           field(18, "version", &PolicyEntry::version),
                                           field(20, "created_ticks", &PolicyEntry::created),
                                           field(28, "modified_ticks", &PolicyEntry::modified),
                                           field(36, "data_length", &PolicyEntry::data_length));
static_assert(kPolicyEntryLayout.covers(40));

// Block 1: HMAC-SHA256 of block 0's payload, with a user's key of 32 bytes.
struct PolicySeal {
  Opaque<32> hmac{};

  bool operator==(const PolicySeal&) const = default;
};

inline constexpr Layout kPolicySealLayout("policy vault seal", field(0, "hmac", &PolicySeal::hmac));
static_assert(kPolicySealLayout.covers(32));

// Decodes the policies in the payload of block 0. kDamaged if the count or a length is negative or
// runs past the payload.
[[nodiscard]] Result<std::vector<PolicyEntry>> decode_policies(Bytes payload);

// Encodes the payload of block 0 and fills the rest with zeros. kNoSpace, with the payload
// unchanged, if the policies do not fit.
[[nodiscard]] Result<void> encode_policies(std::span<const PolicyEntry> policies,
                                           MutableBytes payload);

}  // namespace vde
