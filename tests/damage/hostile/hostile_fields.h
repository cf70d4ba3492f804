// An image with content in every structure, and a list of all its fields for hostile values.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "support/image_builder.h"

namespace vde::test {

// One field of one structure, in every block that holds a copy of it.
struct Target {
  std::string structure;
  std::vector<uint64_t> blocks;
  size_t offset = 0;  // of the structure in its block, in bytes
  Field field;
};

// The hostile values of a field.
enum class Variant {
  kZero,
  kOnes,
  kFirstBit,
  kMiddleBit,
  kLastBit,
  kPlusOne,
  kMinusOne,
  kRandom,
  kRandomAgain,
  kEnd
};

// Changes the field: in all of its copies, with corrected checksums, or only in the first copy,
// without correcting checksums.
void taint(ImageBuilder& image, const Target& target, Variant variant, bool rehashed,
           uint64_t seed);

// Fills the regions of an intact image: a tag, two snapshots, a module, a tree of three leaves.
void fill_regions(ImageBuilder& image);

// The fields of an image that fill_regions filled.
[[nodiscard]] std::vector<Target> all_targets(ImageBuilder& image);

// Calls `look` with `image`, initially intact, damaged in each way, one after the other; only in
// some of the ways if the test's effort is less than 1. Skips ways that change nothing. Messages of
// doctest name the way.
void spoil_each(ImageBuilder& image, uint64_t seed,
                const std::function<void(const Target& target, bool rehashed)>& look);

}  // namespace vde::test
