#include "copy/scrub/scrub_fixed.h"

#include <algorithm>

#include "copy/scrub/may_stay.h"
#include "format/integrity_anchor.h"
#include "format/region_map.h"

namespace vde {
namespace {

void scrub_superblock(Bytes payload, MutableBytes to) {
  const Superblock superblock = kSuperblockLayout.decode(payload);
  const Superblock usual;
  if (superblock.signature != usual.signature) return;
  keep_fields(kSuperblockLayout, payload, to);
  if (superblock.namespace_anchor == usual.namespace_anchor) return;
  Superblock kept = kSuperblockLayout.decode(to);
  kept.namespace_anchor = {};
  kSuperblockLayout.encode(kept, to);
}

void scrub_slots(Bytes payload, MutableBytes to) {
  const size_t size = kRegionSlotLayout.size();
  const auto slots = decode_slots(payload);
  for (size_t i = 0; i < slots.size(); ++i)
    if (!slots[i].is_free())
      keep_fields(kRegionSlotLayout, payload.subspan(i * size, size), to.subspan(i * size, size));
}

// The hashes cover what becomes zeros; only a known constant stays.
void scrub_anchor(Bytes payload, MutableBytes to) {
  IntegrityAnchor anchor;
  if (kIntegrityAnchorLayout.decode(payload).format_fingerprint == format_fingerprint())
    anchor.format_fingerprint = format_fingerprint();
  kIntegrityAnchorLayout.encode(anchor, to);
}

}  // namespace

bool FixedScrubber::scrub(const CheckedBlock& block, MutableBytes to) {
  const Bytes payload = block.payload();
  const uint64_t number = block.number();
  const uint64_t place = number % kGroupBlocks;
  const bool is_directory = number >= kDirectoryStart;
  const BlockType expected = is_directory ? block_types::kRegionMap : group_block_type(place);
  if (block.trailer().type != expected) return false;
  if (number == kDirectoryStart + 1) {
    scrub_directory_header(payload, to);
  } else if (is_directory || place == 1) {
    scrub_slots(payload, to);
    if (is_directory) {
      slots_checksum_ = checksum(payload);
      new_slots_checksum_ = checksum(to);
    }
  } else if (place == 0) {
    scrub_superblock(payload, to);
  } else if (place == 3) {
    scrub_anchor(payload, to);
  }
  return true;
}

void FixedScrubber::scrub_directory_header(Bytes payload, MutableBytes to) const {
  keep_fields(kDirectoryHeaderLayout, payload, to);
  DirectoryHeader kept = kDirectoryHeaderLayout.decode(to);
  // A wrong checksum stays wrong.
  const bool was_right = kDirectoryHeaderLayout.decode(payload).slots_checksum == slots_checksum_;
  kept.slots_checksum = was_right ? new_slots_checksum_ : ~new_slots_checksum_;
  kDirectoryHeaderLayout.encode(kept, to);
}

}  // namespace vde
