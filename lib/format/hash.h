// The cryptographic hashes of the format. The checksum of blocks is in block.h.
#pragma once

#include "format/field.h"

namespace vde {

[[nodiscard]] Opaque<32> sha256(Bytes bytes);

// `key` may have any length; the format's keys have 32 bytes.
[[nodiscard]] Opaque<32> hmac_sha256(Bytes key, Bytes bytes);

}  // namespace vde
