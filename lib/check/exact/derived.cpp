#include "check/exact/derived.h"

#include "check/exact/derived_bitmap.h"
#include "check/exact/derived_tags.h"
#include "check/exact/derived_tree.h"
#include "check/repair/repair_base.h"
#include "format/region/inode.h"

namespace vde {
namespace {

// For all derivations from one state of the image.
constexpr double kDeriveSeconds = 2;

DerivedPayload inode_layout(const Probe& probe) {
  DerivedPayload derived{BlockBuffer(payload_size(probe.block_size)),
                         "the module manifest of the superblock"};
  encode_inode_layout(make_inode_layout(probe.superblock.module_manifest), derived.payload);
  return derived;
}

bool is_index(const PlacedRegion& region) {
  return region.content == block_types::kTagIndex || region.content == block_types::kQueryIndex;
}

}  // namespace

Derivations::Derivations(BlockFile& file, const Probe& probe, const Activity& activity)
    : input_{BlockIo(file, probe.block_size), probe, activity,
             Work(kDeriveSeconds, &activity.stop)} {
  for (const PlacedRegion& region : place_regions(probe))
    if (!region.is_data_area) regions_.push_back(region);
}

Derivations::~Derivations() = default;

const PlacedRegion* Derivations::region_of(uint64_t number) const {
  for (const PlacedRegion& region : regions_)
    if (region.blocks.contains(number) && input_.probe.slots[region.slot].is_plain())
      return &region;
  return nullptr;
}

BitmapDerivation& Derivations::bitmap(const PlacedRegion& region) {
  auto& derivation = bitmaps_[region.blocks.begin];
  if (derivation == nullptr)
    derivation = std::make_unique<BitmapDerivation>(input_, regions_, region.blocks);
  return *derivation;
}

TagDerivation& Derivations::tags(const PlacedRegion& region) {
  auto& derivation = tags_[region.blocks.begin];
  if (derivation == nullptr) derivation = std::make_unique<TagDerivation>(input_, region.blocks);
  return *derivation;
}

Result<std::vector<DerivedPayload>> Derivations::of(uint64_t number) {
  const PlacedRegion* region = region_of(number);
  std::vector<DerivedPayload> nothing;
  if (region == nullptr) return nothing;
  if (region->type == block_types::kBitmap) return bitmap(*region).derive(number);
  if (region->type == block_types::kInodes && number == region->blocks.begin &&
      input_.probe.superblock_verified())
    return std::vector<DerivedPayload>{inode_layout(input_.probe)};
  if (is_index(*region)) return tags(*region).derive(number - region->blocks.begin);
  if (region->type == block_types::kIntegrityTree)
    return derive_tree_block(input_, region->blocks, number);
  return nothing;
}

void Derivations::add(const UncheckedBlock& block) {
  const PlacedRegion* region = region_of(block.number());
  if (region == nullptr || !is_index(*region)) return;
  if (const auto tags = tags_.find(region->blocks.begin); tags != tags_.end())
    tags->second->add(block);
}

}  // namespace vde
