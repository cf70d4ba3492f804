// An image with something in every structure, and the list of all fields in it that hostile bytes
// can be put into.
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

// What a field may become.
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

// Changes the field, the same in each of its copies: resealed, with all that vouches for it, or in
// the first copy alone and not resealed.
void taint(ImageBuilder& image, const Target& target, Variant variant, bool resealed,
           uint64_t seed);

// Fills the regions of a sound image: a tag, two snapshots, a module, a tree of three leaves.
void fill_regions(ImageBuilder& image);

// The fields of an image that fill_regions filled.
[[nodiscard]] std::vector<Target> all_targets(ImageBuilder& image);

// Calls `look` with `image`, sound before, spoiled in every way, one after the other; in some of
// them where the test's effort is less than 1. Ways that change nothing are left out. Messages of
// doctest say which way it is.
void spoil_each(ImageBuilder& image, uint64_t seed,
                const std::function<void(const Target& target, bool resealed)>& look);

}  // namespace vde::test
