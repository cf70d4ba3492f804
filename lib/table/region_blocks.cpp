#include "table/region_blocks.h"

namespace vde {

Result<std::optional<Bytes>> RegionBlocks::read(uint64_t index) {
  VDE_TRY_ASSIGN(block, window_.read(region_.blocks.begin + index));
  const BlockState state = block.state();
  if (state == BlockState::kUnwritten) return std::optional(block.unchecked_payload());
  if (state != BlockState::kValid ||
      !may_carry(region_.type, region_.content, block.unchecked_trailer().type))
    return std::optional<Bytes>();
  return std::optional(block.unchecked_payload());
}

std::optional<Bytes> RegionBlocks::payload(uint64_t index) {
  return read(index).value_or(std::nullopt);
}

Result<uint64_t> RegionBlocks::next_written(uint64_t index) const {
  const BlockRange rest{region_.blocks.begin + index, region_.blocks.end};
  VDE_TRY_ASSIGN(data, io_.file().next_data(io_.bytes_of(rest)));
  if (data.empty()) return region_.blocks.count();
  return data.begin / io_.block_size() - region_.blocks.begin;
}

}  // namespace vde
