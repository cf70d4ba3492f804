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
                                                std::span<const BlockCopy> copies, Work& work) {
  const auto restore = [&](std::span<const BlockCopy> some) -> std::optional<RestoredBlock> {
    auto combination = combine(damaged, some, work);
    if (!combination) return std::nullopt;
    std::vector<std::string> names;
    for (const Combination::Part& part : combination->parts) names.push_back(some[part.copy].name);
    std::string cause = describe(*combination, some);
    return RestoredBlock{number, std::move(combination->bytes), std::move(cause),
                         fmt::format("sectors of the block and of {}; together they match its "
                                     "checksum",
                                     fmt::join(names, " and "))};
  };
  for (const BlockCopy& copy : copies)
    if (auto found = restore({&copy, 1})) return found;
  return copies.size() > 1 ? restore(copies) : std::nullopt;
}

Result<void> write_restored(FoundationRepair& repair, const RestoredBlock& block) {
  const BlockType type = UncheckedBlock(block.number, block.bytes).unchecked_trailer().type;
  repair.exact_step(fmt::format("restore block {} ({}) exactly{}{}", block.number, to_string(type),
                                block.cause.empty() ? "" : ": ", block.cause),
                    block.source);
  return repair.write_direct(block.number, block.bytes);
}

}  // namespace vde
