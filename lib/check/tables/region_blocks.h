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
      : region_(region), io_(io), window_(io, region.blocks) {}

  // The payload of block `index`; zeros if it was never written, nothing if it is damaged. Valid
  // until the next call.
  [[nodiscard]] std::optional<Bytes> payload(uint64_t index);
  // The first block from `index` on that is not in a hole of the file; the number of blocks of the
  // region if there is none.
  [[nodiscard]] Result<uint64_t> next_written(uint64_t index) const;

 private:
  PlacedRegion region_;
  BlockIo io_;
  BlockWindow window_;
};

}  // namespace vde
