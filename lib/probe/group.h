// The superblock group as a value: what a checkpoint writes, and what journal records refer to.
#pragma once

#include "probe/probe.h"

namespace vde {

// The contents of the four blocks of a group. Payload bytes outside of known fields are preserved.
struct GroupState {
  Superblock superblock;
  HeaderSeal seal;
  std::vector<RegionSlot> slots;
  BlockBuffer head;      // payload of block 0, as found
  BlockBuffer table;     // payload of block 1
  BlockBuffer extended;  // payload of block 2
  BlockBuffer anchor;    // payload of block 3
};

// `group` must be intact.
[[nodiscard]] GroupState decode_group(const GroupProbe& group);

// The group's four blocks, with trailers whose generation is the checkpoint sequence.
[[nodiscard]] BlockBuffer encode_group(const GroupState& state, uint32_t block_size);

// The payload of block 0 for `state`.
[[nodiscard]] BlockBuffer encode_head(const GroupState& state);

// Identifies a group by its content: a hash over the payloads of `blocks` (four whole blocks).
[[nodiscard]] uint64_t group_hash(Bytes blocks, uint32_t block_size);

// The four blocks of `group`, concatenated, as found.
[[nodiscard]] BlockBuffer group_bytes(const GroupProbe& group);

}  // namespace vde
