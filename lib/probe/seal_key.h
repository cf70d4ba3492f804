// Keys for the header seal of an image.
#pragma once

#include "probe/probe.h"
#include "vde/keys/secret_key.h"

namespace vde {

// The first of `keys` with which the seal of the superblock in use was made. Null if there is none,
// or the superblock has no valid trailer.
[[nodiscard]] SharedKey find_seal_key(const Probe& probe, const SecretKeys& keys);

// The key that renews the seal when the image is changed; null if the image is not sealed, or
// `unseal` says that the seal shall go. kUnsupported if the image is sealed and none of `keys` is
// the seal's, or if there are keys and no seal.
[[nodiscard]] Result<SharedKey> key_for_changes(const Probe& probe, bool unseal,
                                                const SecretKeys& keys);

// The refusal to change an image whose seal none of the keys fits.
[[nodiscard]] tl::unexpected<Error> seal_misfit(const Probe& probe);

}  // namespace vde
