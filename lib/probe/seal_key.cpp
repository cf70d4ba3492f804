#include "probe/seal_key.h"

#include <algorithm>

#include "format/keyed_hash.h"

namespace vde {

SharedKey find_seal_key(const Probe& probe, const SecretKeys& keys) {
  if (!probe.seal.is_set() || !probe.superblock_verified()) return nullptr;
  const Bytes payload = probe.group().blocks[0].payload();
  const auto found = std::ranges::find_if(
      keys, [&](const SharedKey& key) { return seal_fits(key->bytes(), payload); });
  return found == keys.end() ? nullptr : *found;
}

Result<SharedKey> key_for_changes(const Probe& probe, bool unseal, const SecretKeys& keys) {
  // check_can_write() refuses a sealed image without either.
  if (unseal || keys.empty()) return SharedKey{};
  if (!probe.seal.is_set())
    return fail(ErrorCode::kUnsupported, "the image is not sealed, so it has no seal to renew",
                "leave out --key-file, after making sure that nobody removed the seal");
  if (SharedKey key = find_seal_key(probe, keys)) return key;
  return seal_misfit(probe);
}

tl::unexpected<Error> seal_misfit(const Probe& probe) {
  return fail_at(probe.superblock_block, ErrorCode::kUnsupported,
                 "the header seal does not fit the key: it was made with another one, or the "
                 "superblock was changed",
                 "use the right key file, or examine the image with 'vdetool verify'");
}

}  // namespace vde
