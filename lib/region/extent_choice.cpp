#include "region/extent_choice.h"

#include <algorithm>
#include <tuple>

namespace vde {
namespace {

bool precedes(const SizedExtent& a, const SizedExtent& b) {
  return std::tie(a.blocks.begin, a.blocks.end, a.size) <
         std::tie(b.blocks.begin, b.blocks.end, b.size);
}

}  // namespace

ExtentChoice::ExtentChoice(std::vector<SizedExtent> extents) : chosen_(std::move(extents)) {
  std::sort(chosen_.begin(), chosen_.end(), precedes);
  chosen_.erase(std::unique(chosen_.begin(), chosen_.end()), chosen_.end());
  // The ends of two rows, each of extents without common blocks.
  uint64_t near_end = 0;
  uint64_t far_end = 0;
  std::erase_if(chosen_, [&](const SizedExtent& extent) {
    if (extent.blocks.begin < near_end) return true;
    uint64_t& row = extent.blocks.begin >= far_end ? far_end : near_end;
    row = extent.blocks.end;
    if (near_end > far_end) std::swap(near_end, far_end);
    return false;
  });
}

std::optional<size_t> ExtentChoice::find(const SizedExtent& extent) const {
  const auto found = std::lower_bound(chosen_.begin(), chosen_.end(), extent, precedes);
  if (found == chosen_.end() || *found != extent) return std::nullopt;
  return static_cast<size_t>(found - chosen_.begin());
}

}  // namespace vde
