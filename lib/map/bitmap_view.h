// What the allocation bitmap says about blocks, for walks that ask for ascending blocks. Holes of
// the file are skipped: a 64 TiB volume has half a million bitmap blocks, nearly all never written.
#pragma once

#include "io/block_io.h"
#include "vde/map.h"

namespace vde {

class BitmapView {
 public:
  // `region` is the bitmap's, within the file; empty if there is none. Nothing is known if the
  // first block is not marked as allocated: then the bitmap is invalid as a whole.
  BitmapView(const BlockIo& io, BlockRange region);

  // What it says about `block`. Sets `end` to where that answer may end, if it is less.
  [[nodiscard]] Result<BlockUse> use_of(uint64_t block, uint64_t& end);

  struct Count {
    uint64_t allocated = 0;
    uint64_t free = 0;
    uint64_t unknown = 0;
  };
  [[nodiscard]] Result<Count> count(BlockRange blocks);

 private:
  // Blocks that one bitmap block, or a hole, speaks of.
  struct Part {
    BlockRange covers;
    Bytes bits;  // empty: all have `use`
    BlockUse use = BlockUse::kUnknown;
  };
  Result<void> load(uint64_t block);
  [[nodiscard]] Part read_part(uint64_t index);

  BlockIo io_;
  BlockRange region_;
  uint64_t per_block_;  // bits
  BlockBuffer buffer_;
  Part part_;
  ByteRange data_;  // the last part of the file that is not a hole
};

}  // namespace vde
