// The metadata chain hash of the integrity anchor: over the first block of every region, the
// journal's header included. It needs no key. Every checkpoint changes such a block, so a commit
// renews the hash if it fitted before.
//
// What the hash will be is decided by the records alone, so that a recovery makes the same group as
// the checkpoint that was interrupted. Three things are different for an image whose hash fits:
//  - A header of another program stays until the checkpoint: the journal's last block names it by
//    its checksum (JournalChain), so that it counts as if it had the mark.
//  - A recovery without commits to apply leaves the header as it is, and zeroes what is left of an
//    unfinished record instead.
//  - If a crash tore the header, the one that the hash fits is written again.
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

// Whether the anchor of `probe` holds a hash that fits the image with this block as the journal's
// header; an empty one stands for the block on disk. False if a block cannot be read.
[[nodiscard]] Result<bool> chain_fits(const BlockIo& io, const Probe& probe,
                                      const JournalArea& area, Bytes header = {});

// Sets the hash in `group`, of the image that `read` returns, with the journal's header of `epoch`.
// `is_base`: the group is the one before the commits, so the generation increases.
[[nodiscard]] Result<void> renew_chain(GroupState& group, const JournalArea& area, uint64_t epoch,
                                       bool is_base, const ChainReader& read);

}  // namespace vde
