// Bitmap blocks that follow from who owns blocks.
#pragma once

#include "check/exact/derivation.h"

namespace vde {

class BitmapDerivation {
 public:
  // `input` outlives this; `region` is the bitmap.
  BitmapDerivation(DerivationInput& input, std::vector<PlacedRegion> regions, BlockRange region)
      : input_(input), regions_(std::move(regions)), region_(region) {}

  // Reads the tables with the first call, and the blocks that the bits are of.
  [[nodiscard]] Result<std::vector<DerivedPayload>> derive(uint64_t number);

 private:
  using Ranges = std::vector<BlockRange>;
  template <class Add>
  [[nodiscard]] Result<void> each_table_block(BlockType tag, Add add);
  [[nodiscard]] Result<void> read_tables();
  [[nodiscard]] uint64_t total() const { return input_.probe.usable_blocks(); }
  void add_modules(Bytes payload, bool head);
  void add_snapshots(Bytes payload, bool head);
  void add_dictionaries(Bytes payload, bool head);

  DerivationInput& input_;
  std::vector<PlacedRegion> regions_;
  BlockRange region_;
  bool read_ = false;
  Ranges owners_;  // regions and modules
  Ranges more_;    // snapshots and dictionaries
};

}  // namespace vde
