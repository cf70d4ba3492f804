// Whether what a block holds was sealed or signed with one of the user's keys.
#pragma once

#include <optional>

#include "format/block_type.h"
#include "inspect/decode_block.h"
#include "io/block_io.h"
#include "vde/keys/secret_key.h"

namespace vde {

// For a block with this payload, decoded as `type`: true, false, or null where nothing is set.
// Nothing for blocks without a seal or signature. Like all of `dump`, it judges bytes that may be
// damaged. kIo if the block before an HMAC cannot be read.
[[nodiscard]] Result<std::optional<Json>> key_fits(const BlockIo& io, BlockType type,
                                                   const BlockPlace& place, Bytes payload,
                                                   const SecretKeys& keys);

}  // namespace vde
