#include "journal/record_scan.h"

#include <fmt/format.h>

#include "journal/replay_rules.h"

namespace vde {

// A block that cannot be read is an error here, never treated as missing: it may hold a commit.

Result<std::optional<RecordHead>> record_head_at(const BlockIo& io, uint64_t at, uint64_t max) {
  BlockBuffer buffer = io.make_buffer();
  VDE_TRY_ASSIGN(block, io.read(at, buffer));
  // Most blocks hold after-images or nothing; they can be excluded without a checksum.
  auto head = peek_record(block.unchecked_payload(), max);
  if (head && !block.check(block_types::kMetadataWal)) head.reset();
  return head;
}

namespace {

using Places = std::vector<uint64_t>;

// Finds the after-images of the record in `at`. Nothing if an inline one is damaged, as in an
// unfinished record. The others were durable before the record's first byte was written: kDamaged
// if one of them is damaged.
Result<std::optional<Places>> find_after_images(const BlockIo& io, uint64_t at,
                                                const JournalRecord& record,
                                                uint64_t blocks_in_file) {
  Places places;
  uint64_t next_inline = at + record.head.descriptor_blocks;
  const uint64_t end_inline = next_inline + record.head.inline_images;
  BlockBuffer buffer = io.make_buffer();
  for (const RecordEntry& entry : record.entries) {
    if (entry.is_hole()) {
      places.push_back(entry.target);
      continue;
    }
    const bool is_inline = entry.place == 0;
    const uint64_t place = is_inline ? next_inline++ : entry.place;
    const bool in_bounds = place < (is_inline ? end_inline : blocks_in_file);
    bool intact = in_bounds;
    if (intact) {
      VDE_TRY_ASSIGN(block, io.read(place, buffer));
      intact = block.state() == BlockState::kValid && block.unchecked_trailer() == entry.after;
    }
    if (!intact && is_inline) return std::optional<Places>{};
    if (!intact)
      return fail_at(
          in_bounds ? place : at, ErrorCode::kDamaged,
          fmt::format("a commit in the journal cannot be applied: block {}, which holds a "
                      "part of it, was overwritten or is damaged",
                      place),
          "copy the image first, then run 'vdetool verify IMAGE'");
    places.push_back(place);
  }
  return std::optional(std::move(places));
}

// Skips holes: a region may be far larger than its written part. False record headers must not cost
// more than a few readings of the whole journal.
Result<void> refuse_later_records(const BlockIo& io, const JournalArea& area, const Guid& uuid,
                                  uint64_t from, uint64_t epoch, uint64_t intact) {
  const uint64_t end = area.records().end;
  uint64_t read = 0;
  for (uint64_t at = from; at < end; ++at) {
    VDE_TRY_ASSIGN(data, io.file().next_data(io.bytes_of({at, end})));
    if (data.empty()) break;
    at = data.begin / io.block_size();
    VDE_TRY_ASSIGN(head, record_head_at(io, at, end - at));
    if (!head || head->epoch != epoch || head->index <= intact + 1) continue;
    read += head->descriptor_blocks;
    if (read > kRecordReadings * area.records().count())
      return fail_at(from, ErrorCode::kDamaged, "the journal is full of damaged records",
                     "copy the image first, then run 'vdetool verify IMAGE'");
    VDE_TRY_ASSIGN(record, record_at(io, at, end - at, uuid));
    if (!record) continue;
    return fail_at(
        from, ErrorCode::kDamaged,
        fmt::format("record {} of the journal is damaged, but the later record {} is intact, "
                    "so a commit is lost",
                    intact + 1, head->index),
        "copy the image first, then run 'vdetool verify IMAGE'");
  }
  return {};
}

}  // namespace

Result<std::optional<JournalRecord>> record_at(const BlockIo& io, uint64_t at, uint64_t max,
                                               const Guid& uuid) {
  std::optional<JournalRecord> none;
  VDE_TRY_ASSIGN(head, record_head_at(io, at, max));
  if (!head) return none;
  BlockBuffer buffer = io.make_buffer();
  std::vector<uint8_t> stream;
  for (uint64_t i = 0; i < head->descriptor_blocks; ++i) {
    auto block = io.read_checked(at + i, block_types::kMetadataWal, buffer);
    if (!block && block.error().code == ErrorCode::kIo) return propagate(block);
    if (!block) return none;
    stream.insert(stream.end(), block->payload().begin(), block->payload().end());
  }
  return decode_record(stream, uuid);
}

namespace {

// The record at `at` if it continues the chain. Versions that did not know of sectors let each
// record begin where the one before it ends.
Result<std::optional<JournalRecord>> next_in_chain(const BlockIo& io, const JournalArea& area,
                                                   const Guid& uuid, uint64_t& at,
                                                   const RecordHead& wanted) {
  const uint64_t own_sector = area.next_record(at);
  for (const uint64_t start : {at, own_sector}) {
    if (start >= area.records().end) break;
    VDE_TRY_ASSIGN(record, record_at(io, start, area.records().end - start, uuid));
    if (record && record->head.epoch == wanted.epoch && record->head.index == wanted.index &&
        record->head.previous == wanted.previous) {
      at = start;
      return record;
    }
    if (start == own_sector) break;
  }
  return std::optional<JournalRecord>{};
}

}  // namespace

Result<RecordScan> scan_records(const BlockIo& io, const JournalArea& area, const Probe& probe,
                                uint64_t epoch, LostRecords lost) {
  const Guid& uuid = probe.superblock.uuid;
  RecordScan scan;
  ReplayRules rules(io, area, probe);
  uint64_t at = scan.end = area.records().begin;
  RecordHead wanted;
  wanted.epoch = epoch;
  wanted.index = 1;
  while (at < area.records().end) {
    VDE_TRY_ASSIGN(record, next_in_chain(io, area, uuid, at, wanted));
    if (!record) break;
    auto found = find_after_images(io, at, *record, probe.blocks_in_file());
    if (found && *found) {
      Result<void> admitted = rules.admit(at, *record, **found);
      if (!admitted) found = propagate(admitted);
    }
    const bool damaged = !found && found.error().code == ErrorCode::kDamaged;
    if (damaged && lost == LostRecords::kDrop) return scan;
    VDE_TRY_ASSIGN(places, std::move(found));
    if (!places) break;
    wanted.previous = record->head.checksum;
    ++wanted.index;
    scan.end = at += uint64_t{record->head.descriptor_blocks} + record->head.inline_images;
    scan.records.push_back({std::move(*record), std::move(*places)});
  }
  if (lost == LostRecords::kRefuse)
    VDE_TRY(refuse_later_records(io, area, uuid, at, epoch, scan.records.size()));
  return scan;
}

// False record headers must not cost more than a few readings of the journal.
Result<std::vector<Replacement>> list_replacements(const BlockIo& io, const JournalArea& area,
                                                   const Guid& uuid) {
  std::vector<Replacement> replacements;
  const uint64_t end = area.used().end;
  uint64_t budget = kRecordReadings * area.used().count();
  VDE_TRY_ASSIGN(blocks_in_file, io.blocks_in_file());
  for (uint64_t at = area.used().begin; at < end; ++at) {
    VDE_TRY_ASSIGN(data, io.file().next_data(io.bytes_of({at, end})));
    if (data.empty()) break;
    at = data.begin / io.block_size();
    VDE_TRY_ASSIGN(head, record_head_at(io, at, end - at));
    if (!head) continue;
    const uint64_t cost = uint64_t{head->descriptor_blocks} + head->entry_count;
    if (cost > budget) break;
    budget -= cost;
    VDE_TRY_ASSIGN(record, record_at(io, at, end - at, uuid));
    if (!record) continue;
    auto places = find_after_images(io, at, *record, blocks_in_file);
    if (!places && places.error().code == ErrorCode::kIo) return propagate(places);
    if (!places || !*places) continue;
    for (size_t i = 0; i < record->entries.size(); ++i) {
      const RecordEntry& entry = record->entries[i];
      if (entry.is_hole()) continue;
      replacements.push_back({entry.target, (**places)[i], entry.before, entry.after});
    }
  }
  return replacements;
}

}  // namespace vde
