#include "inspect/key_fits.h"

#include <algorithm>

#include "format/extended_metadata.h"
#include "format/keyed_hash.h"
#include "format/region/policy.h"

namespace vde {
namespace {

template <class Fits>
std::optional<Json> any_fits(const SecretKeys& keys, Bytes code, Fits fits) {
  if (all_zero(code)) return Json(nullptr);
  return Json(std::ranges::any_of(keys, [&](const SharedKey& key) { return fits(key->bytes()); }));
}

}  // namespace

Result<std::optional<Json>> key_fits(const BlockIo& io, BlockType type, const BlockPlace& place,
                                     Bytes payload, const SecretKeys& keys) {
  if (type == block_types::kSuperblock)
    return any_fits(keys, payload.last(kHeaderSealLayout.size()),
                    [&](Bytes key) { return seal_fits(key, payload); });
  if (type == block_types::kExtendedMetadata) {
    const ExtendedMetadata metadata = kExtendedMetadataLayout.decode(payload);
    return any_fits(keys, metadata.namespace_signature,
                    [&](Bytes key) { return namespace_fits(key, payload); });
  }
  if (type != block_types::kPolicyVault || place.index != 1) return std::optional<Json>{};
  BlockBuffer buffer = io.make_buffer();
  VDE_TRY_ASSIGN(policies, io.read(place.number - 1, buffer));
  return any_fits(keys, payload.first(kPolicySealLayout.size()), [&](Bytes key) {
    return policies_fit(key, policies.unchecked_payload(), payload);
  });
}

}  // namespace vde
