#include "check/tables/region_blocks.h"

namespace vde {

std::optional<Bytes> RegionBlocks::payload(uint64_t index) {
  const auto block = window_.read(region_.blocks.begin + index);
  if (!block) return std::nullopt;
  const BlockState state = block->state();
  if (state == BlockState::kUnwritten) return block->unchecked_payload();
  if (state != BlockState::kValid ||
      !may_carry(region_.type, region_.content, block->unchecked_trailer().type))
    return std::nullopt;
  return block->unchecked_payload();
}

}  // namespace vde
