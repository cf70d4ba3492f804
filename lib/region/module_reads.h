// How many blocks may be read to prove entries of modules.
#pragma once

#include <cstdint>

namespace vde {

// Modules share no blocks, so only entries that are not genuine name many times the blocks of the
// volume.
class ModuleReads {
 public:
  // Whether `blocks` more blocks may be read; if so, they count as read.
  [[nodiscard]] bool take(uint64_t blocks, uint64_t total_blocks) {
    const uint64_t most = kMaxReads * total_blocks;
    if (read_ > most || blocks > most - read_) return false;
    read_ += blocks;
    return true;
  }

 private:
  // How many times the blocks of the volume may be read: several repairers try it, some of them
  // with the same entry.
  static constexpr uint64_t kMaxReads = 8;

  uint64_t read_ = 0;
};

}  // namespace vde
