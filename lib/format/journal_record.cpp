#include "format/journal_record.h"

#include <xxhash.h>

#include <algorithm>

namespace vde {
namespace {

constexpr uint32_t kMarkHashOffset = 32;
constexpr uint32_t kRecordChecksumOffset = 392;

// The seed keeps a record from matching another volume or another epoch.
uint64_t record_checksum(Bytes stream, const Guid& uuid, uint64_t epoch) {
  return XXH64(stream.data(), stream.size(), XXH64(uuid.bytes.data(), uuid.bytes.size(), epoch));
}

void encode_entry(const RecordEntry& entry, MutableBytes bytes) {
  store_le(bytes, 0, entry.target);
  store_le(bytes, 8, entry.place);
  kTrailerLayout.encode(entry.before, bytes.subspan(16, kTrailerSize));
  kTrailerLayout.encode(entry.after, bytes.subspan(32, kTrailerSize));
}

RecordEntry decode_entry(Bytes bytes) {
  return {load_le<uint64_t>(bytes, 0), load_le<uint64_t>(bytes, 8),
          kTrailerLayout.decode(bytes.subspan(16, kTrailerSize)),
          kTrailerLayout.decode(bytes.subspan(32, kTrailerSize))};
}

void encode_chain(const ChainRenewal& chain, MutableBytes bytes) {
  store_le(bytes, 0, kRecordAnchor);
  store_le(bytes, 8, static_cast<uint64_t>(chain.generation));
  std::ranges::copy(chain.hash, bytes.subspan(16).begin());
}

std::optional<ChainRenewal> decode_chain(Bytes bytes) {
  ChainRenewal chain;
  chain.generation = load_le<int64_t>(bytes, 8);
  if (load_le<uint64_t>(bytes, 0) != kRecordAnchor || chain.generation < 1) return std::nullopt;
  std::ranges::copy(bytes.subspan(16, chain.hash.size()), chain.hash.begin());
  return chain;
}

uint64_t stream_size(uint64_t entries) {
  return kRecordHeadLayout.size() + entries * kRecordEntrySize;
}

}  // namespace

void encode_journal_mark(JournalMark mark, MutableBytes bytes) {
  kJournalMarkLayout.encode(mark, bytes);
  mark.hash = checksum(bytes.first(kMarkHashOffset));
  kJournalMarkLayout.encode(mark, bytes);
}

std::optional<JournalMark> decode_journal_mark(Bytes bytes) {
  const JournalMark mark = kJournalMarkLayout.decode(bytes);
  if (mark.mark != JournalMark{}.mark || mark.hash != checksum(bytes.first(kMarkHashOffset)))
    return std::nullopt;
  return mark;
}

uint64_t record_descriptor_blocks(uint64_t entries, uint32_t block_size) {
  const uint64_t payload = payload_size(block_size);
  return (stream_size(entries) + payload - 1) / payload;
}

std::vector<uint8_t> encode_record(JournalRecord& record, const Guid& uuid, uint32_t block_size,
                                   uint32_t generation) {
  RecordHead& head = record.head;
  const size_t entries = record.entries.size() + (record.chain ? 1 : 0);
  head.entry_count = static_cast<uint32_t>(entries);
  head.descriptor_blocks = static_cast<uint32_t>(record_descriptor_blocks(entries, block_size));
  head.inline_images = static_cast<uint32_t>(
      std::count_if(record.entries.begin(), record.entries.end(),
                    [](const RecordEntry& entry) { return entry.place == 0; }));
  head.checksum = 0;
  std::vector<uint8_t> stream(stream_size(entries));
  kRecordHeadLayout.encode(head, stream);
  for (size_t i = 0; i < record.entries.size(); ++i)
    encode_entry(record.entries[i], MutableBytes(stream).subspan(stream_size(i), kRecordEntrySize));
  if (record.chain) encode_chain(*record.chain, MutableBytes(stream).last(kRecordEntrySize));
  head.checksum = record_checksum(stream, uuid, head.epoch);
  store_le(MutableBytes(stream), kRecordChecksumOffset, head.checksum);

  std::vector<uint8_t> blocks(size_t{head.descriptor_blocks} * block_size);
  const size_t payload = payload_size(block_size);
  for (size_t i = 0; i < head.descriptor_blocks; ++i) {
    const MutableBytes block = MutableBytes(blocks).subspan(i * block_size, block_size);
    const size_t count = std::min(payload, stream.size() - i * payload);
    std::copy_n(stream.begin() + static_cast<ptrdiff_t>(i * payload), count, block.begin());
    write_trailer(block, block_types::kMetadataWal, generation);
  }
  return blocks;
}

std::optional<RecordHead> peek_record(Bytes first_payload, uint64_t max) {
  const auto block_size = static_cast<uint32_t>(first_payload.size()) + kTrailerSize;
  const RecordHead head = kRecordHeadLayout.decode(first_payload);
  if (head.mark != RecordHead{}.mark) return std::nullopt;
  if (head.descriptor_blocks != record_descriptor_blocks(head.entry_count, block_size))
    return std::nullopt;
  if (head.inline_images > head.entry_count) return std::nullopt;
  if (uint64_t{head.descriptor_blocks} + head.inline_images > max) return std::nullopt;
  return head;
}

std::optional<JournalRecord> decode_record(Bytes stream, const Guid& uuid) {
  JournalRecord record;
  record.head = kRecordHeadLayout.decode(stream);
  const uint64_t size = stream_size(record.head.entry_count);
  if (size > stream.size()) return std::nullopt;
  std::vector<uint8_t> covered(stream.begin(), stream.begin() + static_cast<ptrdiff_t>(size));
  store_le<uint64_t>(MutableBytes(covered), kRecordChecksumOffset, 0);
  if (record_checksum(covered, uuid, record.head.epoch) != record.head.checksum)
    return std::nullopt;
  size_t entries = record.head.entry_count;
  if (entries > 0) record.chain = decode_chain(stream.subspan(stream_size(entries - 1)));
  if (record.chain) --entries;
  for (size_t i = 0; i < entries; ++i)
    record.entries.push_back(decode_entry(stream.subspan(stream_size(i), kRecordEntrySize)));
  return record;
}

}  // namespace vde
