// The blocks of one region, for code that reads the content of regions that may be damaged.
#pragma once

#include <optional>

#include "format/region_content.h"
#include "io/block_window.h"

namespace vde {

// A region slot with checked bounds: it lies within the file, so its blocks can be read.
struct PlacedRegion {
  size_t slot = 0;
  BlockType type;
  BlockRange blocks;  // clipped to the file
  bool is_data_area = false;
  BlockType content;  // see region_content()
};

// Blocks of a region whose trailers may have any of the types that may_carry() allows.
class RegionBlocks {
 public:
  RegionBlocks(const BlockIo& io, const PlacedRegion& region)
      : region_(region), io_(io), window_(io, region.blocks) {}

  // The payload of block `index`; zeros if it was never written, nothing if it is damaged. Valid
  // until the next call. Errors as BlockIo::read.
  [[nodiscard]] Result<std::optional<Bytes>> read(uint64_t index);
  // Nothing also if the block cannot be read, for passes of `verify`: another one reports it.
  [[nodiscard]] std::optional<Bytes> payload(uint64_t index);
  // The first block from `index` on that is not in a hole of the file; the number of blocks of the
  // region if there is none.
  [[nodiscard]] Result<uint64_t> next_written(uint64_t index) const;
  [[nodiscard]] const PlacedRegion& region() const { return region_; }

 private:
  PlacedRegion region_;
  BlockIo io_;
  BlockWindow window_;
};

}  // namespace vde
