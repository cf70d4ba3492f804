#include "region/packed_fill.h"

#include <algorithm>

namespace vde {
namespace {

constexpr uint32_t kNone = UINT32_MAX;

// For each sum up to `room`: the entry that first made it reachable, or kNone. Stops when a sum of
// at least `enough` is reachable.
std::vector<uint32_t> reachable_sums(std::span<const uint32_t> sizes, uint32_t room,
                                     uint32_t enough) {
  std::vector<uint32_t> last_of(room + 1, kNone);
  last_of[0] = static_cast<uint32_t>(sizes.size());
  for (uint32_t i = 0; i < sizes.size(); ++i) {
    const uint32_t size = sizes[i];
    for (uint32_t sum = room; sum >= size; --sum)
      if (last_of[sum] == kNone && last_of[sum - size] != kNone) last_of[sum] = i;
    if (std::any_of(last_of.begin() + enough, last_of.end(),
                    [](uint32_t entry) { return entry != kNone; }))
      break;
  }
  return last_of;
}

// As many of the first entries as fit, and their sum.
std::pair<std::vector<size_t>, uint32_t> first_entries(std::span<const uint32_t> sizes,
                                                       uint32_t room) {
  std::vector<size_t> chosen;
  uint32_t sum = 0;
  while (chosen.size() < sizes.size() && sizes[chosen.size()] <= room - sum) {
    sum += sizes[chosen.size()];
    chosen.push_back(chosen.size());
  }
  return {chosen, sum};
}

}  // namespace

std::vector<size_t> fill_block(std::span<const uint32_t> sizes, uint32_t room, uint32_t enough,
                               Fill fill) {
  const auto [first, first_sum] = first_entries(sizes, room);
  if (first.size() == sizes.size() || (fill == Fill::kFirst && first_sum >= enough)) return first;

  enough = std::min(enough, room);
  const bool all_sums = fill == Fill::kMin;
  const std::vector<uint32_t> last_of = reachable_sums(sizes, room, all_sums ? room : enough);
  uint32_t sum = enough;
  if (all_sums)
    while (sum <= room && last_of[sum] == kNone) ++sum;
  else
    sum = room + 1;
  if (sum > room)
    for (sum = room; last_of[sum] == kNone;) --sum;
  std::vector<size_t> chosen;
  // Each entry was added to a sum of earlier entries, so none is chosen twice.
  for (; sum > 0; sum -= sizes[chosen.back()]) chosen.push_back(last_of[sum]);
  std::reverse(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace vde
