#include "journal/journal.h"

#include <fmt/format.h>

#include <algorithm>

#include "io/run_writer.h"
#include "journal/faults.h"

namespace vde {

struct Journal::Staged {
  JournalRecord record;
  std::vector<BlockBuffer> after_images;  // of the entries, in order, with valid trailers
  uint64_t descriptor_blocks = 0;
  std::vector<uint64_t> spilled;

  [[nodiscard]] uint64_t inline_blocks() const {
    return descriptor_blocks + (spilled.empty() ? after_images.size() : 0);
  }
};

namespace {

// Checks that the region tables agree, as writers need it.
Result<void> check_tables(const Probe& probe) {
  if (probe.superblock_source != SuperblockSource::kGroup)
    return fail(ErrorCode::kDamaged, "no superblock group is intact", kRunRepair);
  if (!probe.directory.whole || decode_slots(probe.directory.blocks[0].payload()) != probe.slots)
    return fail_at(kDirectoryStart, ErrorCode::kDamaged,
                   "the region directory is damaged or disagrees with the pointer table",
                   kRunRepair);
  return {};
}

// Writes vdetool's mark to a header without it, durably, before any record is written.
Result<uint64_t> adopt_header(const BlockIo& io, const JournalArea& area,
                              const Superblock& superblock) {
  VDE_TRY_ASSIGN(highest, highest_epoch(io, area.records()));
  VDE_TRY(write_journal_header(io, area, superblock, highest + 1));
  VDE_TRY(sync_unless(JournalFault::kAdoptionUnsynced, io.file()));
  return highest + 1;
}

// Makes both groups equal before anything depends on one of them: recovery treats a third content
// as another program's.
Result<void> heal_groups(const BlockIo& io, const Probe& probe) {
  const bool same = probe.primary.whole && probe.mirror.whole &&
                    group_bytes(probe.primary) == group_bytes(probe.mirror);
  if (same) return {};
  // Of two checkpoints the later one counts. If both groups have the same sequence, it is unclear
  // which one is right.
  if (probe.primary.whole && probe.mirror.whole &&
      probe.primary.superblock->checkpoint_sequence == probe.mirror.superblock->checkpoint_sequence)
    return fail_at(kMirrorGroup, ErrorCode::kDamaged,
                   "the superblock groups have the same sequence but differ", kRunRepair);
  const bool use_primary = probe.superblock_block == kPrimaryGroup;
  const BlockBuffer good = group_bytes(use_primary ? probe.primary : probe.mirror);
  VDE_TRY(io.file().write((use_primary ? kMirrorGroup : kPrimaryGroup) * io.block_size(), good));
  return sync_unless(JournalFault::kHealingUnsynced, io.file());
}

}  // namespace

Journal::Journal(const BlockIo& io, JournalArea area, const GroupProbe& group, uint64_t epoch)
    : io_(io),
      area_(area),
      state_(decode_group(group)),
      regions_(state_.slots, static_cast<uint64_t>(state_.superblock.total_blocks),
               state_.superblock.module_manifest),
      epoch_(epoch),
      next_(area.records().begin) {
  set_base(group_bytes(group));
}

// `group` is stored as it is on disk: encoding may not preserve bytes outside of known fields.
void Journal::set_base(const BlockBuffer& group) {
  base_sequence_ = state_.superblock.checkpoint_sequence;
  base_hash_ = group_hash(group, io_.block_size());
}

Result<std::unique_ptr<Journal>> Journal::open(BlockFile& file, const Probe& found,
                                               const RecoveryPlan& plan) {
  const BlockIo io(file, found.block_size);
  if (plan.header.lost)
    return fail_at(plan.area.header(), ErrorCode::kDamaged, "the journal's header is all zero",
                   kRunRepair);
  if (plan.header.misplaced)
    return fail_at(plan.area.header(), ErrorCode::kDamaged,
                   "another block is in the place of the journal's header", kRunRepair);
  VDE_TRY_ASSIGN(recovered_epoch, apply_recovery(io, found, plan));
  std::optional<Probe> recovered;
  if (plan.needs_reset) {
    VDE_TRY_ASSIGN(again, probe_to_judge(file));
    recovered = std::move(again);
  }
  const Probe& probe = recovered ? *recovered : found;
  VDE_TRY(check_tables(probe));
  VDE_TRY(heal_groups(io, probe));
  const GroupProbe& group = probe.superblock_block == kPrimaryGroup ? probe.primary : probe.mirror;
  std::unique_ptr<Journal> journal(new Journal(io, plan.area, group, recovered_epoch));
  journal->unmarked_ = plan.header.kind == HeaderKind::kForeign;
  return journal;
}

// Done only now: a session that commits nothing does not change another program's header.
Result<void> Journal::mark_header() {
  if (!unmarked_) return {};
  VDE_TRY_ASSIGN(adopted, adopt_header(io_, area_, state_.superblock));
  epoch_ = adopted;
  unmarked_ = false;
  return {};
}

Result<UncheckedBlock> Journal::read(uint64_t number, MutableBytes buffer) const {
  const auto found = live_.find(number);
  if (found == live_.end()) return io_.read(number, buffer);
  if (found->second.bytes.empty()) {
    VDE_TRY(io_.read(found->second.place, buffer));
  } else {
    std::copy(found->second.bytes.begin(), found->second.bytes.end(), buffer.begin());
  }
  return UncheckedBlock(number, buffer.first(io_.block_size()));
}

std::unique_ptr<OverlayFile> Journal::committed_view() const {
  const uint32_t block_size = io_.block_size();
  auto view = std::make_unique<OverlayFile>(io_.file(), block_size);
  for (const auto& [target, image] : live_)
    view->redirect(target * block_size, image.place * block_size);
  return view;
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
  VDE_TRY(plan_record(transaction, spare_blocks, staged));
  VDE_TRY(mark_header());
  VDE_TRY(prepare(transaction, staged));
  VDE_TRY(make_room(staged));
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
  const uint64_t images = transaction.staged_.size();
  const uint64_t room = area_.used().count();
  staged.descriptor_blocks = record_descriptor_blocks(images, io_.block_size());
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
    vde::write_trailer(block.bytes, block.type, transaction.generation());
    const Trailer after = kTrailerLayout.decode(Bytes(block.bytes).last(kTrailerSize));
    staged.record.entries.push_back({number, 0, block.before, after});
    staged.after_images.push_back(std::move(block.bytes));
  }
  transaction.staged_.clear();
  RecordHead& head = staged.record.head;
  kSuperblockLayout.encode(transaction.superblock_, head.superblock);
  head.seal = transaction.seal_.header_seal;
  return {};
}

Result<void> Journal::make_room(Staged& staged) {
  for (size_t i = 0; i < staged.spilled.size(); ++i) {
    note_direct_write();
    VDE_TRY(io_.file().write(staged.spilled[i] * io_.block_size(), staged.after_images[i]));
    staged.record.entries[i].place = staged.spilled[i];
  }
  if (next_ + staged.inline_blocks() > area_.used().end) VDE_TRY(checkpoint());
  return {};
}

// Rule 8. A block that was written has its space in the file, unless it has several pages: pages of
// zeros may have become holes since. All other blocks need space.
Result<void> Journal::allocate_space(const Staged& staged) {
  if (!space_taken_) {
    const BlockRange used{area_.header(), area_.used().end};
    VDE_TRY(io_.file().allocate(io_.bytes_of(used)));
    VDE_TRY(io_.file().allocate(io_.bytes_of({area_.last(), area_.region.end})));
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
  if (live_records_ == 0) VDE_TRY(write_journal_end(io_, area_, state_.superblock, epoch_));
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
  for (size_t i = 0; i < staged.after_images.size(); ++i) {
    const RecordEntry& entry = staged.record.entries[i];
    live_[entry.target] = staged.spilled.empty() ? AfterImage{std::move(staged.after_images[i]),
                                                              next_ + staged.descriptor_blocks + i}
                                                 : AfterImage{{}, entry.place};
  }
  if (!fault(JournalFault::kPlacesReused))
    for (const uint64_t place : staged.spilled) pin({place, place + 1});
  if (!fault(JournalFault::kFreedReused))
    for (const BlockRange& freed : transaction.freed_) pin(freed);
  next_ += staged.inline_blocks();
  previous_ = staged.record.head.checksum;
  ++live_records_;
  state_.superblock = transaction.superblock_;
  state_.seal = transaction.seal_;
  state_.slots = std::move(transaction.regions_.raw_slots());
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
  next_ = area_.records().begin;
  if (!fault(JournalFault::kEpochKept)) ++epoch_;
  unsynced_ = false;
  if (!wipes_freed_) return {};
  // Nothing refers to these blocks any more, whatever part of this survives a crash.
  for (const auto& [begin, end] : freed) {
    note_direct_write();
    VDE_TRY(io_.file().zero(io_.bytes_of({begin, end})));
  }
  return {};
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
  VDE_TRY(write_journal_end(io_, area_, state_.superblock, std::nullopt));
  return sync_unless(JournalFault::kHeaderUnsynced, io_.file());
}

// Keeps the ranges disjoint. They touch or overlap if a block is freed twice.
void Journal::pin(BlockRange blocks) {
  auto next = pinned_.upper_bound(blocks.begin);
  if (next != pinned_.begin()) {
    const auto before = std::prev(next);
    if (before->second >= blocks.begin) {
      blocks.begin = before->first;
      blocks.end = std::max(blocks.end, before->second);
      pinned_.erase(before);
    }
  }
  while (next != pinned_.end() && next->first <= blocks.end) {
    blocks.end = std::max(blocks.end, next->second);
    next = pinned_.erase(next);
  }
  pinned_[blocks.begin] = blocks.end;
}

}  // namespace vde
