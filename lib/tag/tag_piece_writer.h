// Writes the blocks of a new tag index to the disk in large pieces.
#pragma once

#include <deque>

#include "io/block_io.h"
#include "tag/tag_builder.h"

namespace vde {

// Hands out the blocks after header and root in order. A block may be filled at any time until it
// is done; a piece is written when a later one was begun and all its blocks are done.
class TagPieceWriter {
 public:
  static constexpr uint32_t kFirstNode = 2;

  // At most `room` blocks, including header and root. The sink must outlive it.
  TagPieceWriter(TagSink& sink, uint64_t room, uint32_t block_size)
      : sink_(sink), room_(room), block_size_(block_size) {}

  // The number of the next block.
  [[nodiscard]] uint32_t next() const { return next_; }

  // Opens the next block, all zero. kNoSpace after the last one.
  [[nodiscard]] Result<uint32_t> reserve();

  // The payload of an open block.
  [[nodiscard]] MutableBytes payload(uint32_t number);

  void done(uint32_t number) { --piece_of(number).open; }

  // Writes all blocks that are done, even incomplete pieces.
  [[nodiscard]] Result<void> flush();

 private:
  struct Piece {
    uint32_t first = 0;
    uint32_t blocks = 0;
    uint32_t open = 0;
    BlockBuffer bytes;
  };

  [[nodiscard]] uint32_t piece_blocks() const;
  [[nodiscard]] Piece& piece_of(uint32_t number);
  [[nodiscard]] Result<void> begin_piece();
  [[nodiscard]] Result<void> write(Piece& piece);

  TagSink& sink_;
  uint64_t room_;  // blocks
  uint32_t block_size_;
  uint32_t next_ = kFirstNode;
  std::deque<Piece> pieces_;
};

}  // namespace vde
