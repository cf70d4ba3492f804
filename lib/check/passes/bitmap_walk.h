// Walks the written blocks of the allocation bitmap in order, skipping holes: a 64 TiB volume has
// half a million bitmap blocks, nearly all of them never written.
#pragma once

#include "check/context.h"
#include "format/region/bitmap.h"

namespace vde {

class BitmapWalk {
 public:
  // `region` is the bitmap's. `total_blocks` of the volume bound what bits mean something.
  BitmapWalk(const BlockIo& io, BlockRange region, uint64_t total_blocks);

  // One written block of the bitmap, and which blocks of the volume its bits stand for.
  struct Block {
    Bytes payload;      // empty where the block does not verify
    BlockRange covers;  // clipped to the volume
  };

  // The next block that is not a hole; nothing at the end. A block that cannot be read or does not
  // verify comes without payload. The payload is valid until the next call.
  [[nodiscard]] Result<std::optional<Block>> next();

 private:
  BlockIo io_;
  BlockRange region_;
  uint64_t total_blocks_;
  uint64_t bits_;
  uint64_t at_;     // next block to read
  ByteRange data_;  // the stretch of the file without holes that `at_` is in
  BlockBuffer buffer_;
};

}  // namespace vde
