// Opens a volume below the library's public interface, to write data blocks and many entries per
// commit.
#pragma once

#include "image/volume.h"

namespace vde {

// Opens the image in `file`, whose exclusive lock the caller must hold. The image must be writable.
[[nodiscard]] inline Result<std::unique_ptr<Volume>> open_volume(BlockFile& file) {
  VDE_TRY_ASSIGN(probe, probe_to_use(file));
  VDE_TRY_ASSIGN(plan, plan_recovery(BlockIo(file, probe.block_size), probe));
  return Volume::open(file, probe, plan, {});
}

}  // namespace vde
