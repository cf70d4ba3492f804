// Whether a block that was found for a place can be what was there: a checksum proves bytes, not
// that they belong where they were looked for.
#pragma once

#include <string>

#include "check/context.h"

namespace vde {

class PlaceCheck {
 public:
  // By the superblock and the slots of `probe`, which outlives this and does not change meanwhile.
  explicit PlaceCheck(const Probe& probe);

  // What `number` belongs to: the block type of a fixed place or of a region; DATA for all others.
  [[nodiscard]] BlockType type_at(uint64_t number) const;

  // The region of a block, except the data area and the fixed places; null if there is none.
  [[nodiscard]] const PlacedRegion* region_of(uint64_t number) const;

  // Why `block`, whose checksum fits, cannot be the one at `number`; empty where it can.
  [[nodiscard]] std::string fault(uint64_t number, Bytes block) const;

 private:
  [[nodiscard]] std::string fixed_fault(uint64_t number, const UncheckedBlock& block) const;
  [[nodiscard]] std::string region_fault(const PlacedRegion& region,
                                         const UncheckedBlock& block) const;

  const Probe& probe_;
  std::vector<PlacedRegion> regions_;  // all but the data area
};

}  // namespace vde
