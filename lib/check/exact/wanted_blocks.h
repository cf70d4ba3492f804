// Looks for blocks by their checksums, wherever they lie: in the image itself, and in older copies
// of it.
#pragma once

#include <bitset>
#include <unordered_map>
#include <vector>

#include "io/block_io.h"
#include "vde/activity.h"

namespace vde {

// Where a block was found: in which of the files that were looked through, and its number there.
struct FoundBlock {
  size_t file = 0;
  uint64_t number = 0;
};

class WantedBlocks {
 public:
  // Some hundred MiB of damage at the smallest block size, in some tens of MiB of memory.
  static constexpr size_t kMaxWanted = size_t{1} << 19;

  // A block whose payload has this checksum is wanted; false where there are too many.
  bool add(uint64_t checksum);
  [[nodiscard]] bool empty() const { return wanted_.empty(); }
  // Whether one that was added is not found yet.
  [[nodiscard]] bool is_looking() const { return found_ < wanted_.size(); }

  // Reads all of `io`'s file but its holes, once, and notes the first valid block for each checksum
  // that was not found before. Blocks that cannot be read are passed over. `file` names it to
  // find(). kInterrupted.
  [[nodiscard]] Result<void> look_through(const BlockIo& io, size_t file, Activity& activity);

  [[nodiscard]] std::optional<FoundBlock> find(uint64_t checksum) const;

 private:
  void judge(const UncheckedBlock& block, size_t file);

  // Most blocks are turned away by these.
  static constexpr size_t kMarks = size_t{1} << 16;
  std::bitset<kMarks> marks_;
  std::unordered_map<uint64_t, std::optional<FoundBlock>> wanted_;
  size_t found_ = 0;
};

}  // namespace vde
