#include "format/region_content.h"

#include <algorithm>

#include "format/block_type.h"
#include "format/feature.h"

namespace vde {
namespace {

bool has_data_slot(const Feature& module, uint32_t manifest) {
  return (manifest >> module.id & 1) != 0 && module.data_slot_content != BlockType{};
}

bool is_data_slot(const RegionSlot& slot) {
  return !slot.is_free() && slot.type == block_types::kData;
}

}  // namespace

std::optional<size_t> data_area_slot(const std::vector<RegionSlot>& slots, uint32_t manifest) {
  const auto of_modules = std::ranges::count_if(
      features(), [&](const Feature& module) { return has_data_slot(module, manifest); });
  if (std::ranges::count_if(slots, is_data_slot) <= of_modules) return std::nullopt;
  for (size_t i = slots.size(); i-- > 0;)
    if (is_data_slot(slots[i])) return i;
  return std::nullopt;
}

BlockType region_content(const std::vector<RegionSlot>& slots, size_t index, uint32_t manifest) {
  const BlockType type = slots[index].type;
  if (!is_data_slot(slots[index])) return type;
  auto before =
      std::count_if(slots.begin(), slots.begin() + static_cast<ptrdiff_t>(index), is_data_slot);
  for (const Feature& module : features())
    if (has_data_slot(module, manifest) && before-- == 0) return module.data_slot_content;
  return type;
}

bool may_carry(BlockType slot_type, BlockType content, BlockType type) {
  if (type == slot_type || type == content) return true;
  // The SDK writes the blocks of these regions with the type of another region.
  if (content == block_types::kMetricsLog) return type == block_types::kIntegrityTree;
  if (content == block_types::kQueryIndex) return type == block_types::kTagIndex;
  return slot_type == block_types::kData && content == block_types::kAuditLog &&
         type == block_types::kComplianceAuditLog;
}

bool counts_own_generations(BlockType content) {
  return content == block_types::kOperations;
}

}  // namespace vde
