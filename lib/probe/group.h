// The superblock group as a value: what a checkpoint writes, and what records are based on.
#pragma once

#include "probe/probe.h"

namespace vde {

// Everything that the four blocks of a group say. Payload bytes that no field names are kept.
struct GroupState {
  Superblock superblock;
  HeaderSeal seal;
  std::vector<RegionSlot> slots;
  BlockBuffer head;      // payload of block 0, as found
  BlockBuffer table;     // payload of block 1
  BlockBuffer extended;  // payload of block 2
  BlockBuffer anchor;    // payload of block 3
};

// `group` is whole.
[[nodiscard]] GroupState decode_group(const GroupProbe& group);

// The group's four blocks, sealed with the generation of its checkpoint sequence.
[[nodiscard]] BlockBuffer encode_group(const GroupState& state, uint32_t block_size);

// Names a group by its content: a hash over the four payloads of `blocks` (four whole blocks).
[[nodiscard]] uint64_t group_hash(Bytes blocks, uint32_t block_size);

// The four blocks of `group` as one run of bytes, as found.
[[nodiscard]] BlockBuffer group_bytes(const GroupProbe& group);

}  // namespace vde
