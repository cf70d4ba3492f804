// How many blocks of a seed come out as they were, of those whose checksum says what was there.
#pragma once

#include <array>

#include "damage/campaign/damage.h"
#include "vde/repair.h"

namespace vde::test {

// Blocks that one damage of this kind hit, and left with a checksum that does not fit.
enum class ExactKind : uint8_t { kBit, kBits, kSector };
inline constexpr size_t kExactKinds = 3;

struct ExactCount {
  uint32_t damaged = 0;
  uint32_t exact = 0;  // of them: a step restores them, or they have the bytes of the sound image
};
using ExactCounts = std::array<ExactCount, kExactKinds>;

struct RepairedImage {
  const CowFile& damaged;
  const CowFile& repaired;
  const CowFile& sound;
  uint32_t block_size;
  const RepairPlan& plan;
};

[[nodiscard]] ExactCounts count_exact(const std::vector<Damage>& damages,
                                      const RepairedImage& image);

// "44 of 44 flipped bits, 27 of 43 blocks with several, 31 of 44 sectors"
[[nodiscard]] std::string describe(const ExactCounts& counts);

}  // namespace vde::test
