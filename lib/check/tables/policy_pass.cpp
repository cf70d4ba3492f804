// Checks the policy vault: its count, the lengths of its policies, their ids, and what the format
// defines of their content. Its HMAC needs a key.
#include <fmt/format.h>

#include <algorithm>

#include "check/passes.h"
#include "format/region/policy.h"
#include "vde/text.h"

namespace vde {
namespace {

constexpr uint16_t kTamperResponse = 0x0074;
constexpr uint8_t kLastResponse = 4;

class PolicyJudge {
 public:
  PolicyJudge(VerifyContext& context, const PlacedRegion& region)
      : context_(context), region_(region) {}

  void judge(Bytes payload) {
    const auto policies = decode_policies(payload);
    if (!policies) return add(FindingCode::kPolicyCountWrong, 0, policies.error().message);
    size_t end = kPolicyVaultHeaderLayout.size();
    std::vector<Guid> ids;
    for (const PolicyEntry& policy : *policies) {
      end += kPolicyEntryLayout.size() + policy.data.size();
      ids.push_back(policy.id);
      check_content(policy);
    }
    if (!all_zero(payload.subspan(end)))
      add(FindingCode::kPolicyUncounted, 0, "there is more after the last policy");
    // Zeros can be decoded as a policy.
    if (!policies->empty() && policies->back() == PolicyEntry{})
      add(FindingCode::kPolicyCountWrong, 0, "the last policy that the header counts is zero");
    check_ids(std::move(ids));
  }

  void judge_seal(Bytes payload) {
    if (!all_zero(payload.subspan(kPolicySealLayout.size())))
      add(FindingCode::kReservedNotZero, 1, "bytes after the HMAC of the policy vault");
  }

 private:
  void add(FindingCode code, uint64_t block, std::string message,
           FindingSite site = FindingSite::here()) {
    context_.report.add(code, region_.blocks.begin + block, region_.type, std::move(message), {},
                        site);
  }

  void check_content(const PolicyEntry& policy) {
    if (policy.type != kTamperResponse) return;
    if (policy.data.size() != 1 || policy.data[0] > kLastResponse)
      add(FindingCode::kPolicyUnknown, 0,
          fmt::format("policy {} holds the response {}", to_string(policy.id),
                      to_hex(policy.data)));
  }

  void check_ids(std::vector<Guid> ids) {
    std::ranges::sort(ids);
    for (size_t i = 1; i < ids.size(); ++i)
      if (ids[i] == ids[i - 1] && !ids[i].is_zero())
        add(FindingCode::kPolicyTwice, 0,
            fmt::format("more than one policy has the id {}", to_string(ids[i])));
  }

  VerifyContext& context_;
  const PlacedRegion& region_;
};

}  // namespace

Result<void> check_policies(VerifyContext& context) {
  const PlacedRegion* region = context.find_plain(block_types::kPolicyVault);
  if (region == nullptr) return {};
  RegionBlocks blocks(context.io, *region);
  PolicyJudge judge(context, *region);
  if (const auto payload = blocks.payload(0)) judge.judge(*payload);
  if (region->blocks.count() < 2) return {};
  if (const auto payload = blocks.payload(1)) judge.judge_seal(*payload);
  return {};
}

}  // namespace vde
