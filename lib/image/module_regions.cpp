#include "image/module_regions.h"

#include <fmt/format.h>

#include <algorithm>

#include "format/block.h"
#include "format/feature.h"
#include "format/region/tables.h"
#include "format/region_map.h"

namespace vde {
namespace {

constexpr uint64_t kKeyBlocks = 2;          // of POLV, and of ENCR
constexpr uint64_t kMinStreamBlocks = 128;  // of STRE, and of DWAL

uint64_t table_blocks(uint64_t total) {
  return std::clamp<uint64_t>(total / 64, 4, 64);
}

ModuleRegion region_of(BlockType type, uint64_t total) {
  // The SDK's creator never writes these two; neither does this one, without a key.
  if (type == block_types::kPolicyVault || type == block_types::kEncryption)
    return {type, kKeyBlocks, 0};
  if (type == block_types::kDataWal)
    return {type, std::max(kMinStreamBlocks, total / 100 + (total % 100 == 0 ? 0 : 1)), 1};
  if (type == block_types::kStreaming) return {type, std::max(kMinStreamBlocks, total / 100), 1};
  const bool is_tree = type == block_types::kTagIndex || type == block_types::kQueryIndex;
  return {type, table_blocks(total), is_tree ? uint64_t{2} : uint64_t{1}};
}

// The types of the regions of all modules in `manifest`, with the module of each.
struct NeededRegion {
  BlockType type;
  BlockType content;
  const Feature* feature;
};

std::vector<NeededRegion> needed_regions(uint32_t manifest) {
  std::vector<NeededRegion> needed;
  for (const Feature& feature : features()) {
    if ((manifest >> feature.id & 1) == 0) continue;
    for (const BlockType type : feature.regions) needed.push_back({type, type, &feature});
    if (feature.data_slot_content != BlockType{})
      needed.push_back({block_types::kData, feature.data_slot_content, &feature});
  }
  return needed;
}

// 0: before the bitmap. 1, 2, 3: after the journal, in this order.
int place_of(BlockType type) {
  if (type == block_types::kPolicyVault || type == block_types::kEncryption) return 0;
  if (type == block_types::kDataWal) return 1;
  return type == block_types::kStreaming ? 3 : 2;
}

}  // namespace

ModuleRegions module_regions(uint32_t manifest, uint64_t total) {
  std::vector<NeededRegion> needed = needed_regions(manifest);
  std::ranges::stable_sort(needed, {},
                           [](const NeededRegion& region) { return place_of(region.type); });
  ModuleRegions regions;
  for (const NeededRegion& region : needed) {
    auto& list = place_of(region.type) == 0 ? regions.before_bitmap : regions.after_journal;
    list.push_back(region_of(region.type, total));
  }
  return regions;
}

Result<void> check_module_regions(uint32_t manifest, uint32_t block_size) {
  const std::vector<NeededRegion> needed = needed_regions(manifest);
  const std::vector<uint8_t> head(payload_size(block_size));
  for (const NeededRegion& region : needed)
    if (table_without_room(region.content, head) != nullptr)
      return fail(ErrorCode::kUsage,
                  fmt::format("the {} region of module {} does not fit blocks of {} bytes",
                              to_string(region.type), region.feature->name, block_size),
                  "use --block-size 4096 or larger, or leave the module out");
  // The groups, the directory, BMAP, INOD, MWAL and the data area.
  constexpr size_t kOtherSlots = 7;
  const size_t slots = slots_per_block(block_size);
  if (needed.size() + kOtherSlots > slots)
    return fail(ErrorCode::kUsage,
                fmt::format("these modules need {} regions, but blocks of {} bytes have slots for "
                            "only {}",
                            needed.size() + kOtherSlots, block_size, slots),
                "use a larger --block-size or fewer modules");
  return {};
}

}  // namespace vde
