#include "check/foundation/lost_superblock.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "format/feature.h"
#include "format/region/inode.h"
#include "journal/record_scan.h"
#include "probe/slot_guess.h"

namespace vde {
namespace {

using Slots = std::vector<RegionSlot>;

// What the journal's first and last block say.
struct JournalEvidence {
  JournalArea area;
  std::optional<JournalMark> mark;
  bool is_valid = false;    // the first block
  uint32_t generation = 0;  // of the first block, if it is valid: that of the last checkpoint
  WalHeader header;         // of the first block, if it is valid
};

Result<std::optional<JournalEvidence>> read_journal(const BlockIo& io, const Probe& probe) {
  const auto area = find_journal(probe);
  if (!area) return std::optional<JournalEvidence>{};
  JournalEvidence journal;
  journal.area = *area;
  BlockBuffer buffer = io.make_buffer();
  VDE_TRY_ASSIGN(last, io.read(area->last(), buffer));
  journal.mark = decode_journal_mark(last.bytes());
  VDE_TRY_ASSIGN(first, io.read(area->header(), buffer));
  if (const auto mark = decode_journal_mark(first.bytes().subspan(kJournalMarkOffset)))
    journal.mark = mark;
  if (const auto checked = first.check(block_types::kMetadataWal)) {
    journal.is_valid = true;
    journal.generation = checked->trailer().generation;
    journal.header = kWalHeaderLayout.decode(checked->payload());
  }
  return std::optional(journal);
}

// Whether a block of a group is newer: then another program wrote the superblock later.
bool has_newer_block(const Probe& probe, uint32_t generation) {
  for (const GroupProbe* group : {&probe.primary, &probe.mirror})
    for (uint64_t i = 0; i < kGroupBlocks; ++i)
      if (group->blocks[i].is(group_block_type(i)) &&
          group->blocks[i].trailer.generation > generation)
        return true;
  return false;
}

bool is_usable(const Superblock& superblock, const Probe& probe) {
  return check_identity(superblock).has_value() &&
         superblock.block_size == static_cast<int64_t>(probe.block_size) &&
         !has_newer_block(probe, static_cast<uint32_t>(superblock.checkpoint_sequence));
}

// The payload of block 0 with these fields. All other bytes of it are reserved.
BlockBuffer head_of(const Superblock& superblock, const Opaque<32>& seal, uint32_t block_size) {
  BlockBuffer head(payload_size(block_size));
  kSuperblockLayout.encode(superblock, head);
  kHeaderSealLayout.encode({seal}, MutableBytes(head).subspan(header_seal_offset(block_size)));
  return head;
}

LostSuperblock from_record(const RecordHead& head, uint32_t block_size) {
  LostSuperblock found;
  found.head = head_of(kSuperblockLayout.decode(head.superblock), head.seal, block_size);
  return found;
}

// Of the commits that wait in the journal, the last one has the superblock after all of them.
Result<std::optional<LostSuperblock>> from_waiting_commits(const BlockIo& io, Probe probe,
                                                           const JournalEvidence& journal) {
  std::optional<LostSuperblock> none;
  probe.superblock.uuid = journal.mark->uuid;
  auto scan = scan_records(io, journal.area, probe, journal.mark->epoch, LostRecords::kDrop);
  if (!scan && scan.error().code == ErrorCode::kIo) return propagate(scan);
  if (!scan || scan->records.empty()) return none;
  const RecordHead& head = scan->records.back().record.head;
  if (!is_usable(kSuperblockLayout.decode(head.superblock), probe)) return none;
  LostSuperblock found = from_record(head, probe.block_size);
  found.source = "the last commit that waits in the journal";
  found.is_of_waiting_commits = true;
  BlockBuffer buffer = io.make_buffer();
  for (const ScannedRecord& scanned : scan->records)
    for (size_t i = 0; i < scanned.places.size(); ++i) {
      if (scanned.record.entries[i].target != kDirectoryStart) continue;
      VDE_TRY_ASSIGN(block, io.read(scanned.places[i], buffer));
      found.slots = decode_slots(block.unchecked_payload());
    }
  return std::optional(std::move(found));
}

// After a checkpoint, the journal's header has the generation of the superblock that was written.
// The record that made it may still be there.
Result<std::optional<LostSuperblock>> from_checkpointed_commit(const BlockIo& io,
                                                               const Probe& probe,
                                                               const JournalEvidence& journal) {
  std::optional<LostSuperblock> none;
  if (!journal.is_valid) return none;
  uint64_t budget = kRecordReadings * journal.area.used().count();
  for (BlockRange blocks = journal.area.used(); !blocks.empty(); ++blocks.begin) {
    VDE_TRY_ASSIGN(head, record_head_at(io, blocks.begin, blocks.count()));
    if (!head || head->descriptor_blocks > budget) continue;
    budget -= head->descriptor_blocks;
    VDE_TRY_ASSIGN(record, record_at(io, blocks.begin, blocks.count(), journal.mark->uuid));
    if (!record) continue;
    const Superblock superblock = kSuperblockLayout.decode(record->head.superblock);
    if (static_cast<uint32_t>(superblock.checkpoint_sequence) != journal.generation ||
        record->head.epoch >= journal.mark->epoch || !is_usable(superblock, probe))
      continue;
    LostSuperblock found = from_record(record->head, probe.block_size);
    found.source = fmt::format(
        "the commit in block {} of the journal, which has the generation of the last checkpoint",
        blocks.begin);
    return std::optional(std::move(found));
  }
  return none;
}

// A superblock that is put together, and the source of each field.
class FieldSources {
 public:
  FieldSources(const BlockIo& io, const Probe& probe, uint32_t newest,
               const std::optional<JournalEvidence>& journal)
      : io_(io), probe_(probe), slots_(probe.slots), newest_(newest), journal_(journal) {}

  Result<LostSuperblock> find() {
    take_unverified();
    superblock_.block_size = static_cast<int32_t>(probe_.block_size);
    from("block size", "the blocks' trailers");
    take_journal();
    VDE_TRY(take_inode_layout());
    take_manifest();
    take_size();
    take_sequence();
    from("block counts", "the bitmap");
    const std::string rest =
        "label, policies, module configuration, features that no region shows, and names of "
        "writers";
    if (is_unverified_) from(rest, "a superblock whose checksum does not match");
    lost((is_unverified_ ? "what was damaged in " : "") + rest);
    LostSuperblock found;
    found.head = head_of(superblock_, {}, probe_.block_size);
    found.source = fmt::format("field by field: {}", fmt::join(sources_, "; "));
    found.lost = fmt::format("of the superblock, {}", fmt::join(lost_, ", "));
    found.has_uuid = journal_ && journal_->mark;
    found.is_unverified = is_unverified_;
    return found;
  }

 private:
  void from(std::string_view field, std::string_view source) {
    sources_.push_back(fmt::format("{} from {}", field, source));
  }
  void lost(std::string text) { lost_.push_back(std::move(text)); }

  // Fields that nothing else proves are more likely right than their defaults.
  void take_unverified() {
    const Probe& probe = probe_;
    if (probe.superblock_source != SuperblockSource::kUnverified ||
        !check_identity(probe.superblock) ||
        unknown_incompatible_features(probe.superblock.incompatible_features) != 0)
      return;
    is_unverified_ = true;
    superblock_ = probe.superblock;
    // Features that leave a trace are set by it.
    for (const Feature& feature : features())
      if (!feature.regions.empty() || feature.inode_bytes != 0)
        superblock_.module_manifest &= ~(uint32_t{1} << feature.id);
    superblock_.inode_size = 0;
    superblock_.padding = 0;
  }

  void take_journal() {
    if (journal_ && journal_->mark) {
      superblock_.uuid = journal_->mark->uuid;
      from("UUID", "the journal mark");
    } else {
      lost("UUID");
    }
    if (!journal_ || !journal_->is_valid) return lost("times of creation and change");
    superblock_.created = journal_->header.created;
    superblock_.modified = journal_->header.last_checkpoint;
    superblock_.last_writer = journal_->header.last_checkpoint;
    from("times of creation and change", "the journal's header");
  }

  // The layout names the features that add bytes to inodes.
  Result<void> take_inode_layout() {
    const auto slot = std::ranges::find(slots_, block_types::kInodes, &RegionSlot::type);
    std::optional<InodeLayout> layout;
    BlockBuffer buffer = io_.make_buffer();
    if (slot != slots_.end() && slot->start > 0 &&
        static_cast<uint64_t>(slot->start) < probe_.blocks_in_file()) {
      VDE_TRY_ASSIGN(block, io_.read(static_cast<uint64_t>(slot->start), buffer));
      const auto checked = block.check(block_types::kInodes);
      if (checked)
        if (auto decoded = decode_inode_layout(checked->payload())) layout = std::move(*decoded);
    }
    if (!layout) return {};
    for (const InodeModuleField& field : layout->fields)
      if (field.module < 32) superblock_.module_manifest |= uint32_t{1} << field.module;
    superblock_.inode_size = layout->header.inode_size;
    from("inode size", "the inode layout");
    return {};
  }

  // A feature is active if it has all of its regions.
  void take_manifest() {
    superblock_.module_manifest |= manifest_of_slots(slots_);
    from("module manifest", "the regions and the inode layout");
    if (superblock_.inode_size != 0) return;
    superblock_.inode_size = make_inode_layout(superblock_.module_manifest).header.inode_size;
    from("inode size", "the module manifest");
  }

  // The data area, or the last region, ends where the volume does.
  void take_size() {
    uint64_t end = 0;
    for (const RegionSlot& slot : slots_) {
      const auto range = block_range(slot.start, slot.count);
      if (!slot.is_free() && range && range->end <= kMaxBlocks) end = std::max(end, range->end);
    }
    const bool has_data = data_area_slot(slots_, superblock_.module_manifest).has_value();
    if (!has_data) end = std::max(end, probe_.blocks_in_file());
    superblock_.total_blocks = static_cast<int64_t>(end);
    superblock_.expected_file_size = static_cast<int64_t>(end * uint64_t{probe_.block_size});
    from("size", has_data ? "the end of the data area" : "the file's size");
  }

  void take_sequence() {
    uint32_t sequence = newest_;
    for (const GroupProbe* group : {&probe_.primary, &probe_.mirror})
      for (uint64_t i = 0; i < kGroupBlocks; ++i)
        if (group->blocks[i].is(group_block_type(i)))
          sequence = std::max(sequence, group->blocks[i].trailer.generation);
    superblock_.checkpoint_sequence = std::max<uint32_t>(sequence, 1);
    from("checkpoint sequence", "the highest generation of a block");
  }

  const BlockIo& io_;
  const Probe& probe_;
  const Slots& slots_;
  uint32_t newest_;  // generation of a block
  const std::optional<JournalEvidence>& journal_;
  Superblock superblock_;
  bool is_unverified_ = false;  // it has fields of one whose checksum does not match
  std::vector<std::string> sources_;
  std::vector<std::string> lost_;
};

}  // namespace

Result<LostSuperblock> superblock_of_fields(const BlockIo& io, const Probe& probe,
                                            uint32_t newest_generation) {
  VDE_TRY_ASSIGN(journal, read_journal(io, probe));
  return FieldSources(io, probe, newest_generation, journal).find();
}

Result<LostSuperblock> find_lost_superblock(const FoundationRepair& repair, const Slots& slots,
                                            std::optional<BlockSurvey>& survey) {
  Probe probe = repair.probe();
  probe.slots = slots;
  VDE_TRY_ASSIGN(journal, read_journal(repair.io(), probe));
  if (journal && journal->mark) {
    VDE_TRY_ASSIGN(waiting, from_waiting_commits(repair.io(), probe, *journal));
    if (waiting) return std::move(*waiting);
    VDE_TRY_ASSIGN(checkpointed, from_checkpointed_commit(repair.io(), probe, *journal));
    if (checkpointed) return std::move(*checkpointed);
  }
  if (!survey) {
    VDE_TRY_ASSIGN(made, BlockSurvey::make(repair));
    survey = std::move(made);
  }
  return FieldSources(repair.io(), probe, survey->highest_generation(), journal).find();
}

}  // namespace vde
