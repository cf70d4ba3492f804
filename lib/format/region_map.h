// The locations of the regions. The pointer table (block 1 of a group, RMAP) and the directory
// (blocks 8 and 9, RMAP) hold the same slots.
#pragma once

#include <optional>
#include <vector>

#include "format/block.h"

namespace vde {

inline constexpr uint32_t kMaxSlots = 127;

enum RegionFlag : uint32_t {
  kRegionActive = 1,
  kRegionEncrypted = 2,
  kRegionCompressed = 4,
  kRegionWorm = 8,
  kRegionReadOnly = 16,
  kRegionMigrating = 32,
};

struct RegionSlot {
  BlockType type;
  uint32_t flags = 0;
  int64_t start = 0;  // first block
  int64_t count = 0;  // blocks
  int64_t used = 0;   // blocks in use; only a hint

  [[nodiscard]] bool is_free() const { return flags == 0 && type == BlockType{}; }
  // The content can be read: it is neither encrypted nor compressed.
  [[nodiscard]] bool is_plain() const {
    return (flags & (kRegionEncrypted | kRegionCompressed)) == 0;
  }
  bool operator==(const RegionSlot&) const = default;
};

inline constexpr Layout kRegionSlotLayout("region slot", field(0, "tag", &RegionSlot::type),
                                          field(4, "flags", &RegionSlot::flags),
                                          field(8, "start", &RegionSlot::start),
                                          field(16, "count", &RegionSlot::count),
                                          field(24, "used", &RegionSlot::used));
static_assert(kRegionSlotLayout.covers(32));

// The number of slots in a block: 127 with blocks of 4096 bytes or more, fewer in smaller ones.
[[nodiscard]] constexpr uint32_t slots_per_block(uint32_t block_size) {
  const uint32_t fit = payload_size(block_size) / kRegionSlotLayout.size();
  return fit < kMaxSlots ? fit : kMaxSlots;
}

// All slots of a block, including free ones, so that an index is a slot number.
[[nodiscard]] std::vector<RegionSlot> decode_slots(Bytes payload);
// Encodes at most slots_per_block slots and fills the rest of the payload with zeros.
void encode_slots(const std::vector<RegionSlot>& slots, MutableBytes payload);

// Block 9: the number of slots in block 8, and their checksum.
struct DirectoryHeader {
  uint16_t version = 1;
  uint16_t slot_count = kMaxSlots;
  uint16_t active_count = 0;
  uint16_t reserved = 0;
  uint64_t slots_checksum = 0;  // XXH64 of block 8's payload

  bool operator==(const DirectoryHeader&) const = default;
};

inline constexpr Layout kDirectoryHeaderLayout(
    "region directory", field(0, "version", &DirectoryHeader::version),
    field(2, "slot_count", &DirectoryHeader::slot_count),
    field(4, "active_count", &DirectoryHeader::active_count),
    field(6, "reserved", &DirectoryHeader::reserved),
    field(8, "slots_checksum", &DirectoryHeader::slots_checksum));
static_assert(kDirectoryHeaderLayout.covers(16));

}  // namespace vde
