// What may stay of the fixed blocks: superblock groups and region directory.
#pragma once

#include "format/superblock.h"

namespace vde {

class FixedScrubber {
 public:
  // Writes what may stay of `block`, which is one of the first ten, to `to`: a payload of zeros.
  // Call it in ascending order. Returns false if the block's type is not the one of its place:
  // then nothing stays.
  [[nodiscard]] bool scrub(const CheckedBlock& block, MutableBytes to);

 private:
  void scrub_directory_header(Bytes payload, MutableBytes to) const;

  // Of block 8, before and after.
  uint64_t slots_checksum_ = 0;
  uint64_t new_slots_checksum_ = 0;
};

}  // namespace vde
