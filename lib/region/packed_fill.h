// Which entries to put into a block so that least of it is left over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vde {

// The indices, ascending, of those of `sizes` (bytes, none zero, few thousand at most) whose sum is
// the largest that `room` bytes (at most 64 KiB) can take; the first ones where they will do.
// `enough` bytes ends the search early: a sum of that many or more is as good as any.
[[nodiscard]] std::vector<size_t> fill_block(std::span<const uint32_t> sizes, uint32_t room,
                                             uint32_t enough);

}  // namespace vde
