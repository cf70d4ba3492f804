// The metadata chain hash of the integrity anchor: over the first block of every region, the
// journal's header included. It needs no key. Writers leave it alone, so a change makes it stale.
#pragma once

#include <functional>

#include "journal/journal_area.h"
#include "probe/group.h"

namespace vde {

// Reads a block for the hash, unverified; the bytes are valid until the next call.
using ChainReader = std::function<Result<Bytes>(uint64_t number)>;

// The first blocks of the regions that count: all but the superblock groups and the data area,
// within `blocks` blocks, ascending.
[[nodiscard]] std::vector<uint64_t> chain_heads(const std::vector<RegionSlot>& slots,
                                                uint32_t manifest, uint64_t blocks);
[[nodiscard]] Result<Opaque<32>> chain_hash(const std::vector<uint64_t>& heads,
                                            const ChainReader& read);

}  // namespace vde
