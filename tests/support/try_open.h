// Opens the layers below an Image on a file, as an Image does with its own.
#pragma once

#include "image/volume.h"

namespace vde::test {

struct EditOptions {
  Ticks now;            // the time of every change
  bool unseal = false;  // change a sealed image, which clears its seal
};

inline constexpr EditOptions kSomeOptions{Ticks{638'000'000'000'000'000}, false};

// A clock that stands still.
[[nodiscard]] Clock clock_of(const EditOptions& options);

// A session on `file`, which outlives it. Refuses what Image::open() refuses for changes, and then
// recovers, as the first staged change does.
[[nodiscard]] Result<std::unique_ptr<Volume>> try_open_volume(
    BlockFile& file, const EditOptions& options = kSomeOptions);

// The journal alone, recovered.
[[nodiscard]] Result<std::unique_ptr<Journal>> try_open_journal(BlockFile& file);

// The image as its last commit left it; `file` outlives it.
[[nodiscard]] Result<std::unique_ptr<BlockFile>> committed_view(BlockFile& file);

}  // namespace vde::test
