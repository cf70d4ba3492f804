// Faults in the metadata of a known image, as storage, memory and bad programs make them.
#pragma once

#include "damage/campaign/known_image.h"
#include "support/random.h"

namespace vde::test {

enum class DamageKind : uint8_t {
  kZeros,   // a whole block
  kNoise,   // a whole block
  kFlips,   // up to eight bits, in the trailer, too
  kSector,  // zeros or noise
  kSwap,    // with another block
  kCopy,    // of another block, in its place
  kType,    // the trailer's type, while the checksum fits
  kLie,     // one number, while the checksum fits
};

struct Damage {
  DamageKind kind = DamageKind::kZeros;
  std::string part;  // "TAGI leaf"
  uint64_t block = 0;
  std::string detail;                   // "with block 93"
  uint64_t bits = 0;                    // that are flipped
  std::shared_ptr<CowFile> after = {};  // the image with this fault and those before it

  [[nodiscard]] std::string describe() const;
};

struct DamageOptions {
  bool data = false;     // the bytes of modules may be hit, too
  bool one_bit = false;  // only one bit is flipped, in a valid block's payload
  // The first fault writes a block of another structure into a place of a group or the directory.
  bool misplaced = false;
};

// Puts one to six faults into `file`, which holds the image as it is; or one with `one_bit`.
[[nodiscard]] std::vector<Damage> put_damages(const KnownImage& known, CowFile& file,
                                              Random& random, const DamageOptions& options);

// Changes one number of a block that verifies and gives it a checksum that fits. Nothing where
// there is no such number.
[[nodiscard]] std::optional<Damage> tell_lie(const KnownImage& known, CowFile& file,
                                             Random& random);

}  // namespace vde::test
