// Opens what lies below the library's public interface: a volume, for writing blocks of data and
// many entries a commit.
#pragma once

#include "image/volume.h"

namespace vde {

// The image in `file`, whose exclusive lock the caller holds; nothing may forbid writing to it.
[[nodiscard]] inline Result<std::unique_ptr<Volume>> open_volume(BlockFile& file) {
  VDE_TRY_ASSIGN(probe, probe_to_use(file));
  VDE_TRY_ASSIGN(plan, plan_recovery(BlockIo(file, probe.block_size), probe));
  return Volume::open(file, probe, plan, {});
}

}  // namespace vde
