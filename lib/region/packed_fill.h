// Chooses entries for a block so that little space is left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vde {

enum class Fill {
  kFirst,  // any sum that is enough, if possible the first entries
  kMin,    // the smallest sum that is enough, which leaves more for another block
};

// The indices, ascending, of some of `sizes` (bytes, not zero, a few thousand at most) whose sum is
// at least `enough` and at most `room` bytes (64 KiB at most). If there is no such choice, the one
// with the largest sum up to `room`.
[[nodiscard]] std::vector<size_t> fill_block(std::span<const uint32_t> sizes, uint32_t room,
                                             uint32_t enough, Fill fill = Fill::kFirst);

}  // namespace vde
