// Which entries to put into a block so that least of it is left over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vde {

enum class Fill {
  kFirst,  // whatever is enough, the first ones where they will do
  kMin,    // the least sum that is enough, so that more stays for another block
};

// The indices, ascending, of some of `sizes` (bytes, none zero, few thousand at most) whose sum is
// at least `enough` and at most `room` bytes (64 KiB at most); where there are none, those with the
// largest sum that `room` can take.
[[nodiscard]] std::vector<size_t> fill_block(std::span<const uint32_t> sizes, uint32_t room,
                                             uint32_t enough, Fill fill = Fill::kFirst);

}  // namespace vde
