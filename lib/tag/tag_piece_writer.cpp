#include "tag/tag_piece_writer.h"

#include <algorithm>

#include "base/piece.h"

namespace vde {
Result<uint32_t> TagPieceWriter::reserve() {
  if (next_ >= room_)
    return fail(ErrorCode::kNoSpace, "the tags need more blocks than are available");
  if (pieces_.empty() || pieces_.back().blocks == piece_blocks()) VDE_TRY(begin_piece());
  Piece& piece = pieces_.back();
  ++piece.blocks;
  ++piece.open;
  return next_++;
}

MutableBytes TagPieceWriter::payload(uint32_t number) {
  Piece& piece = piece_of(number);
  const size_t at = size_t{number - piece.first} * block_size_;
  return MutableBytes(piece.bytes).subspan(at, payload_size(block_size_));
}

Result<void> TagPieceWriter::flush() {
  for (; !pieces_.empty(); pieces_.pop_front()) VDE_TRY(write(pieces_.front()));
  return {};
}

uint32_t TagPieceWriter::piece_blocks() const {
  return static_cast<uint32_t>(std::max<size_t>(1, kPieceBytes / block_size_));
}

TagPieceWriter::Piece& TagPieceWriter::piece_of(uint32_t number) {
  size_t i = pieces_.size() - 1;
  while (pieces_[i].first > number) --i;
  return pieces_[i];
}

Result<void> TagPieceWriter::begin_piece() {
  BlockBuffer bytes;
  while (!pieces_.empty() && pieces_.front().open == 0) {
    VDE_TRY(write(pieces_.front()));
    bytes = std::move(pieces_.front().bytes);
    pieces_.pop_front();
  }
  bytes.assign(size_t{piece_blocks()} * block_size_, 0);
  pieces_.push_back({next_, 0, 0, std::move(bytes)});
  return {};
}

Result<void> TagPieceWriter::write(Piece& piece) {
  if (piece.blocks == 0) return {};
  return sink_.write(piece.first,
                     MutableBytes(piece.bytes).first(size_t{piece.blocks} * block_size_));
}

}  // namespace vde
