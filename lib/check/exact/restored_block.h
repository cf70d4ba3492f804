// Originals of damaged blocks on their way into the image.
#pragma once

#include <string>

#include "check/exact/correction.h"
#include "check/exact/place_check.h"
#include "check/repair/foundation_repair.h"

namespace vde {

struct RestoredBlock {
  uint64_t number = 0;
  BlockBuffer bytes;
  std::string cause;      // what is wrong with the damaged block, or empty
  std::string source;     // where the original is from
  bool is_close = false;  // at most a byte of the payload differs from the damaged one
};

// The bytes of `damaged` with the payload of `found`: its trailer stays.
[[nodiscard]] BlockBuffer with_payload(Bytes damaged, Bytes found_payload);

// Looks for the original of `damaged`, the bytes of block `number`, by trying.
[[nodiscard]] std::optional<RestoredBlock> restore_by_trying(ExactRun& run, uint64_t number,
                                                             Bytes damaged);

// The same from copies that may be damaged too, sector by sector: from each of them, then from all
// together.
[[nodiscard]] std::optional<RestoredBlock> restore_by_sectors(uint64_t number, Bytes damaged,
                                                              std::span<const BlockCopy> copies,
                                                              Work& work);

// Calls a step and writes the block straight to its place.
[[nodiscard]] Result<void> write_restored(FoundationRepair& repair, const RestoredBlock& block);

// What one repairer may spend on combinations of sectors, in seconds. It is the same every time,
// so that a plan and its execution come to the same.
inline constexpr double kCombineSeconds = 2;

}  // namespace vde
