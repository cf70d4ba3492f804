// The content of the region of a slot. Features whose regions have no separate type get slots of
// type DATA, like the data area. The manifest distinguishes them.
#pragma once

#include <optional>
#include <vector>

#include "format/region_map.h"

namespace vde {

// The slot of the data area: the last one of type DATA, unless that belongs to a feature. The slots
// of features come first, one for each feature of the manifest that has such a slot. Nothing if
// there is no data area.
[[nodiscard]] std::optional<size_t> data_area_slot(const std::vector<RegionSlot>& slots,
                                                   uint32_t manifest);

// The type of the content in the region of slot `index`: that of the slot, except ALOG, WALS, ZNSM
// or OPJR in the DATA slot of a feature.
[[nodiscard]] BlockType region_content(const std::vector<RegionSlot>& slots, size_t index,
                                       uint32_t manifest);

// Whether a block of this type may occur in a region whose slot has the type `slot_type` and that
// holds `content`.
[[nodiscard]] bool may_carry(BlockType slot_type, BlockType content, BlockType type);

// Whether the generations of blocks with this content are independent of the checkpoint sequence.
[[nodiscard]] bool counts_own_generations(BlockType content);

}  // namespace vde
