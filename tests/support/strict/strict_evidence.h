// The tamper checks of the strict reader: what is sealed or signed with a key, and the metadata
// chain hash, which needs none. Like the rest of it, this is written from the description of the
// format and shares nothing with the library.
#pragma once

#include "support/strict/strict_image.h"

namespace vde::test::strict {

enum class Proof : uint8_t {
  kAbsent,  // zeros: nothing was sealed, signed or chained
  kFits,
  kWrong,
};

// All throw Failure unless `image` has a valid group and directory.
//
// HMAC-SHA256 at the end of block 0's payload, over the bytes before it.
[[nodiscard]] Proof header_seal(Bytes image, Bytes key);
// HMAC-SHA256 in the policy vault's second block, over the first one's payload. kAbsent also
// without a vault.
[[nodiscard]] Proof policy_seal(Bytes image, Bytes key);
// HMAC-SHA512 in the extended metadata, over prefix, UUID and authority.
[[nodiscard]] Proof namespace_signature(Bytes image, Bytes key);
// SHA-256 over the first block of each region except the superblock groups and the data area.
[[nodiscard]] Proof metadata_chain(Bytes image);

}  // namespace vde::test::strict
