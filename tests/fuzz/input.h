// What the bytes of a fuzz input mean: a base image, edits of it, and what is done with the result.
//
//   byte 0: base image, modulo their number
//   byte 1: what is done (FuzzPlay)
//   then edits until the bytes end: operation u8, block u8, offset u16, and what the operation
//   needs
//
// Blocks are numbered so that those of the fuzzed region come first. Everything that vouches for an
// edited block is made right afterwards: checksums, the directory's, the mirror group, the hash of
// the tag index's extension record.
#pragma once

#include "fuzz/bases.h"

namespace vde::test {

struct FuzzPlay {
  bool changes = false;   // a tag, snapshot or module is added and taken away
  bool stats = false;     // what is slow: statistics, the facts of modules
  bool mapped = false;    // tags are read through a mapping
  bool streamed = false;  // verified as a stream, too
  bool metadata = false;  // verified without the data area
  uint8_t choice = 0;     // which of the changes
};

struct FuzzImage {
  FuzzBase base;
  FuzzPlay play;
  std::unique_ptr<ImageBuilder> image;
};

// Never fails: bytes that are missing are zeros.
[[nodiscard]] FuzzImage image_of_input(Bytes input);

}  // namespace vde::test
