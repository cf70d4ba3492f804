#include "probe/group.h"

#include <algorithm>
#include <array>

namespace vde {
namespace {

BlockBuffer copy_of(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

GroupState decode_group(const GroupProbe& group) {
  const Bytes head = group.blocks[0].payload();
  const auto block_size = static_cast<uint32_t>(head.size()) + kTrailerSize;
  return {kSuperblockLayout.decode(head),
          kHeaderSealLayout.decode(head.subspan(header_seal_offset(block_size))),
          decode_slots(group.blocks[1].payload()),
          copy_of(head),
          copy_of(group.blocks[1].payload()),
          copy_of(group.blocks[2].payload()),
          copy_of(group.blocks[3].payload())};
}

BlockBuffer encode_head(const GroupState& state) {
  BlockBuffer payload = state.head;
  kSuperblockLayout.encode(state.superblock, payload);
  kHeaderSealLayout.encode(state.seal, MutableBytes(payload).last(kHeaderSealLayout.size()));
  return payload;
}

BlockBuffer encode_group(const GroupState& state, uint32_t block_size) {
  BlockBuffer blocks(kGroupBlocks * block_size);
  const auto block = [&](uint64_t i) {
    return MutableBytes(blocks).subspan(i * block_size, block_size);
  };
  const auto put = [&](uint64_t i, const BlockBuffer& payload) {
    std::copy(payload.begin(), payload.end(), block(i).begin());
  };
  put(0, encode_head(state));
  put(1, state.table);
  encode_slots(state.slots, block(1).first(state.slots.size() * kRegionSlotLayout.size()));
  put(2, state.extended);
  put(3, state.anchor);
  const auto generation = static_cast<uint32_t>(state.superblock.checkpoint_sequence);
  for (uint64_t i = 0; i < kGroupBlocks; ++i)
    write_trailer(block(i), group_block_type(i), generation);
  return blocks;
}

uint64_t group_hash(Bytes blocks, uint32_t block_size) {
  std::array<uint8_t, kGroupBlocks * 8> checksums{};
  for (uint64_t i = 0; i < kGroupBlocks; ++i)
    store_le(MutableBytes(checksums), i * 8,
             checksum(blocks.subspan(i * block_size, payload_size(block_size))));
  return checksum(checksums);
}

BlockBuffer group_bytes(const GroupProbe& group) {
  BlockBuffer blocks;
  for (const FixedBlock& block : group.blocks)
    blocks.insert(blocks.end(), block.bytes.begin(), block.bytes.end());
  return blocks;
}

}  // namespace vde
