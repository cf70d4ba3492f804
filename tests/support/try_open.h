// Opens the layers below an Image on a file, as an Image does.
#pragma once

#include "image/volume.h"

namespace vde::test {

struct EditOptions {
  Ticks now;             // the time of every change
  bool unseal = false;   // allow changing a sealed image, which removes its seal
  SecretKeys keys = {};  // with which a seal is renewed
};

inline const EditOptions kSomeOptions{Ticks{638'000'000'000'000'000}, false, {}};

// A clock that always returns the same time.
[[nodiscard]] Clock clock_of(const EditOptions& options);

// Opens a volume in `file`, which must outlive it. Fails if Image::open() fails for changes;
// recovers the journal, as the first staged change does.
[[nodiscard]] Result<std::unique_ptr<Volume>> try_open_volume(
    BlockFile& file, const EditOptions& options = kSomeOptions);

// The journal alone, recovered.
[[nodiscard]] Result<std::unique_ptr<Journal>> try_open_journal(BlockFile& file);

// The image as of its last commit; `file` must outlive it.
[[nodiscard]] Result<std::unique_ptr<BlockFile>> committed_view(BlockFile& file);

}  // namespace vde::test
