// Payloads that follow from the rest of the image. Whether one is what a damaged block held is for
// its checksum to say.
#pragma once

#include "check/exact/place_check.h"

namespace vde {

struct DerivedPayload {
  BlockBuffer payload;
  std::string source;  // what it follows from
};

// What block `number` may have held, by the blocks of `file` that verify; nothing where it does not
// follow from others. kIo, kInterrupted.
[[nodiscard]] Result<std::vector<DerivedPayload>> derive_payloads(BlockFile& file,
                                                                  const Probe& probe,
                                                                  uint64_t number,
                                                                  const Activity& activity);

}  // namespace vde
