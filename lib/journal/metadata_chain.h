// The metadata chain hash of the integrity anchor: over the first block of every region, the
// journal's header included. It needs no key. Every checkpoint writes that header, so whoever
// changes an image whose hash fits has to renew it.
//
// A commit puts the hash into its record: as it will be once the checkpoint, or the recovery, has
// written the header of the next epoch. So both make the same group. A recovery that has no commits
// to apply leaves the groups alone. Then the hash is stale until the next commit.
#pragma once

#include <functional>

#include "format/integrity_anchor.h"
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

// The hash of the image that `group` describes and `read` reads, with `header` as the journal's
// header; an empty one stands for the block that `read` returns.
[[nodiscard]] Result<Opaque<32>> chain_hash_of(const GroupState& group, const JournalArea& area,
                                               Bytes header, const ChainReader& read);

[[nodiscard]] IntegrityAnchor anchor_of(const GroupState& group);
// The generation that follows the one in `group`.
[[nodiscard]] int64_t next_chain_generation(const GroupState& group);
// Sets the hash in the anchor. Its time becomes that of the group's last change.
void set_chain(GroupState& group, const ChainRenewal& chain);

// Whether the hash in the anchor fits the image that `group` describes and `read` reads. A recovery
// without commits writes the header only; so it also fits if it does with a header of the same
// group and an epoch near `epoch`. False if a block cannot be read.
[[nodiscard]] bool chain_fits(const GroupState& group, const JournalArea& area, uint64_t epoch,
                              const ChainReader& read);

}  // namespace vde
