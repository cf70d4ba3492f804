#include "check/exact/restored_block.h"

#include <fmt/format.h>

#include <algorithm>

#include "check/exact/exact_run.h"

namespace vde {

BlockBuffer with_payload(Bytes damaged, Bytes found_payload) {
  BlockBuffer block(damaged.begin(), damaged.end());
  std::ranges::copy(found_payload, block.begin());
  return block;
}

std::optional<RestoredBlock> restore_by_trying(ExactRun& run, uint64_t number, Bytes damaged) {
  const auto found = run.search.find({number, damaged});
  if (!found) return std::nullopt;
  return RestoredBlock{number, original_of(*found, damaged), describe(*found, damaged),
                       "the block itself; without this error its checksum matches",
                       found->kind != Correction::Kind::kZeros};
}

std::optional<RestoredBlock> restore_by_sectors(uint64_t number, Bytes damaged,
                                                const BlockCopy& copy, Work& work) {
  auto combination = combine(damaged, copy, work);
  if (!combination) return std::nullopt;
  std::string cause = describe(*combination, copy);
  return RestoredBlock{
      number, std::move(combination->bytes), std::move(cause),
      fmt::format("sectors of the block and of {}; together they match its checksum", copy.name)};
}

Result<void> write_restored(FoundationRepair& repair, const RestoredBlock& block) {
  const BlockType type = UncheckedBlock(block.number, block.bytes).unchecked_trailer().type;
  repair.exact_step(fmt::format("restore block {} ({}) exactly{}{}", block.number, to_string(type),
                                block.cause.empty() ? "" : ": ", block.cause),
                    block.source);
  return repair.write_direct(block.number, block.bytes);
}

}  // namespace vde
