#include "journal/transaction.h"

#include <algorithm>

#include "journal/journal.h"

namespace vde {

Transaction::Transaction(const Journal& journal)
    : journal_(journal),
      superblock_(journal.superblock()),
      seal_(journal.seal()),
      regions_(journal.regions()),
      buffer_(journal.io().make_buffer()) {}

int64_t Transaction::sequence() const {
  return journal_.superblock().checkpoint_sequence + 1;
}

Result<Bytes> Transaction::read(uint64_t number, BlockType type) {
  const size_t payload = payload_size(journal_.io().block_size());
  if (const auto found = staged_.find(number); found != staged_.end())
    return Bytes(found->second.bytes).first(payload);
  if (number != buffered_ || type != buffered_type_) {
    buffered_ = kNone;
    VDE_TRY_ASSIGN(block, journal_.read(number, buffer_));
    if (!block.is_unwritten()) VDE_TRY(block.check(type));
    buffered_ = number;
    buffered_type_ = type;
  }
  return Bytes(buffer_).first(payload);
}

Result<uint32_t> Transaction::committed_generation(uint64_t number, BlockType type) {
  if (const auto found = staged_.find(number); found != staged_.end())
    return found->second.before.generation;
  VDE_TRY(read(number, type));
  return kTrailerLayout.decode(Bytes(buffer_).last(kTrailerSize)).generation;
}

Result<Bytes> Transaction::read_up_to(uint32_t newest, uint64_t number, BlockType type) {
  VDE_TRY_ASSIGN(payload, read(number, type));
  const bool is_staged = payload.data() != buffer_.data();
  // The generation is the second field of the trailer.
  if (!is_staged &&
      is_later_generation(load_le<uint32_t>(Bytes(buffer_).last(kTrailerSize), 4), newest))
    return fail_at(number, ErrorCode::kDamaged,
                   "the block is newer than the header that counts it, so a write was lost",
                   kRunRepair);
  return payload;
}

Result<bool> Transaction::is_unwritten(uint64_t number) const {
  if (staged_.contains(number)) return false;
  if (number == buffered_) return UncheckedBlock(number, buffer_).is_unwritten();
  BlockBuffer buffer = journal_.io().make_buffer();
  VDE_TRY_ASSIGN(block, journal_.read(number, buffer));
  return block.is_unwritten();
}

Result<MutableBytes> Transaction::edit(uint64_t number, BlockType type) {
  VDE_TRY_ASSIGN(block, stage(number, type, true));
  return MutableBytes(block->bytes).first(payload_size(journal_.io().block_size()));
}

Result<MutableBytes> Transaction::edit_written(uint64_t number, BlockType type) {
  if (!staged_.contains(number)) {
    VDE_TRY(read(number, type));
    if (kTrailerLayout.decode(Bytes(buffer_).last(kTrailerSize)) == Trailer{})
      return fail_at(number, ErrorCode::kDamaged, "the block was never written", kRunRepair);
  }
  return edit(number, type);
}

Result<MutableBytes> Transaction::replace(uint64_t number, BlockType type) {
  VDE_TRY_ASSIGN(block, stage(number, type, false));
  std::fill(block->bytes.begin(), block->bytes.end(), uint8_t{0});
  return MutableBytes(block->bytes).first(payload_size(journal_.io().block_size()));
}

Result<MutableBytes> Transaction::replace_unused(uint64_t number, BlockType type) {
  VDE_TRY_ASSIGN(block, stage(number, type, false));
  const MutableBytes payload =
      MutableBytes(block->bytes).first(payload_size(journal_.io().block_size()));
  if (all_zero(payload)) return payload;
  return fail_at(number, ErrorCode::kDamaged, "a block that is recorded as unused is not empty",
                 kRunRepair);
}

Result<Transaction::StagedBlock*> Transaction::stage(uint64_t number, BlockType type,
                                                     bool keep_content) {
  if (const auto found = staged_.find(number); found != staged_.end()) {
    found->second.type = type;
    return &found->second;
  }
  StagedBlock staged{type, {}, {}};
  if (number == buffered_ && type == buffered_type_) {
    staged.bytes = buffer_;
  } else {
    staged.bytes = journal_.io().make_buffer();
    VDE_TRY_ASSIGN(block, journal_.read(number, staged.bytes));
    if (keep_content && !block.is_unwritten()) VDE_TRY(block.check(type));
  }
  staged.before = kTrailerLayout.decode(Bytes(staged.bytes).last(kTrailerSize));
  return &staged_.emplace(number, std::move(staged)).first->second;
}

void Transaction::unstage(BlockRange blocks) {
  staged_.erase(staged_.lower_bound(blocks.begin), staged_.lower_bound(blocks.end));
}

void Transaction::give_back_direct() {
  if (journal_.has_failed()) return;
  for (const BlockRange& run : direct_) static_cast<void>(wipe_direct(run));
  direct_.clear();
}

Result<void> Transaction::wipe_direct(BlockRange blocks) {
  journal_.note_direct_write();
  buffered_ = kNone;
  return journal_.io().file().zero(journal_.io().bytes_of(blocks));
}

Result<void> Transaction::write_direct(uint64_t first, BlockType type, MutableBytes blocks) {
  const BlockIo& io = journal_.io();
  for (size_t at = 0; at < blocks.size(); at += io.block_size())
    vde::write_trailer(blocks.subspan(at, io.block_size()), type, generation());
  const BlockRange run{first, first + blocks.size() / io.block_size()};
  if (!direct_.empty() && direct_.back().end == run.begin)
    direct_.back().end = run.end;
  else
    direct_.push_back(run);
  journal_.note_direct_write();
  buffered_ = kNone;
  return io.file().write(first * io.block_size(), blocks);
}

}  // namespace vde
