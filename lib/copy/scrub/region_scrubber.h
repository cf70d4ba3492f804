// What may stay of the blocks of a region.
#pragma once

#include <memory>

#include "check/context.h"

namespace vde {

class RegionScrubber {
 public:
  RegionScrubber() = default;
  RegionScrubber(const RegionScrubber&) = delete;
  RegionScrubber& operator=(const RegionScrubber&) = delete;
  virtual ~RegionScrubber() = default;

  // Writes what may stay of block `index` of the region to `to`: a payload of zeros. Called in
  // ascending order, for valid blocks of a type that the region may carry. kInterrupted, kIo.
  [[nodiscard]] virtual Result<void> scrub(uint64_t index, const CheckedBlock& block,
                                           MutableBytes to) = 0;
};

// The scrubber of `region` in the image of `io`, whose probe is `probe`. Null if
// nothing of the region's payloads may stay: regions without a decoder, those that are encrypted or
// compressed, logs, policies.
[[nodiscard]] std::unique_ptr<RegionScrubber> make_region_scrubber(const BlockIo& io,
                                                                   const PlacedRegion& region,
                                                                   const Probe& probe,
                                                                   const Activity& activity);

// The scrubbers that are in files of their own.
[[nodiscard]] std::unique_ptr<RegionScrubber> make_packed_scrubber(const PlacedRegion& region);
[[nodiscard]] std::unique_ptr<RegionScrubber> make_table_scrubber(const BlockIo& io,
                                                                  const PlacedRegion& region);
[[nodiscard]] std::unique_ptr<RegionScrubber> make_tag_scrubber(const BlockIo& io,
                                                                const PlacedRegion& region,
                                                                const Activity& activity);

}  // namespace vde
