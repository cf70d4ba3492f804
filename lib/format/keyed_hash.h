// What is signed or sealed with a user's key: the header seal, the policies and the namespace.
// Comparisons take the same time whatever differs.
#pragma once

#include "format/superblock.h"

namespace vde {

// The seal for block 0 with this payload; its last 32 bytes, where the seal lies, do not count.
[[nodiscard]] HeaderSeal seal_with(Bytes key, Bytes payload);
// Whether the seal at the end of the payload was made with `key`, of the bytes before it.
[[nodiscard]] bool seal_fits(Bytes key, Bytes payload);

// Whether the HMAC in block 1 of a policy vault was made with `key`, of block 0; both payloads.
[[nodiscard]] bool policies_fit(Bytes key, Bytes policies, Bytes seal);

// Whether the namespace's signature was made with `key`, of the fields before it; the payload of
// the extended metadata.
[[nodiscard]] bool namespace_fits(Bytes key, Bytes extended);

}  // namespace vde
