// Payloads that follow from the rest of the image. Whether one is what a damaged block held is for
// its checksum to say.
#pragma once

#include <map>
#include <memory>

#include "check/exact/derivation.h"

namespace vde {

class BitmapDerivation;
class TagDerivation;

// Each structure is read once, however many of its blocks are damaged.
class Derivations {
 public:
  // All of them outlive this.
  Derivations(BlockFile& file, const Probe& probe, const Activity& activity);
  ~Derivations();

  // What block `number` may have held, by the blocks that verify; nothing where it does not follow
  // from others, or the work is used up. kIo, kInterrupted.
  [[nodiscard]] Result<std::vector<DerivedPayload>> of(uint64_t number);
  // `block`, which is valid, was restored.
  void add(const UncheckedBlock& block);

  // Whether something was not derived because the work was used up.
  [[nodiscard]] bool is_exhausted() const { return input_.exhausted; }

 private:
  [[nodiscard]] const PlacedRegion* region_of(uint64_t number) const;
  [[nodiscard]] BitmapDerivation& bitmap(const PlacedRegion& region);
  [[nodiscard]] TagDerivation& tags(const PlacedRegion& region);

  DerivationInput input_;
  std::vector<PlacedRegion> regions_;
  // By the first blocks of the regions.
  std::map<uint64_t, std::unique_ptr<BitmapDerivation>> bitmaps_;
  std::map<uint64_t, std::unique_ptr<TagDerivation>> tags_;
};

}  // namespace vde
