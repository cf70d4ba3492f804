#include "journal/record_scan.h"

#include <fmt/format.h>

namespace vde {
namespace {

// The head in block `at`, if the block is sealed and starts a record of at most `most` blocks.
std::optional<RecordHead> head_at(const BlockIo& io, uint64_t at, uint64_t most) {
  BlockBuffer buffer = io.make_buffer();
  const auto block = io.read_checked(at, tags::kMetadataWal, buffer);
  return block ? peek_record(block->payload(), most) : std::nullopt;
}

// The record that starts in block `at`, its checksum verified, its images not.
std::optional<JournalRecord> record_at(const BlockIo& io, uint64_t at, uint64_t most,
                                       const Guid& uuid) {
  const auto head = head_at(io, at, most);
  if (!head) return std::nullopt;
  BlockBuffer buffer = io.make_buffer();
  std::vector<uint8_t> stream;
  for (uint64_t i = 0; i < head->meta_blocks; ++i) {
    const auto block = io.read_checked(at + i, tags::kMetadataWal, buffer);
    if (!block) return std::nullopt;
    stream.insert(stream.end(), block->payload().begin(), block->payload().end());
  }
  return decode_record(stream, uuid);
}

// Where the images of the record in `at` lie, if all of them are intact.
std::optional<std::vector<uint64_t>> find_images(const BlockIo& io, uint64_t at,
                                                 const JournalRecord& record,
                                                 uint64_t blocks_in_volume) {
  std::vector<uint64_t> places;
  uint64_t next_inline = at + record.head.meta_blocks;
  const uint64_t end_inline = next_inline + record.head.inline_images;
  BlockBuffer buffer = io.make_buffer();
  for (const RecordEntry& entry : record.entries) {
    const uint64_t place = entry.place == 0 ? next_inline++ : entry.place;
    const bool in_bounds = entry.place == 0 ? place < end_inline : place < blocks_in_volume;
    if (!in_bounds || entry.target >= blocks_in_volume) return std::nullopt;
    const auto block = io.read(place, buffer);
    if (!block || block->state() != BlockState::kSealed ||
        block->unchecked_trailer() != entry.after)
      return std::nullopt;
    places.push_back(place);
  }
  return places;
}

Result<void> refuse_later_records(const BlockIo& io, const JournalArea& area, const Guid& uuid,
                                  uint64_t from, uint64_t epoch, uint64_t intact) {
  for (uint64_t at = from; at < area.records().end; ++at) {
    const auto head = head_at(io, at, area.records().end - at);
    if (!head || head->epoch != epoch || head->index <= intact + 1) continue;
    if (!record_at(io, at, area.records().end - at, uuid)) continue;
    return fail_at(from, ErrorCode::kDamaged,
                   fmt::format("the journal's record {} is damaged, but record {} behind it is "
                               "intact: a commit is lost",
                               intact + 1, head->index),
                   "keep a copy of the image and run 'vdetool verify'");
  }
  return {};
}

}  // namespace

std::optional<RecordHead> first_record(const BlockIo& io, const JournalArea& area,
                                       const Guid& uuid) {
  const BlockRange records = area.records();
  const auto record = record_at(io, records.begin, records.count(), uuid);
  return record ? std::optional(record->head) : std::nullopt;
}

Result<RecordScan> scan_records(const BlockIo& io, const JournalArea& area, const Guid& uuid,
                                uint64_t epoch, uint64_t blocks_in_volume) {
  RecordScan scan;
  uint64_t at = area.records().begin;
  uint64_t previous = 0;
  while (at < area.records().end) {
    auto record = record_at(io, at, area.records().end - at, uuid);
    if (!record || record->head.epoch != epoch || record->head.index != scan.records.size() + 1 ||
        record->head.previous != previous)
      break;
    auto places = find_images(io, at, *record, blocks_in_volume);
    if (!places) break;
    previous = record->head.checksum;
    at += uint64_t{record->head.meta_blocks} + record->head.inline_images;
    scan.records.push_back({std::move(*record), std::move(*places)});
  }
  VDE_TRY(refuse_later_records(io, area, uuid, at, epoch, scan.records.size()));
  return scan;
}

}  // namespace vde
