#include "check/exact/search.h"

namespace vde {

std::optional<Correction> ExactSearch::find(const UncheckedBlock& damaged) {
  if (!on_) return std::nullopt;
  const Key key{checksum(damaged.unchecked_payload()), damaged.unchecked_trailer().checksum};
  const auto known = results_.find(key);
  if (known != results_.end()) return known->second;
  if (frozen_) return std::nullopt;
  bool complete = results_.size() < kMaxRemembered;
  std::optional<Correction> found;
  if (complete) {
    activity_.searched_block = damaged.number();
    found = try_all(damaged.bytes(), complete);
    activity_.searched_block = Activity::kNoBlock;
  }
  if (work_.stopped()) return std::nullopt;
  if (!complete && !found) ++not_tried_;
  if (results_.size() < kMaxRemembered) results_.emplace(key, found);
  return found;
}

std::optional<Correction> ExactSearch::try_all(Bytes block, bool& complete) {
  const auto block_size = static_cast<uint32_t>(block.size());
  if (auto found = find_checksum_bits(block)) return found;
  struct Trial {
    uint64_t steps;
    uint64_t kept;  // steps that must be left afterwards
    std::optional<Correction> (*find)(Bytes block, Work& work);
  };
  const Trial trials[] = {{bit_steps(block_size), 0, find_bit},
                          {zero_sector_steps(block_size), 0, find_zero_sectors},
                          {byte_steps(block_size), reserve_, find_byte}};
  for (const Trial& trial : trials) {
    if (!work_.has(trial.steps + trial.kept)) {
      complete = false;
      return std::nullopt;
    }
    if (auto found = trial.find(block, work_)) return found;
  }
  return std::nullopt;
}

}  // namespace vde
