#include "journal/metadata_chain.h"

#include <algorithm>

#include "base/checked.h"
#include "format/hash.h"
#include "format/region_content.h"

namespace vde {

std::vector<uint64_t> chain_heads(const std::vector<RegionSlot>& slots, uint32_t manifest,
                                  uint64_t blocks) {
  const auto data_area = data_area_slot(slots, manifest);
  std::vector<uint64_t> heads;
  for (size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].is_free() || slots[i].type == block_types::kSuperblock || data_area == i) continue;
    const auto range = block_range(slots[i].start, slots[i].count);
    if (range && !range->empty() && range->begin < blocks) heads.push_back(range->begin);
  }
  std::ranges::sort(heads);
  return heads;
}

Result<Opaque<32>> chain_hash(const std::vector<uint64_t>& heads, const ChainReader& read) {
  Opaque<32> hash{};
  for (const uint64_t head : heads) {
    VDE_TRY_ASSIGN(block, read(head));
    Sha256Stream stream;
    stream.add(hash);
    stream.add(block);
    hash = stream.finish();
  }
  return hash;
}

Result<Opaque<32>> chain_hash_of(const GroupState& group, const JournalArea& area, Bytes header,
                                 const ChainReader& read) {
  const auto heads = chain_heads(group.slots, group.superblock.module_manifest,
                                 static_cast<uint64_t>(group.superblock.total_blocks));
  return chain_hash(heads, [&](uint64_t number) -> Result<Bytes> {
    if (number == area.header() && !header.empty()) return header;
    return read(number);
  });
}

IntegrityAnchor anchor_of(const GroupState& group) {
  return kIntegrityAnchorLayout.decode(group.anchor);
}

int64_t next_chain_generation(const GroupState& group) {
  const int64_t generation = anchor_of(group).chain_generation;
  return generation == INT64_MAX ? generation : std::max<int64_t>(generation, 0) + 1;
}

void set_chain(GroupState& group, const ChainRenewal& chain) {
  IntegrityAnchor anchor = anchor_of(group);
  anchor.metadata_chain_hash = chain.hash;
  anchor.chain_generation = chain.generation;
  anchor.chain = group.superblock.modified;
  kIntegrityAnchorLayout.encode(anchor, group.anchor);
}

bool chain_fits(const GroupState& group, const JournalArea& area, uint64_t epoch,
                const ChainReader& read) {
  // Every recovery raises the epoch by one. One that finds neither header nor mark may choose one
  // that is lower than that of the header before.
  constexpr uint64_t kRecoveries = 4;
  const Opaque<32> hash = anchor_of(group).metadata_chain_hash;
  if (all_zero(hash)) return false;
  auto found = chain_hash_of(group, area, {}, read);
  const uint64_t first = epoch - std::min(epoch, kRecoveries);
  for (uint64_t at = first; found && *found != hash && at <= first + 2 * kRecoveries; ++at)
    found = chain_hash_of(group, area, encode_journal_header(area, group.superblock, at), read);
  return found && *found == hash;
}

}  // namespace vde
