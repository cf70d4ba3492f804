#include "table/region_blocks.h"

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

Result<uint64_t> RegionBlocks::next_written(uint64_t index) const {
  const BlockRange rest{region_.blocks.begin + index, region_.blocks.end};
  VDE_TRY_ASSIGN(data, io_.file().next_data(io_.bytes_of(rest)));
  if (data.empty()) return region_.blocks.count();
  return data.begin / io_.block_size() - region_.blocks.begin;
}

}  // namespace vde
