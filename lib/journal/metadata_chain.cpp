#include "journal/metadata_chain.h"

#include <algorithm>

#include "base/checked.h"
#include "format/hash.h"
#include "format/integrity_anchor.h"
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

Result<bool> chain_fits(const BlockIo& io, const Probe& probe, const JournalArea& area,
                        Bytes header) {
  if (!probe.has_group()) return false;
  const auto anchor = kIntegrityAnchorLayout.decode(probe.group().blocks[3].payload());
  if (all_zero(anchor.metadata_chain_hash)) return false;
  BlockBuffer buffer = io.make_buffer();
  const auto heads = chain_heads(probe.slots, probe.manifest(), probe.blocks_in_file());
  const auto hash = chain_hash(heads, [&](uint64_t number) -> Result<Bytes> {
    if (number == area.header() && !header.empty()) return header;
    VDE_TRY_ASSIGN(block, io.read(number, buffer));
    return block.bytes();
  });
  // A region's first block that cannot be read is no reason to refuse what does not need it.
  return hash && *hash == anchor.metadata_chain_hash;
}

Result<void> renew_chain(GroupState& group, const JournalArea& area, uint64_t epoch, bool is_base,
                         const ChainReader& read) {
  const BlockBuffer header = encode_journal_header(area, group.superblock, epoch);
  const auto heads = chain_heads(group.slots, group.superblock.module_manifest,
                                 static_cast<uint64_t>(group.superblock.total_blocks));
  VDE_TRY_ASSIGN(hash, chain_hash(heads, [&](uint64_t number) -> Result<Bytes> {
                   if (number == area.header()) return Bytes(header);
                   return read(number);
                 }));
  IntegrityAnchor anchor = kIntegrityAnchorLayout.decode(group.anchor);
  anchor.metadata_chain_hash = hash;
  if (is_base && anchor.chain_generation < INT64_MAX)
    anchor.chain_generation = std::max<int64_t>(anchor.chain_generation, 0) + 1;
  anchor.chain = group.superblock.modified;
  kIntegrityAnchorLayout.encode(anchor, group.anchor);
  return {};
}

}  // namespace vde
