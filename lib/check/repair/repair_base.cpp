#include "check/repair/repair_base.h"

#include <algorithm>

#include "base/checked.h"
#include "probe/seal_key.h"

namespace vde {

bool all_readable(const Probe& probe) {
  const auto readable = [](const FixedBlock& block) { return block.readable; };
  return std::ranges::all_of(probe.primary.blocks, readable) &&
         std::ranges::all_of(probe.mirror.blocks, readable) &&
         std::ranges::all_of(probe.directory.blocks, readable);
}

std::vector<PlacedRegion> place_regions(const std::vector<RegionSlot>& slots, uint32_t manifest,
                                        uint64_t blocks) {
  std::vector<PlacedRegion> placed;
  const auto data_area = data_area_slot(slots, manifest);
  for (size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].is_free()) continue;
    const auto range = block_range(slots[i].start, slots[i].count);
    if (!range || range->empty() || range->end > blocks) continue;
    placed.push_back(
        {i, slots[i].type, *range, data_area == i, region_content(slots, i, manifest)});
  }
  return placed;
}

std::vector<PlacedRegion> place_regions(const Probe& probe) {
  return place_regions(probe.slots, probe.manifest(), probe.usable_blocks());
}

std::optional<JournalArea> sole_journal_area(const Probe& probe) {
  const auto area = find_journal(probe);
  if (!area || area->region.begin < kFirstRegionBlock) return std::nullopt;
  int claims = 0;
  for (const PlacedRegion& region : place_regions(probe))
    if (!region.is_data_area && overlap(region.blocks, area->region)) ++claims;
  return claims == 1 ? std::optional(*area) : std::nullopt;
}

Result<void> RepairBase::read_probe() {
  VDE_TRY_ASSIGN(probe, probe_to_judge(target_.file));
  // Using only the readable blocks would be a different repair from the planned one.
  if (!all_readable(probe))
    return fail(ErrorCode::kIo, "a superblock group or the region directory cannot be read");
  probe_ = std::move(probe);
  io_ = BlockIo(target_.file, probe_.block_size);
  return {};
}

void RepairBase::keep_seal_key() {
  seal_key_ = find_seal_key(probe_, options().verify.keys);
}

void RepairBase::step(std::string what, std::string source) {
  target_.log.steps.push_back({std::move(what), std::move(source), {}, {}, {}});
}

bool RepairBase::lossy_step(std::string what, std::string source, Loss loss) {
  if (!consents(loss)) {
    target_.log.withheld = true;
    return false;
  }
  target_.log.steps.push_back(
      {std::move(what), std::move(source), {}, std::move(loss.what), loss.counts});
  return true;
}

Result<void> RepairBase::lose(const LostEntry& entry) {
  RepairLog& log = target_.log;
  log.listed.resize(log.steps.size());
  ListedLosses& listed = log.listed.back();
  listed.any = true;
  listed.counts.of(entry.kind) += entry.count.value_or(0);
  return log.lost ? log.lost(entry) : Result<void>{};
}

void RepairBase::exact_step(std::string what, std::string source) {
  step(std::move(what), std::move(source));
  ++target_.log.exact_steps;
}

// Skips blocks that the step already lists: the first block of a table is often written together
// with each of the others.
void RepairBase::touched(BlockRange blocks) {
  auto& all = target_.log.steps.back().blocks;
  const auto has = [&](BlockRange range) {
    return range.begin <= blocks.begin && blocks.end <= range.end;
  };
  if (!all.empty() && (has(all.front()) || has(all.back()))) return;
  if (!all.empty() && all.back().end == blocks.begin)
    all.back().end = blocks.end;
  else
    all.push_back(blocks);
}

}  // namespace vde
