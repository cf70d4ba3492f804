// What the blocks of a file say about themselves, whatever superblock and region tables say: where
// valid blocks of each type lie, and which block size they have.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "io/block_io.h"
#include "vde/activity.h"

namespace vde {

// A larger gap between blocks of one type separates two regions, or a region and an old copy of it,
// unless a region of that size was seen already.
inline constexpr uint64_t kMaxRunGap = 64;  // blocks

// Valid blocks of one type with no valid block of another type between them. The blocks between
// them are unwritten or damaged.
struct BlockRun {
  BlockType type;
  BlockRange blocks;    // from the first to the last of them
  uint64_t valid = 0;   // number of valid blocks
  uint32_t newest = 0;  // the latest generation
};

struct BlockRuns {
  // Hostile files could have a run per block: later ones are not recorded.
  static constexpr size_t kMaxRuns = size_t{1} << 20;

  std::vector<BlockRun> runs;  // disjoint, ascending
  uint64_t valid = 0;          // number of valid blocks
  // Blocks that are neither valid nor unwritten, e.g. those of structures without trailers.
  uint64_t damaged = 0;
};

// The first run that begins at or after `block`.
[[nodiscard]] std::vector<BlockRun>::const_iterator first_run_from(const BlockRuns& found,
                                                                   uint64_t block);
// The number of valid blocks in the runs that begin in `blocks`, of the wanted types or all.
[[nodiscard]] uint64_t count_valid(const BlockRuns& found, BlockRange blocks,
                                   const std::function<bool(BlockType)>& wanted = {});
// Whether each run that has a block in `blocks` is a single block.
[[nodiscard]] bool has_only_single_blocks(const BlockRuns& found, BlockRange blocks);

// The latest generation of a block that a commit gives its sequence, as far as the types show it:
// not those of the data area, which any program may write, nor those that count on their own. 0 if
// there is none.
[[nodiscard]] uint32_t newest_generation(const BlockRuns& found);

// Reads what is written of the first `blocks` blocks; holes are skipped. Block types that the
// format does not define are ignored. kInterrupted, kIo. `activity.done` grows by the bytes that
// were read.
[[nodiscard]] Result<BlockRuns> find_block_runs(const BlockIo& io, uint64_t blocks,
                                                Activity& activity);

// The block size that the trailers show: that of the most bytes in valid blocks. Reads until enough
// blocks agree, at most `limit` bytes. Nothing if there is no valid block.
[[nodiscard]] Result<std::optional<uint32_t>> find_block_size(BlockFile& file, uint64_t limit,
                                                              Activity& activity);

}  // namespace vde
