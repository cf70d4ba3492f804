#include "rescue/fixed_blocks.h"

#include <algorithm>

namespace vde {

Result<void> write_fixed_blocks(const BlockIo& io, const GroupState& state) {
  constexpr uint32_t kGeneration = 1;
  const BlockBuffer group = encode_group(state, io.block_size());
  for (const uint64_t start : {kPrimaryGroup, kMirrorGroup})
    VDE_TRY(io.file().write(start * io.block_size(), group));
  const size_t payload = payload_size(io.block_size());
  BlockBuffer block = io.make_buffer();
  encode_slots(state.slots, MutableBytes(block).first(payload));
  DirectoryHeader header;
  header.slot_count = static_cast<uint16_t>(slots_per_block(io.block_size()));
  header.active_count = static_cast<uint16_t>(
      std::ranges::count_if(state.slots, [](const RegionSlot& slot) { return !slot.is_free(); }));
  header.slots_checksum = checksum(Bytes(block).first(payload));
  VDE_TRY(io.write(kDirectoryStart, block_types::kRegionMap, kGeneration, block));
  std::ranges::fill(block, uint8_t{0});
  kDirectoryHeaderLayout.encode(header, block);
  return io.write(kDirectoryStart + 1, block_types::kRegionMap, kGeneration, block);
}

}  // namespace vde
