// Walks the written blocks of the allocation bitmap in order, skipping holes: a 64 TiB volume has
// half a million bitmap blocks, nearly all of them never written.
#pragma once

#include "check/context.h"
#include "format/region/bitmap.h"

namespace vde {

class BitmapWalk {
 public:
  // `region` is the bitmap's. Bits past `total_blocks`, the size of the volume, are ignored.
  BitmapWalk(const BlockIo& io, BlockRange region, uint64_t total_blocks);

  // One written block of the bitmap, and the blocks of the volume that its bits cover.
  struct Block {
    Bytes payload;      // empty if the block is damaged
    BlockRange covers;  // clipped to the volume
  };

  // The next block that is not a hole; nothing at the end. A block that is damaged or cannot be
  // read has no payload. The payload is valid until the next call.
  [[nodiscard]] Result<std::optional<Block>> next();

 private:
  BlockIo io_;
  BlockRange region_;
  uint64_t total_blocks_;
  uint64_t bits_;
  uint64_t at_;     // next block to read
  ByteRange data_;  // the part of the file without holes that contains `at_`
  BlockBuffer buffer_;
};

}  // namespace vde
