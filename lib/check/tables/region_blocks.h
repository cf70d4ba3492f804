// The blocks of one region, for passes that read their content.
#pragma once

#include <optional>

#include "check/context.h"
#include "io/block_window.h"

namespace vde {

// Blocks of a region whose trailers may have any of the types that may_carry() allows.
class RegionBlocks {
 public:
  RegionBlocks(const BlockIo& io, const PlacedRegion& region)
      : region_(region), window_(io, region.blocks) {}

  // The payload of block `index`; zeros if it was never written, nothing if it is damaged. Valid
  // until the next call.
  [[nodiscard]] std::optional<Bytes> payload(uint64_t index);

 private:
  PlacedRegion region_;
  BlockWindow window_;
};

}  // namespace vde
