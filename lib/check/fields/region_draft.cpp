#include "check/fields/region_draft.h"

#include <algorithm>

#include "check/exact/search.h"

namespace vde {

Result<std::optional<BlockBuffer>> RegionDraft::payload(uint64_t index) {
  if (const auto taken = taken_.find(index); taken != taken_.end())
    return std::optional(taken->second);
  VDE_TRY_ASSIGN(block, repair_.read(region_.blocks.begin + index));
  const Bytes payload = block.unchecked_payload();
  std::optional<BlockBuffer> copy(std::in_place, payload.begin(), payload.end());
  if (block.is_unwritten()) return copy;
  const bool intact = block.check_payload().has_value() &&
                      may_carry(region_.type, region_.content, block.unchecked_trailer().type);
  if (!intact) copy.reset();
  return copy;
}

// The type stays that of the block: some regions have blocks of another type.
Result<BlockType> RegionDraft::type_of(uint64_t index) {
  VDE_TRY_ASSIGN(block, repair_.read(region_.blocks.begin + index));
  return block.is_unwritten() ? region_.type : block.unchecked_trailer().type;
}

Result<RegionDraft::Found> RegionDraft::judge(const Payloads& changed) {
  const auto view = repair_.committed_view();
  Payloads all = changed;
  all.insert(taken_.begin(), taken_.end());
  for (const auto& [index, payload] : all) {
    BlockBuffer block = repair_.io().make_buffer();
    std::ranges::copy(payload, block.begin());
    VDE_TRY_ASSIGN(type, type_of(index));
    write_trailer(block, type, 1);
    VDE_TRY(view->write((region_.blocks.begin + index) * block.size(), block));
  }
  Probe probe = repair_.probe();
  probe.slots = repair_.slots();
  probe.superblock = repair_.superblock();
  Found found;
  const std::function<void(const Finding&)> keep = [&](const Finding& finding) {
    if (finding.kind->severity != Severity::kNote) found.emplace(finding.kind, finding.block);
  };
  Reporter reporter(keep, nullptr, probe.block_size);
  const VerifyOptions options;
  const JournalOnDisk no_journal;
  ExactSearch nothing(0, repair_.activity());
  VerifyContext context{BlockIo(*view, probe.block_size),
                        probe,
                        options,
                        repair_.activity(),
                        reporter,
                        no_journal,
                        nothing,
                        {}};
  // Dictionaries are compared with other regions.
  if (region_.content == block_types::kDictionaries)
    context.regions = repair_.regions();
  else
    context.regions = {region_};
  VDE_TRY(pass_(context));
  return found;
}

Result<bool> RegionDraft::has_findings() {
  if (!found_) {
    VDE_TRY_ASSIGN(found, judge({}));
    found_ = std::move(found);
  }
  return !found_->empty();
}

Result<void> RegionDraft::propose(const Proposal& proposal) {
  if (proposal.payloads.empty()) return {};
  VDE_TRY_ASSIGN(any, has_findings());
  if (!any) return {};
  VDE_TRY_ASSIGN(after, judge(proposal.payloads));
  if (after.size() >= found_->size() || !std::ranges::includes(*found_, after)) return {};
  if (!repair_.lossy_step(proposal.what, proposal.source, {proposal.loses})) return {};
  for (const auto& finding : *found_)
    if (after.count(finding) < found_->count(finding)) repair_.solves(*finding.first);
  for (const auto& [index, payload] : proposal.payloads) {
    VDE_TRY_ASSIGN(type, type_of(index));
    VDE_TRY_ASSIGN(target, repair_.replace(region_.blocks.begin + index, type));
    std::ranges::copy(payload, target.begin());
    taken_.insert_or_assign(index, payload);
  }
  found_ = std::move(after);
  return {};
}

std::vector<PlacedRegion> sole_regions(StructureRepair& repair) {
  const std::vector<PlacedRegion> all = repair.regions();
  std::vector<PlacedRegion> sole;
  constexpr uint32_t kNotWritable = kRegionWorm | kRegionReadOnly | kRegionMigrating;
  for (const PlacedRegion& region : all) {
    const RegionSlot& slot = repair.slots()[region.slot];
    if (region.is_data_area || region.blocks.begin < kFirstRegionBlock || !slot.is_plain() ||
        (slot.flags & kNotWritable) != 0)
      continue;
    const bool shared = std::ranges::any_of(all, [&](const PlacedRegion& other) {
      return other.slot != region.slot && !other.is_data_area &&
             overlap(other.blocks, region.blocks);
    });
    if (!shared) sole.push_back(region);
  }
  return sole;
}

Result<void> repair_fields(StructureRepair& repair) {
  struct Repairer {
    Pass pass;
    Result<void> (*run)(RegionDraft&);
  };
  for (const PlacedRegion& region : sole_regions(repair)) {
    if (!is_read_whole(region)) continue;
    Repairer repairer{check_tables, repair_table_fields};
    if (region.content == block_types::kDictionaries)
      repairer = {check_dictionaries, repair_table_fields};
    if (region.content == block_types::kEncryption) repairer = {check_keys, repair_key_fields};
    if (region.content == block_types::kIntegrityTree)
      repairer = {check_integrity_tree, repair_tree_fields};
    if (region.content == block_types::kPolicyVault)
      repairer = {check_policies, repair_policy_fields};
    RegionDraft draft(repair, region, repairer.pass);
    VDE_TRY_ASSIGN(wrong, draft.has_findings());
    if (wrong) VDE_TRY(repairer.run(draft));
  }
  return {};
}

}  // namespace vde
