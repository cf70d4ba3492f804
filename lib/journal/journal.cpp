#include "journal/journal.h"

#include <fmt/format.h>

#include <algorithm>

#include "format/keyed_hash.h"
#include "io/run_writer.h"
#include "journal/faults.h"
#include "journal/metadata_chain.h"

namespace vde {

struct Journal::Staged {
  JournalRecord record;
  // of the entries, in order, with valid trailers; empty for a hole
  std::vector<BlockBuffer> after_images;
  uint64_t images = 0;  // that are not empty
  uint64_t descriptor_blocks = 0;
  std::vector<uint64_t> spilled;

  [[nodiscard]] uint64_t inline_blocks() const {
    return descriptor_blocks + (spilled.empty() ? images : 0);
  }
};

Journal::Journal(const BlockIo& io, JournalArea area, const GroupProbe& group, uint64_t epoch)
    : io_(io),
      area_(area),
      state_(decode_group(group)),
      regions_(state_.slots, static_cast<uint64_t>(state_.superblock.total_blocks),
               state_.superblock.module_manifest),
      epoch_(epoch),
      next_(area.room().begin) {
  set_base(group_bytes(group));
}

// `group` is stored as it is on disk: encoding may not preserve bytes outside of known fields.
void Journal::set_base(BlockBuffer group) {
  base_sequence_ = state_.superblock.checkpoint_sequence;
  base_hash_ = group_hash(group, io_.block_size());
  base_ = std::move(group);
  chain_generation_ = next_chain_generation(state_);
}

Result<UncheckedBlock> Journal::read(uint64_t number, MutableBytes buffer) const {
  const auto found = live_.find(number);
  if (found == live_.end()) return io_.read(number, buffer);
  if (found->second.place == number) {
    std::fill_n(buffer.begin(), io_.block_size(), uint8_t{0});
  } else if (found->second.bytes.empty()) {
    VDE_TRY(io_.read(found->second.place, buffer));
  } else {
    std::copy(found->second.bytes.begin(), found->second.bytes.end(), buffer.begin());
  }
  return UncheckedBlock(number, buffer.first(io_.block_size()));
}

std::unique_ptr<OverlayFile> Journal::committed_view() const {
  const uint32_t block_size = io_.block_size();
  auto view = std::make_unique<OverlayFile>(io_.file(), block_size);
  // What a hole holds at home is of no use to anyone.
  for (const auto& [target, image] : live_)
    if (image.place != target) view->redirect(target * block_size, image.place * block_size);
  return view;
}

bool Journal::is_live(BlockRange blocks) const {
  const auto found = live_.lower_bound(blocks.begin);
  return found != live_.end() && found->first < blocks.end;
}

Result<uint64_t> Journal::next_written(BlockRange within) const {
  VDE_TRY_ASSIGN(data, io_.file().next_data(io_.bytes_of(within)));
  uint64_t next = data.empty() ? within.end : std::max(within.begin, data.begin / io_.block_size());
  const auto live = live_.lower_bound(within.begin);
  if (live != live_.end()) next = std::min(next, live->first);
  return std::min(next, within.end);
}

Result<std::optional<uint64_t>> Journal::first_content(BlockRange within) const {
  BlockBuffer buffer = io_.make_buffer();
  for (; !within.empty(); ++within.begin) {
    VDE_TRY_ASSIGN(next, next_written(within));
    within.begin = next;
    if (within.empty()) break;
    VDE_TRY_ASSIGN(block, read(next, buffer));
    if (!block.is_unwritten()) return std::optional(next);
  }
  return std::optional<uint64_t>{};
}

Result<void> Journal::commit(Transaction& transaction, const SpareBlocks& spare_blocks) {
  if (dead_)
    return fail(ErrorCode::kIo, "refusing to write after a failed commit", "open the image again");
  Staged staged;
  VDE_TRY(stage_tables(transaction));
  if (wipes_freed_) VDE_TRY(transaction.stage_freed_edges());
  VDE_TRY(transaction.stage_neighbours());
  look_at_chain();
  VDE_TRY(plan_record(transaction, spare_blocks, staged));
  VDE_TRY(mark_header());
  if (next_ + staged.inline_blocks() > area_.room().end) {
    VDE_TRY(checkpoint());
    // Neighbours that had after-images in the earlier records need them again.
    VDE_TRY(transaction.stage_neighbours());
    VDE_TRY(plan_record(transaction, spare_blocks, staged));
  }
  VDE_TRY(prepare(transaction, staged));
  VDE_TRY(write_spilled(staged));
  VDE_TRY(allocate_space(staged));
  Result<void> written = write_record(staged);
  if (!written) {
    dead_ = true;
    written.error().code = ErrorCode::kIo;
    written.error().message = "the outcome of the commit is unknown: " + written.error().message;
    return written;
  }
  adopt(transaction, staged);
  return {};
}

// The blocks of region tables are journaled like all others.
Result<void> Journal::stage_tables(Transaction& transaction) const {
  const std::vector<RegionSlot>& slots = transaction.regions_.raw_slots();
  if (slots == state_.slots) return {};
  VDE_TRY_ASSIGN(table, transaction.replace(kDirectoryStart, block_types::kRegionMap));
  encode_slots(slots, table);
  VDE_TRY_ASSIGN(payload, transaction.edit(kDirectoryStart + 1, block_types::kRegionMap));
  DirectoryHeader header = kDirectoryHeaderLayout.decode(payload);
  header.active_count = static_cast<uint16_t>(std::count_if(
      slots.begin(), slots.end(), [](const RegionSlot& slot) { return !slot.is_free(); }));
  header.slots_checksum = checksum(table);
  kDirectoryHeaderLayout.encode(header, payload);
  return {};
}

// Rule 3. Spare blocks are searched while the transaction still has its bitmap: blocks that it
// allocates itself are not spare.
Result<void> Journal::plan_record(Transaction& transaction, const SpareBlocks& spare_blocks,
                                  Staged& staged) const {
  const uint64_t images =
      static_cast<uint64_t>(std::ranges::count_if(transaction.staged_, [](const auto& block) {
        return block.second.content != Transaction::Content::kHole;
      }));
  const uint64_t room = area_.room().count();
  staged.images = images;
  staged.spilled.clear();
  const size_t entries = transaction.staged_.size() + (renews_chain() ? 1 : 0);
  staged.descriptor_blocks = record_descriptor_blocks(entries, io_.block_size());
  if (staged.descriptor_blocks + images <= room) return {};
  if (staged.descriptor_blocks > room)
    return fail(
        ErrorCode::kNoSpace,
        fmt::format("the journal's {} blocks cannot hold a commit of {} blocks", room, images),
        "split the change, or create the image with a larger --journal-size");
  VDE_TRY_ASSIGN(places, spare_blocks(images));
  staged.spilled = std::move(places);
  return {};
}

// Adds trailers to the staged blocks and lists them.
Result<void> Journal::prepare(Transaction& transaction, Staged& staged) {
  transaction.superblock_.checkpoint_sequence = transaction.sequence();
  for (auto& [number, block] : transaction.staged_) {
    if (block.content == Transaction::Content::kHole) {
      staged.record.entries.push_back({number, number, block.before, {}});
      staged.after_images.emplace_back();
      continue;
    }
    if (block.content == Transaction::Content::kNew)
      vde::write_trailer(block.bytes, block.type, transaction.generation());
    const Trailer after = kTrailerLayout.decode(Bytes(block.bytes).last(kTrailerSize));
    staged.record.entries.push_back({number, 0, block.before, after});
    staged.after_images.push_back(std::move(block.bytes));
  }
  transaction.staged_.clear();
  renew_seal(transaction);
  VDE_TRY(renew_chain(transaction, staged));
  RecordHead& head = staged.record.head;
  kSuperblockLayout.encode(transaction.superblock_, head.superblock);
  head.seal = transaction.seal_.header_seal;
  return {};
}

// The superblock is complete, so the seal is durable with it, in the same record.
void Journal::renew_seal(Transaction& transaction) const {
  if (seal_key_ == nullptr || !transaction.seal_.is_set() || fault(JournalFault::kSealKept)) return;
  GroupState after = state_;
  after.superblock = transaction.superblock_;
  transaction.seal_ = seal_with(seal_key_->bytes(), encode_head(after));
}

// Looks once: every commit of the session keeps the hash right. If a block cannot be read, the hash
// counts as stale, because the change may not need that block.
void Journal::look_at_chain() {
  if (chain_fits_) return;
  BlockBuffer buffer = io_.make_buffer();
  chain_fits_ = chain_fits(state_, area_, epoch_, [&](uint64_t number) -> Result<Bytes> {
    VDE_TRY_ASSIGN(block, read(number, buffer));
    return block.bytes();
  });
}

bool Journal::renews_chain() const {
  return chain_fits_.value_or(false) && !fault(JournalFault::kChainKept);
}

// The hash is that of the image after the next checkpoint, or after a recovery instead of it: both
// write the same header.
Result<void> Journal::renew_chain(const Transaction& transaction, Staged& staged) const {
  if (!renews_chain()) return {};
  GroupState after = state_;
  after.superblock = transaction.superblock_;
  after.slots = transaction.regions_.raw_slots();
  BlockBuffer buffer = io_.make_buffer();
  const BlockBuffer header = encode_journal_header(area_, after.superblock, epoch_ + 1);
  const auto& entries = staged.record.entries;
  const auto reader = [&](uint64_t number) -> Result<Bytes> {
    const auto entry = std::ranges::lower_bound(entries, number, {}, &RecordEntry::target);
    if (entry == entries.end() || entry->target != number) {
      VDE_TRY_ASSIGN(block, read(number, buffer));
      return block.bytes();
    }
    const auto& image = staged.after_images[static_cast<size_t>(entry - entries.begin())];
    if (!image.empty()) return Bytes(image);
    std::ranges::fill(buffer, uint8_t{0});
    return Bytes(buffer);
  };
  VDE_TRY_ASSIGN(hash, chain_hash_of(after, area_, header, reader));
  staged.record.chain = ChainRenewal{hash, chain_generation_};
  return {};
}

Result<void> Journal::write_spilled(Staged& staged) {
  auto place = staged.spilled.begin();
  for (size_t i = 0; i < staged.after_images.size() && place != staged.spilled.end(); ++i) {
    if (staged.after_images[i].empty()) continue;
    note_direct_write();
    VDE_TRY(io_.file().write(*place * io_.block_size(), staged.after_images[i]));
    staged.record.entries[i].place = *place++;
  }
  return {};
}

// Rule 8. A block that was written has its space in the file, unless it has several pages: pages of
// zeros may have become holes since. All other blocks need space, also those that stay unwritten:
// write_back() writes zeros there.
Result<void> Journal::allocate_space(const Staged& staged) {
  if (!space_taken_) {
    const BlockRange used{area_.header(), area_.room().end};
    const uint64_t end = area_.keeps_group() ? group_copy_blocks(area_.region).begin : area_.last();
    VDE_TRY(io_.file().allocate(io_.bytes_of(used)));
    VDE_TRY(io_.file().allocate(io_.bytes_of({end, area_.region.end})));
    VDE_TRY(io_.file().allocate(io_.bytes_of({kPrimaryGroup, kMirrorGroup + kGroupBlocks})));
  }
  space_taken_ = true;
  constexpr uint32_t kMinHole = 4096;
  for (const RecordEntry& entry : staged.record.entries)
    if (entry.before == Trailer{} || io_.block_size() > kMinHole)
      VDE_TRY(io_.file().allocate(io_.bytes_of({entry.target, entry.target + 1})));
  return {};
}

Result<void> Journal::write_record(Staged& staged) {
  const bool left_out = fault(JournalFault::kDirectUnsynced) || fault(JournalFault::kSpillUnsynced);
  if (unsynced_ && !left_out) VDE_TRY(io_.file().sync());
  unsynced_ = false;
  RecordHead& head = staged.record.head;
  head.epoch = epoch_;
  head.index = live_records_ + 1;
  head.base_sequence = base_sequence_;
  head.base_hash = base_hash_;
  head.previous = previous_;
  const auto sequence = kSuperblockLayout.decode(head.superblock).checkpoint_sequence;
  BlockBuffer bytes = encode_record(staged.record, state_.superblock.uuid, io_.block_size(),
                                    static_cast<uint32_t>(sequence));
  bytes.reserve(staged.inline_blocks() * io_.block_size());
  if (staged.spilled.empty())
    for (const BlockBuffer& image : staged.after_images)
      bytes.insert(bytes.end(), image.begin(), image.end());
  if (live_records_ == 0) VDE_TRY(write_journal_end(io_, area_, state_.superblock, epoch_, base_));
  if (fault(JournalFault::kHomeBeforeRecord))
    for (size_t i = 0; i < staged.after_images.size(); ++i)
      VDE_TRY(io_.file().write(staged.record.entries[i].target * io_.block_size(),
                               staged.after_images[i]));
  const uint64_t offset = next_ * io_.block_size();
  return fault(JournalFault::kRecordUnsynced) ? io_.file().write(offset, bytes)
                                              : io_.file().write_through(offset, bytes);
}

// Makes the durable commit the visible state.
void Journal::adopt(Transaction& transaction, Staged& staged) {
  uint64_t place = next_ + staged.descriptor_blocks;
  for (size_t i = 0; i < staged.after_images.size(); ++i) {
    const RecordEntry& entry = staged.record.entries[i];
    live_[entry.target] = entry.place == 0 ? AfterImage{std::move(staged.after_images[i]), place++}
                                           : AfterImage{{}, entry.place};
  }
  if (!fault(JournalFault::kPlacesReused))
    for (const uint64_t spilled : staged.spilled)
      add_range(pinned_, sector_of(spilled, blocks_per_sector(io_.block_size())));
  if (!fault(JournalFault::kFreedReused))
    for (const BlockRange& freed : transaction.freed_) add_range(pinned_, freed);
  next_ += staged.inline_blocks();
  if (!fault(JournalFault::kRecordsTouch)) next_ = area_.next_record(next_);
  previous_ = staged.record.head.checksum;
  ++live_records_;
  state_.superblock = transaction.superblock_;
  state_.seal = transaction.seal_;
  state_.slots = std::move(transaction.regions_.raw_slots());
  if (staged.record.chain) set_chain(state_, *staged.record.chain);
  regions_ = RegionTable(state_.slots, static_cast<uint64_t>(state_.superblock.total_blocks),
                         state_.superblock.module_manifest);
}

Result<void> Journal::checkpoint() {
  if (live_records_ == 0) return {};
  if (dead_) return fail(ErrorCode::kIo, "refusing to write after a failed write");
  Result<void> written = write_back();
  if (!written) {
    dead_ = true;
    written.error().code = ErrorCode::kIo;
    written.error().message =
        "the change is committed, but could not be written back from the journal: " +
        written.error().message;
    return written;
  }
  set_base(encode_group(state_, io_.block_size()));
  live_.clear();
  const auto freed = std::exchange(pinned_, {});
  live_records_ = 0;
  previous_ = 0;
  next_ = area_.room().begin;
  if (!fault(JournalFault::kEpochKept)) ++epoch_;
  unsynced_ = false;
  if (!wipes_freed_) return {};
  // Nothing refers to these blocks any more, whatever part of this survives a crash.
  for (const auto& [begin, end] : freed) VDE_TRY(wipe({begin, end}));
  return {};
}

// Records made the rest of these blocks read as never written.
Result<void> Journal::wipe(BlockRange freed) {
  const BlockRange whole = whole_sectors(freed, blocks_per_sector(io_.block_size()));
  if (whole.empty()) return {};
  note_direct_write();
  return io_.file().zero(io_.bytes_of(whole));
}

// Rule 4. A failure here loses nothing: the records still exist.
Result<void> Journal::write_back() {
  BlockBuffer buffer = io_.make_buffer();
  RunWriter writer(io_);
  for (const auto& [number, image] : live_) {
    VDE_TRY(read(number, buffer));
    VDE_TRY(writer.add(number, buffer));
  }
  VDE_TRY(writer.flush());
  // The directory leads to the journal, where the copy of the groups is.
  const BlockRange directory = sector_of(kDirectoryStart, blocks_per_sector(io_.block_size()));
  if (area_.keeps_group() && is_live(directory))
    VDE_TRY(sync_unless(JournalFault::kDirectoryUnsynced, io_.file()));
  const BlockBuffer group = encode_group(state_, io_.block_size());
  VDE_TRY(io_.file().write(kPrimaryGroup * io_.block_size(), group));
  if (fault(JournalFault::kMirrorWithPrimary))
    VDE_TRY(io_.file().write(kMirrorGroup * io_.block_size(), group));
  VDE_TRY(sync_unless(JournalFault::kHomeUnsynced, io_.file()));
  VDE_TRY(io_.file().write(kMirrorGroup * io_.block_size(), group));
  VDE_TRY(sync_unless(JournalFault::kMirrorUnsynced, io_.file()));
  if (fault(JournalFault::kReusedBeforeClean)) return {};
  const uint64_t epoch = epoch_ + (fault(JournalFault::kEpochKept) ? 0 : 1);
  VDE_TRY(write_journal_header(io_, area_, state_.superblock, epoch));
  VDE_TRY(wipe_journal_end(io_, area_, state_.superblock));
  return sync_unless(JournalFault::kHeaderUnsynced, io_.file());
}

}  // namespace vde
