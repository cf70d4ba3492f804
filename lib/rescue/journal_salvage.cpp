#include "rescue/journal_salvage.h"

#include <algorithm>

#include "format/region/wal_header.h"
#include "journal/metadata_chain.h"
#include "journal/record_scan.h"
#include "probe/group.h"
#include "rescue/fixed_blocks.h"

namespace vde {
namespace {

class Remains {
 public:
  Remains(const BlockIo& io, const BlockRuns& found) : io_(io), buffer_(io.make_buffer()) {
    for (const BlockRun& run : found.runs)
      if (run.type == block_types::kMetadataWal) budget_ += kRecordReadings * run.valid;
  }

  Result<void> add(uint64_t number) {
    VDE_TRY_ASSIGN(block, io_.read(number, buffer_));
    if (!block.check(block_types::kMetadataWal)) return {};
    const Bytes payload = block.unchecked_payload();
    if (const auto mark = decode_journal_mark(payload.subspan(kJournalMarkOffset))) {
      if (!remains_.mark || mark->epoch > remains_.mark->epoch) {
        remains_.mark = mark;
        remains_.mark_block = number;
      }
    }
    const auto head = peek_record(payload, UINT64_MAX);
    if (!head || head->descriptor_blocks > budget_) return {};
    budget_ -= head->descriptor_blocks;
    return add_record(number, *head);
  }

  JournalRemains take() { return std::move(remains_); }

 private:
  Result<void> add_record(uint64_t number, const RecordHead& head) {
    const Superblock superblock = kSuperblockLayout.decode(head.superblock);
    if (!check_identity(superblock) ||
        superblock.block_size != static_cast<int64_t>(io_.block_size()))
      return {};
    std::vector<uint8_t> stream;
    for (uint64_t i = 0; i < head.descriptor_blocks; ++i) {
      const auto block = io_.read_checked(number + i, block_types::kMetadataWal, buffer_);
      if (!block) return {};
      stream.insert(stream.end(), block->payload().begin(), block->payload().end());
    }
    auto record = decode_record(stream, superblock.uuid);
    if (!record || (remains_.newest && !is_newer(*record, *remains_.newest))) return {};
    remains_.newest = std::move(record);
    remains_.block = number;
    return {};
  }

  static bool is_newer(const JournalRecord& one, const JournalRecord& other) {
    return kSuperblockLayout.decode(one.head.superblock).checkpoint_sequence >
           kSuperblockLayout.decode(other.head.superblock).checkpoint_sequence;
  }

  const BlockIo& io_;
  BlockBuffer buffer_;
  uint64_t budget_ = 0;  // blocks that may be read for records
  JournalRemains remains_;
};

// Writes the after-images of a record to their home locations, and its superblock to `state`.
Result<void> apply_record(const BlockIo& io, const ScannedRecord& scanned, GroupState& state) {
  BlockBuffer buffer = io.make_buffer();
  for (size_t i = 0; i < scanned.record.entries.size(); ++i) {
    const uint64_t target = scanned.record.entries[i].target;
    if (scanned.record.entries[i].is_hole()) {
      VDE_TRY(io.file().zero(io.bytes_of({target, target + 1})));
      continue;
    }
    VDE_TRY_ASSIGN(block, io.read(scanned.places[i], buffer));
    if (target == kDirectoryStart) state.slots = decode_slots(block.unchecked_payload());
    VDE_TRY(io.file().write(target * io.block_size(), block.bytes()));
  }
  state.superblock = kSuperblockLayout.decode(scanned.record.head.superblock);
  state.seal = {scanned.record.head.seal};
  if (scanned.record.chain) set_chain(state, *scanned.record.chain);
  return {};
}

}  // namespace

Result<JournalRemains> find_journal_remains(const BlockIo& io, const BlockRuns& found,
                                            const Activity& activity) {
  Remains remains(io, found);
  for (const BlockRun& run : found.runs) {
    if (run.type != block_types::kMetadataWal) continue;
    for (uint64_t number = run.blocks.begin; number < run.blocks.end; ++number) {
      if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY(remains.add(number));
    }
  }
  return remains.take();
}

Result<uint64_t> apply_waiting_commits(const BlockIo& io) {
  VDE_TRY_ASSIGN(probe, probe_to_judge(io.file()));
  const auto area = find_journal(probe);
  if (!area || !probe.has_group()) return uint64_t{0};
  VDE_TRY_ASSIGN(header, read_journal_header(io, *area, probe.superblock.uuid));
  const bool ours = header.kind == HeaderKind::kOurs;
  if (!ours && !header.last_marked) return uint64_t{0};
  const uint64_t epoch = ours ? header.epoch : header.last_epoch;
  VDE_TRY_ASSIGN(scan, scan_records(io, *area, probe, epoch, LostRecords::kDrop));
  if (scan.records.empty()) return uint64_t{0};
  GroupState state = decode_group(probe.group());
  for (const ScannedRecord& record : scan.records) VDE_TRY(apply_record(io, record, state));
  VDE_TRY(write_fixed_blocks(io, state));
  VDE_TRY(write_journal_header(io, *area, state.superblock, epoch + 1));
  VDE_TRY(wipe_journal_end(io, *area, state.superblock));
  return scan.records.size();
}

}  // namespace vde
