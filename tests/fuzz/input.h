// The meaning of a fuzz input: a base image, edits of it, and operations on the result.
//
//   byte 0: base image, modulo their number
//   byte 1: operations (FuzzPlay)
//   then edits until the input ends: operation u8, block u8, offset u16, and what the operation
//   needs
//
// Blocks are numbered so that those of the fuzzed region come first. Everything that confirms an
// edited block is updated afterwards: checksums, the directory's checksum, the mirror group, and
// the hash of the tag index's extension record.
#pragma once

#include "fuzz/bases.h"

namespace vde::test {

struct FuzzPlay {
  bool changes = false;   // add and remove a tag, snapshot or module
  bool stats = false;     // slow operations: statistics, the facts of modules
  bool mapped = false;    // read tags through a mapping
  bool streamed = false;  // also verify as a stream
  bool metadata = false;  // verify without the data area
  uint8_t choice = 0;     // selects a change
};

struct FuzzImage {
  FuzzBase base;
  FuzzPlay play;
  std::unique_ptr<ImageBuilder> image;
};

// Never fails: missing bytes are zeros.
[[nodiscard]] FuzzImage image_of_input(Bytes input);

// Applies edits to an image; the blocks of `region` come first.
void apply_edits(ImageBuilder& image, std::string_view region, Bytes edits);

}  // namespace vde::test
