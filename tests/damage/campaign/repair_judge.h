// One seed of the repair campaign: a known image, one to six faults, and a repair with and one
// without consent to lose data.
//
// A repair is right where all of this is:
//  - Every entry of the undamaged image all of whose blocks were untouched is there; or, without
//    consent, every entry is there, or the blocks that hold it are as the damage left them.
//  - Nothing is there that the undamaged image does not hold, or twice what it holds once; except
//    fields of proven entries that the list of lost entries names as unverified.
//  - Another verification finds nothing that the undamaged image does not have. It may name what
//    the damage destroyed for good, if the repair named that too. What is gone is named.
//  - Another repair finds nothing to do.
//  - The list of lost entries has a line for everything that the steps lose.
//  - Undo leaves the bytes that were there before the repair.
//  - If the fault was one flipped bit, its block is restored exactly.
// Where no copy is left of one of the blocks that exist in both superblock groups nothing has to be
// there.
#pragma once

#include <array>

#include "damage/campaign/exact_count.h"

namespace vde::test {

enum class WrongKind : uint8_t {
  kLost,
  kInvented,
  kNotClean,
  kNotIdempotent,
  kNotUndone,
  kCrashed,
};
inline constexpr size_t kWrongKinds = 6;
[[nodiscard]] std::string_view wrong_name(WrongKind kind);

struct Wrong {
  WrongKind kind;
  bool consent;  // of which run
  std::string what;
};

struct RepairSeed {
  std::string image;
  std::vector<std::string> damages;
  std::vector<Wrong> wrong;
  ExactCounts exact{};               // of the run with consent
  std::vector<std::string> details;  // what was found and done, where that is asked for
};

struct RepairSeedOptions {
  DamageOptions damage;
  bool explain = false;
  bool rescue = false;  // judge rescues instead of repairs: with, and without blocks 0 to 9
  std::string keep;     // name of the file for the damaged image; empty: none
};

// The library asks for consent before a repair loses data.
[[nodiscard]] bool consent_exists();

// Rescues the damaged image with and without its first ten blocks; `consent` of what is wrong means
// "with". Right is what brings back every entry all of whose blocks were untouched and nothing that
// was never there, lists without an error, and leaves the source alone.
void judge_rescues(const KnownImage& known, const CowFile& damaged, const BlockSet& touched,
                   RepairSeed& seed, const RepairSeedOptions& options);

// The same for the same seed, on any machine.
[[nodiscard]] RepairSeed play_repair_seed(uint64_t seed, const RepairSeedOptions& options);

}  // namespace vde::test
