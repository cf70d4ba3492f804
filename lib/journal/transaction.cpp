#include "journal/transaction.h"

#include <algorithm>

#include "format/sector.h"
#include "journal/faults.h"
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
    return found->second.content == Content::kHole ? 0 : found->second.before.generation;
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
  if (const auto found = staged_.find(number); found != staged_.end())
    return found->second.content == Content::kHole;
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
    found->second.content = Content::kNew;
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

size_t Transaction::staged_blocks() const {
  const uint64_t per_sector = blocks_per_sector(journal_.io().block_size());
  if (per_sector == 1) return staged_.size();
  size_t sectors = 0;
  uint64_t end = 0;  // of the last sector
  for (const auto& [number, block] : staged_) {
    if (number < end) continue;
    ++sectors;
    end = sector_of(number, per_sector).end;
  }
  return sectors * per_sector;
}

bool Transaction::is_staged(BlockRange blocks) const {
  const auto found = staged_.lower_bound(blocks.begin);
  return found != staged_.end() && found->first < blocks.end;
}

void Transaction::unstage(BlockRange blocks) {
  staged_.erase(staged_.lower_bound(blocks.begin), staged_.lower_bound(blocks.end));
  edges_.erase(edges_.lower_bound(blocks.begin), edges_.lower_bound(blocks.end));
}

void Transaction::give_back_direct() {
  if (direct_.empty() || journal_.has_failed()) return;
  const BlockIo& io = journal_.io();
  journal_.note_direct_write();
  buffered_ = kNone;
  for (const auto& [begin, end] : std::exchange(direct_, {}))
    static_cast<void>(io.file().zero(io.bytes_of({begin, end})));
}

BlockRange Transaction::sector(uint64_t number) const {
  BlockRange blocks = sector_of(number, blocks_per_sector(journal_.io().block_size()));
  blocks.end = std::min(blocks.end, static_cast<uint64_t>(superblock_.total_blocks));
  return blocks;
}

// Whether a crash that destroys `sector` destroys nothing but `part` and other blocks that this
// transaction has written directly, or is about to.
bool Transaction::owns_rest(BlockRange sector, BlockRange part) const {
  if (fault(JournalFault::kSectorsShared)) return true;
  if (journal_.is_live(sector)) return false;
  for (uint64_t number = sector.begin; number < sector.end; ++number)
    if (!part.contains(number) && !edges_.contains(number) &&
        !covers(direct_, {number, number + 1}))
      return false;
  return true;
}

Result<void> Transaction::wipe_direct(BlockRange blocks) {
  const BlockIo& io = journal_.io();
  unstage(blocks);
  buffered_ = kNone;
  while (!blocks.empty()) {
    BlockRange part = blocks;
    if (blocks_per_sector(io.block_size()) > 1) {
      const BlockRange all = sector(blocks.begin);
      part.end = std::min(part.end, all.end);
      if (!owns_rest(all, part)) {
        for (; part.begin < part.end; ++part.begin) VDE_TRY(stage_hole(part.begin));
        blocks.begin = part.end;
        continue;
      }
    }
    journal_.note_direct_write();
    VDE_TRY(io.file().zero(io.bytes_of(part)));
    add_range(direct_, part);
    blocks.begin = part.end;
  }
  return {};
}

Result<void> Transaction::write_direct(uint64_t first, BlockType type, MutableBytes blocks) {
  const BlockIo& io = journal_.io();
  for (size_t at = 0; at < blocks.size(); at += io.block_size())
    vde::write_trailer(blocks.subspan(at, io.block_size()), type, generation());
  const BlockRange run{first, first + blocks.size() / io.block_size()};
  buffered_ = kNone;
  if (blocks_per_sector(io.block_size()) == 1) return write_whole(run, blocks);
  return write_sectors(run, blocks);
}

Result<void> Transaction::write_whole(BlockRange run, Bytes blocks) {
  if (run.empty()) return {};
  add_range(direct_, run);
  journal_.note_direct_write();
  return journal_.io().file().write(run.begin * journal_.io().block_size(), blocks);
}

// Consecutive sectors in one write; what shares its sector with other blocks is staged.
Result<void> Transaction::write_sectors(BlockRange run, Bytes blocks) {
  const uint32_t block_size = journal_.io().block_size();
  const auto bytes_of = [&](BlockRange part) {
    return blocks.subspan((part.begin - run.begin) * block_size, part.count() * block_size);
  };
  BlockRange whole{run.begin, run.begin};  // to be written
  while (whole.end < run.end) {
    const BlockRange all = sector(whole.end);
    const BlockRange part{whole.end, std::min(all.end, run.end)};
    if (!owns_rest(all, part)) {
      VDE_TRY(write_whole(whole, bytes_of(whole)));
      for (uint64_t number = part.begin; number < part.end; ++number) {
        const Bytes bytes = bytes_of({number, number + 1});
        const BlockType type = kTrailerLayout.decode(bytes.last(kTrailerSize)).type;
        VDE_TRY_ASSIGN(block, stage(number, type, false));
        std::ranges::copy(bytes, block->bytes.begin());
        edges_.insert(number);
      }
      whole = {part.end, part.end};
      continue;
    }
    for (uint64_t number = all.begin; number < all.end; ++number) {
      const auto staged = staged_.find(number);
      if (!edges_.contains(number) || staged == staged_.end() || part.contains(number)) continue;
      vde::write_trailer(staged->second.bytes, staged->second.type, generation());
      VDE_TRY(write_whole({number, number + 1}, staged->second.bytes));
    }
    for (uint64_t number = all.begin; number < all.end; ++number)
      if (edges_.contains(number)) unstage({number, number + 1});
    unstage(part);
    whole.end = part.end;
  }
  return write_whole(whole, bytes_of(whole));
}

Result<void> Transaction::stage_hole(uint64_t number) {
  StagedBlock hole{{}, {}, journal_.io().make_buffer(), Content::kHole};
  VDE_TRY_ASSIGN(block, journal_.read(number, hole.bytes));
  unstage({number, number + 1});
  if (block.is_unwritten()) return {};
  hole.before = block.unchecked_trailer();
  std::ranges::fill(hole.bytes, uint8_t{0});
  staged_.emplace(number, std::move(hole));
  return {};
}

// A torn write of a staged block may destroy its sector. So the record gets all of that: blocks as
// they are, and which ones were never written. Damaged blocks are left out: they cannot be
// restored, and what is left of them must not be overwritten.
Result<void> Transaction::stage_neighbours() {
  const BlockIo& io = journal_.io();
  if (blocks_per_sector(io.block_size()) == 1 || fault(JournalFault::kNeighboursLeft)) return {};
  // In a repair the volume may be longer than the file.
  VDE_TRY_ASSIGN(blocks_in_file, io.blocks_in_file());
  std::map<uint64_t, StagedBlock> neighbours;
  uint64_t end = 0;  // of the last sector
  for (const auto& [staged, unused] : staged_) {
    if (staged < end) continue;
    const BlockRange all = sector(staged);
    end = std::min(all.end, blocks_in_file);
    for (uint64_t number = all.begin; number < end; ++number) {
      if (staged_.contains(number) || !journal_.may_accompany(number)) continue;
      StagedBlock kept{{}, {}, io.make_buffer(), Content::kKept};
      VDE_TRY_ASSIGN(block, io.read(number, kept.bytes));
      const BlockState state = block.state();
      if (state == BlockState::kUnwritten && !fault(JournalFault::kHolesLeft))
        kept.content = Content::kHole;
      else if (state != BlockState::kValid)
        continue;
      kept.before = block.unchecked_trailer();
      neighbours.emplace(number, std::move(kept));
    }
  }
  staged_.merge(neighbours);
  return {};
}

// The first and last blocks of freed ranges share sectors with other blocks, so only the record can
// make them read as never written.
Result<void> Transaction::stage_freed_edges() {
  const uint64_t per_sector = blocks_per_sector(journal_.io().block_size());
  if (per_sector == 1) return {};
  for (const BlockRange& freed : freed_) {
    const BlockRange whole = whole_sectors(freed, per_sector);
    const BlockRange edges[] = {{freed.begin, std::min(whole.begin, freed.end)},
                                {std::max(whole.end, freed.begin), freed.end}};
    for (const BlockRange& edge : edges)
      for (uint64_t number = edge.begin; number < edge.end; ++number) VDE_TRY(stage_hole(number));
  }
  return {};
}

}  // namespace vde
