// What all derivations of payloads share.
#pragma once

#include "check/context.h"
#include "check/exact/work.h"

namespace vde {

struct DerivedPayload {
  BlockBuffer payload;
  std::string source;  // what it follows from
};

// The image, and how much of it may be read.
struct DerivationInput {
  BlockIo io;
  const Probe& probe;
  const Activity& activity;
  Work work;
  bool exhausted = false;  // there was too little work for something

  // Takes the work of reading so many blocks and their checksums; false if there is too little.
  bool take_reading(uint64_t blocks) { return take(blocks * (1000 + 4 * steps_per_block())); }
  bool take(uint64_t steps) {
    exhausted = exhausted || !work.has(steps);
    if (!exhausted) work.take(steps);
    return !exhausted;
  }

 private:
  [[nodiscard]] uint64_t steps_per_block() const { return checksum_steps(io.block_size()); }
};

}  // namespace vde
