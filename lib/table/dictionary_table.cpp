#include "table/dictionary_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "table/packed_walk.h"

namespace vde {
uint32_t max_dictionaries(uint64_t blocks, uint32_t block_size) {
  const size_t payload = payload_size(block_size);
  const uint64_t later = blocks > 0 ? std::min<uint64_t>(blocks - 1, kMaxDictionaries) : 0;
  const uint64_t max = dictionaries_in(payload, true) + later * dictionaries_in(payload, false);
  return static_cast<uint32_t>(std::min<uint64_t>(max, kMaxDictionaries));
}

Result<BlockRange> dictionary_extent(const Dictionary& entry, uint64_t total_blocks) {
  if (entry.size < 0 || entry.block_count < 0)
    return fail(ErrorCode::kDamaged,
                fmt::format("dictionary {} has {} bytes in {} blocks", entry.id, entry.size,
                            entry.block_count),
                kRunVerify);
  if (entry.block_count == 0) return BlockRange{};
  const auto range = block_range(entry.first_block, entry.block_count);
  if (!range || range->begin < kFirstRegionBlock || range->end > total_blocks)
    return fail(
        ErrorCode::kDamaged,
        fmt::format(
            "the {} blocks of dictionary {} from block {} lie outside the volume of {} blocks",
            entry.block_count, entry.id, entry.first_block, total_blocks),
        kRunVerify);
  return *range;
}

Result<void> walk_dictionaries(PackedSource& source, const DictionaryVisitor& visit) {
  VDE_TRY_ASSIGN(head, source.payload(0));
  const auto block_size = static_cast<uint32_t>(head.size()) + kTrailerSize;
  const int32_t count = kPackedTableHeaderLayout.decode(head).count;
  if (count < 0 || static_cast<uint32_t>(count) > max_dictionaries(source.blocks(), block_size))
    return fail_at(source.region().begin, ErrorCode::kDamaged,
                   fmt::format("the table counts {} dictionaries", count), kRunVerify);
  if (all_zero(head)) return refuse_unwritten_head(source, "dictionary");
  auto left = static_cast<uint32_t>(count);
  for (uint64_t index = 0; left > 0; ++index) {
    VDE_TRY_ASSIGN(payload, source.payload(index));
    const std::vector<Dictionary> entries = decode_dictionaries(payload, index == 0, left);
    left -= static_cast<uint32_t>(entries.size());
    for (const Dictionary& entry : entries)
      if (!visit(entry)) return {};
  }
  return {};
}

Result<std::vector<BlockRange>> dictionary_blocks(PackedSource& source, uint64_t total_blocks) {
  std::vector<BlockRange> owned;
  Result<void> fault;
  const auto visit = [&](const Dictionary& entry) {
    Result<BlockRange> extent = dictionary_extent(entry, total_blocks);
    if (!extent) fault = propagate(extent);
    if (extent && !extent->empty()) owned.push_back(*extent);
    return fault.has_value();
  };
  VDE_TRY(walk_dictionaries(source, visit));
  VDE_TRY(fault);
  std::ranges::sort(owned, {}, &BlockRange::begin);
  for (size_t i = 1; i < owned.size(); ++i)
    if (owned[i].begin < owned[i - 1].end)
      return fail_at(source.region().begin, ErrorCode::kDamaged,
                     fmt::format("two dictionaries share block {}", owned[i].begin), kRunVerify);
  return owned;
}

}  // namespace vde
