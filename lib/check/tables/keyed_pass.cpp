// What can be checked with a key of the evidence against tampering: the header seal, the HMAC of
// the policy vault and the signature of the namespace. Each may have a key of its own.
#include <fmt/format.h>

#include <algorithm>

#include "check/passes.h"
#include "format/extended_metadata.h"
#include "format/keyed_hash.h"
#include "format/region/policy.h"

namespace vde {
namespace {

class KeyedJudge {
 public:
  explicit KeyedJudge(VerifyContext& context)
      : context_(context), is_used_(context.options.keys.size()) {}

  void judge() {
    judge_seal();
    judge_policies();
    // The last one: it depends on which keys are used.
    judge_namespace();
    if (is_anything_unread_) return;
    if (!is_anything_set_)
      add(FindingCode::kNothingSealed, std::nullopt, block_types::kSuperblock,
          "there is no header seal, no HMAC of policies and no namespace signature");
    else if (const auto unused = std::ranges::count(is_used_, false); unused > 0 && !is_any_wrong_)
      add(FindingCode::kKeyUnused, std::nullopt, block_types::kSuperblock,
          fmt::format("{} of the {} keys", unused, is_used_.size()));
  }

 private:
  void add(FindingCode code, std::optional<uint64_t> block, BlockType type, std::string message,
           FindingSite site = FindingSite::here()) {
    context_.report.add(code, block, type, std::move(message), {}, site);
  }

  // Whether one of the keys satisfies `fits`; notes which, and that it confirms `what`.
  template <class Fits>
  bool confirms(std::string_view what, Fits fits) {
    is_anything_set_ = true;
    bool any = false;
    for (size_t i = 0; i < is_used_.size(); ++i) {
      if (!fits(context_.options.keys[i]->bytes())) continue;
      is_used_[i] = true;
      any = true;
    }
    is_any_wrong_ |= !any;
    if (any) context_.confirmed.emplace_back(what);
    return any;
  }

  // "the key", or "any of the 2 keys"; and their size, if it is not the usual one.
  [[nodiscard]] std::string keys_text() const {
    constexpr size_t kUsualBytes = 32;
    const SecretKeys& keys = context_.options.keys;
    if (keys.size() > 1) return fmt::format("any of the {} keys", keys.size());
    const size_t size = keys.front()->bytes().size();
    if (size == kUsualBytes) return "the key";
    return fmt::format("the key, which has {} {} instead of {}", size, size == 1 ? "byte" : "bytes",
                       kUsualBytes);
  }

  void judge_seal() {
    const Probe& probe = context_.probe;
    is_anything_unread_ |= !probe.superblock_verified();
    if (!probe.superblock_verified() || !probe.seal.is_set()) return;
    const Bytes payload = probe.group().blocks[0].payload();
    if (confirms("header seal", [&](Bytes key) { return seal_fits(key, payload); }))
      add(FindingCode::kSealedImage, probe.superblock_block, block_types::kSuperblock,
          "the seal fits the key");
    else
      add(FindingCode::kSealWrong, probe.superblock_block, block_types::kSuperblock,
          fmt::format("it does not fit {}", keys_text()));
  }

  void judge_policies() {
    const PlacedRegion* region = context_.find_plain(block_types::kPolicyVault);
    if (region == nullptr || region->blocks.count() < 2) return;
    RegionBlocks blocks(context_.io, *region);
    const auto first = blocks.payload(0);
    const BlockBuffer policies = first ? BlockBuffer(first->begin(), first->end()) : BlockBuffer();
    const auto seal = blocks.payload(1);
    is_anything_unread_ |= policies.empty() || !seal;
    if (policies.empty() || !seal || all_zero(seal->first(kPolicySealLayout.size()))) return;
    if (!confirms("policy vault HMAC",
                  [&](Bytes key) { return policies_fit(key, policies, *seal); }))
      add(FindingCode::kPolicySealWrong, region->blocks.begin + 1, region->type,
          fmt::format("it does not fit {}", keys_text()));
  }

  // The authority over a namespace has a key of its own. So only a key that fits nothing else must
  // fit here.
  void judge_namespace() {
    const Probe& probe = context_.probe;
    if (!probe.has_group()) return;
    const Bytes payload = probe.group().blocks[2].payload();
    if (all_zero(kExtendedMetadataLayout.decode(payload).namespace_signature)) return;
    if (confirms("namespace signature", [&](Bytes key) { return namespace_fits(key, payload); }))
      return;
    const uint64_t block = probe.superblock_block + 2;
    if (std::ranges::find(is_used_, false) == is_used_.end())
      add(FindingCode::kNamespaceUnchecked, block, block_types::kExtendedMetadata,
          "none of the keys is for it");
    else
      add(FindingCode::kNamespaceWrong, block, block_types::kExtendedMetadata,
          fmt::format("it does not fit {}", keys_text()));
  }

  VerifyContext& context_;
  std::vector<bool> is_used_;  // by key: something fits it
  bool is_anything_set_ = false;
  bool is_anything_unread_ = false;
  bool is_any_wrong_ = false;
};

}  // namespace

Result<void> check_keyed(VerifyContext& context) {
  if (!context.options.keys.empty()) KeyedJudge(context).judge();
  return {};
}

}  // namespace vde
