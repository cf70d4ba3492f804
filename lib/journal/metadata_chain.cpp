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

}  // namespace vde
