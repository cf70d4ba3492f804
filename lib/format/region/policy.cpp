#include "format/region/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/cursor.h"

namespace vde {
namespace {

std::optional<PolicyEntry> take_policy(Reader& reader) {
  const auto fixed = reader.take(kPolicyEntryLayout.size());
  if (!fixed) return std::nullopt;
  PolicyEntry policy = kPolicyEntryLayout.decode(*fixed);
  if (policy.data_length < 0) return std::nullopt;
  const auto data = reader.take(static_cast<size_t>(policy.data_length));
  if (!data) return std::nullopt;
  policy.data.assign(data->begin(), data->end());
  return policy;
}

auto values(const PolicyEntry& policy) {
  return std::tie(policy.id, policy.type, policy.version, policy.created, policy.modified,
                  policy.data);
}

}  // namespace

bool PolicyEntry::operator==(const PolicyEntry& other) const {
  return values(*this) == values(other);
}

Result<std::vector<PolicyEntry>> decode_policies(Bytes payload) {
  Reader reader(payload);
  const auto count = reader.load<int32_t>();
  if (!count) return fail(ErrorCode::kDamaged, "the block is too small for a policy vault");
  if (*count < 0)
    return fail(ErrorCode::kDamaged, fmt::format("the policy vault claims {} policies", *count));
  std::vector<PolicyEntry> policies;
  for (int32_t i = 0; i < *count; ++i) {
    auto policy = take_policy(reader);
    if (!policy)
      return fail(ErrorCode::kDamaged,
                  fmt::format("policy {} of {} runs past its block", int64_t{i} + 1, *count));
    policies.push_back(std::move(*policy));
  }
  return policies;
}

Result<void> encode_policies(std::span<const PolicyEntry> policies, MutableBytes payload) {
  size_t size = kPolicyVaultHeaderLayout.size();
  for (const PolicyEntry& policy : policies) size += kPolicyEntryLayout.size() + policy.data.size();
  if (size > payload.size())
    return fail(ErrorCode::kNoSpace,
                fmt::format("{} policies of {} bytes do not fit a block", policies.size(), size));
  std::fill(payload.begin(), payload.end(), uint8_t{0});
  Writer writer(payload);
  writer.store(static_cast<int32_t>(policies.size()));
  for (const PolicyEntry& policy : policies) {
    PolicyEntry whole = policy;
    whole.data_length = static_cast<int32_t>(policy.data.size());
    kPolicyEntryLayout.encode(whole, writer.skip(kPolicyEntryLayout.size()));
    writer.copy(policy.data);
  }
  return {};
}

}  // namespace vde
