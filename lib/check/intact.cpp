#include "check/intact.h"

namespace vde {

std::vector<std::string> intact_structures(const VerifyContext& context) {
  const Probe& probe = context.probe;
  const Reporter& report = context.report;
  std::vector<std::string> intact;
  // A wrong field is reported for the group in use only. The other group has the same fields unless
  // it is older.
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
    if (is_fixed(region.type)) continue;
    const auto slot_count = static_cast<uint64_t>(probe.slots[region.slot].count);
    if (region.blocks.count() != slot_count || !report.is_clean(region.type)) continue;
    // The bitmap tells which data blocks are checked.
    const bool data_checked =
        context.options.scope == VerifyScope::kAll && report.is_clean(block_types::kBitmap);
    if (region.is_data_area && !data_checked) continue;
    intact.push_back(to_string(region.type));
  }
  intact.insert(intact.end(), context.confirmed.begin(), context.confirmed.end());
  return intact;
}

}  // namespace vde
