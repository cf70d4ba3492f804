// Checks the policy vault: its count and the lengths of its policies. Its HMAC needs a key.
#include "check/passes.h"
#include "check/tables/region_blocks.h"
#include "format/region/policy.h"

namespace vde {

Result<void> check_policies(VerifyContext& context) {
  const PlacedRegion* region = context.find_plain(block_types::kPolicyVault);
  if (region == nullptr) return {};
  RegionBlocks blocks(context.io, *region);
  const auto payload = blocks.payload(0);
  if (!payload) return {};
  const auto add = [&](FindingCode code, std::string message,
                       FindingSite site = FindingSite::here()) {
    context.report.add(code, region->blocks.begin, region->type, std::move(message), {}, site);
  };
  const auto policies = decode_policies(*payload);
  if (!policies) {
    add(FindingCode::kPolicyCountWrong, policies.error().message);
    return {};
  }
  size_t end = kPolicyVaultHeaderLayout.size();
  for (const PolicyEntry& policy : *policies) end += kPolicyEntryLayout.size() + policy.data.size();
  if (!all_zero(payload->subspan(end)))
    add(FindingCode::kPolicyUncounted, "there is more after the last policy");
  return {};
}

}  // namespace vde
