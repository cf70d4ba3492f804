// The copy of a superblock group that the journal holds where both groups lie in one sector
// (512-byte blocks): a crash that tears a write of one of them may destroy the other one, too.
#pragma once

#include <optional>

#include "probe/probe.h"

namespace vde {

// Its blocks end before the journal's last one, which holds the mark.
[[nodiscard]] constexpr BlockRange group_copy_blocks(BlockRange journal) {
  return {journal.end - 1 - kGroupBlocks, journal.end - 1};
}

// Whether `journal` is used in whole sectors: it begins and ends with one, and has enough of them.
[[nodiscard]] bool has_whole_sectors(BlockRange journal, uint32_t block_size);

// `group`, four whole blocks, as the journal stores it: with trailers of the journal's type, so
// that nothing mistakes its blocks for those of a group.
[[nodiscard]] BlockBuffer encode_group_copy(Bytes group, uint32_t block_size);

// The copy in the journal of an image with these slots. Only while it counts: the journal's header
// and its last block have marks with the same epoch, and the volume is that of the copy.
[[nodiscard]] std::optional<GroupProbe> find_group_copy(const BlockIo& io,
                                                        const std::vector<RegionSlot>& slots,
                                                        uint64_t blocks_in_file);

}  // namespace vde
