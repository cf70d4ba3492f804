// The first 83 bytes of a write-ahead log region: MWAL (metadata) and DWAL (data). All bytes after
// them belong to the journal.
#pragma once

#include "format/field.h"

namespace vde {

enum WalType : uint8_t { kWalMetadata = 0, kWalData = 1 };

struct WalHeader {
  uint8_t type = kWalMetadata;
  uint8_t reserved = 0;
  uint32_t version = 1;
  int64_t sequence_start = 0;
  int64_t sequence_end = 0;
  int64_t head_offset = 0;  // unused
  int64_t tail_offset = 0;  // offset in the file where the writer would continue, in bytes
  int64_t total_entries = 0;
  int64_t max_blocks = 0;  // size of the region
  int64_t used_blocks = 1;
  Ticks created;
  Ticks last_checkpoint;
  uint32_t checkpoint_interval = 1024;
  uint8_t clean = 1;  // 0 = there may be unapplied records

  bool operator==(const WalHeader&) const = default;
};

inline constexpr Layout kWalHeaderLayout(
    "write-ahead log", field(0, "type", &WalHeader::type),
    field(1, "reserved", &WalHeader::reserved), field(2, "version", &WalHeader::version),
    field(6, "sequence_start", &WalHeader::sequence_start),
    field(14, "sequence_end", &WalHeader::sequence_end),
    field(22, "head_offset", &WalHeader::head_offset),
    field(30, "tail_offset", &WalHeader::tail_offset),
    field(38, "total_entries", &WalHeader::total_entries),
    field(46, "max_blocks", &WalHeader::max_blocks),
    field(54, "used_blocks", &WalHeader::used_blocks),
    field(62, "created_ticks", &WalHeader::created),
    field(70, "last_checkpoint_ticks", &WalHeader::last_checkpoint),
    field(78, "checkpoint_interval", &WalHeader::checkpoint_interval),
    field(82, "clean", &WalHeader::clean));
static_assert(kWalHeaderLayout.covers(83));

// The header of a new MWAL region of `max_blocks` blocks, created at `now`.
[[nodiscard]] inline WalHeader fresh_wal_header(int64_t max_blocks, Ticks now) {
  WalHeader header;
  header.max_blocks = max_blocks;
  header.created = now;
  header.last_checkpoint = now;
  return header;
}

}  // namespace vde
