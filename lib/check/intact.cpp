#include "check/intact.h"

namespace vde {

std::vector<std::string> intact_structures(const VerifyContext& context) {
  const Probe& probe = context.probe;
  const Reporter& report = context.report;
  std::vector<std::string> intact;
  // What contradicts the superblock's fields is reported at the group in use; the other one says
  // the same unless it is older.
  const bool same =
      probe.primary.whole && probe.mirror.whole &&
      probe.primary.superblock->checkpoint_sequence == probe.mirror.superblock->checkpoint_sequence;
  const bool primary = report.are_clean(kPrimaryGroup, kGroupBlocks);
  const bool mirror = report.are_clean(kMirrorGroup, kGroupBlocks);
  if (probe.primary.whole && primary && (mirror || !same)) intact.emplace_back("primary group");
  if (probe.mirror.whole && mirror && (primary || !same)) intact.emplace_back("mirror group");
  if (probe.directory.whole && report.are_clean(kDirectoryStart, kDirectoryBlocks))
    intact.emplace_back("region directory");
  for (const PlacedRegion& region : context.regions) {
    if (region.tag == block_types::kSuperblock || region.tag == block_types::kRegionMap) continue;
    const auto slot_count = static_cast<uint64_t>(probe.slots[region.slot].count);
    if (region.blocks.count() != slot_count || !report.is_clean(region.tag)) continue;
    // Which blocks of the data area count is the bitmap's to say.
    const bool data_judged =
        context.options.scope == VerifyScope::kAll && report.is_clean(block_types::kBitmap);
    if (region.is_data_area && !data_judged) continue;
    intact.push_back(to_string(region.tag));
  }
  return intact;
}

}  // namespace vde
