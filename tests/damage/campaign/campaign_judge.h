// One seed of the campaign: a base, a fault, one writer or two, and whether what they did is right.
//
// Right is one of three things, for every operation after the fault:
//  - It refuses with kDamaged, kUnsupported or kNotAnImage, and changes nothing: the file's size
//    and all its blocks stay but the header and the last block of MWAL, a damaged block of a
//    superblock group that becomes what the other group has, and free blocks that nobody owns.
//  - It gives the error that it gives on the undamaged image, and changes nothing.
//  - It succeeds, its effect is there, and all of the undamaged image's content that could be read
//    before, by a list or by a repair of a copy, still can be, except for what the operation meant
//    to change. Blocks of other programs keep their bytes.
// And a list of the damaged image that comes to its end gives what the undamaged image holds.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "damage/campaign/campaign_fault.h"
#include "damage/campaign/campaign_operation.h"

namespace vde::test {

enum class ViolationKind : uint8_t {
  kLostTags,
  kLostSnapshots,
  kLostModules,
  kLostBlocks,      // of other programs
  kNoEffect,        // success was reported, and what was asked for is not there
  kChangedRefusal,  // it refused, and changed something
  kWrongAnswer,     // an error that is neither damage nor what the undamaged image gives
  kWrongTagList,    // a list came to its end, and is not what the image holds
  kWrongSnapshotList,
  kWrongModuleList,
  kSoundRefused,  // the undamaged image was refused as damaged, or has findings afterwards
};
inline constexpr size_t kViolationKinds = 11;
[[nodiscard]] std::string_view violation_name(ViolationKind kind);

struct Violation {
  ViolationKind kind;
  std::string what;
};

// How the last operation of a seed ended.
enum class SeedEnd : uint8_t { kRefused, kSucceeded, kNothingToDo, kWrong };

struct SeedResult {
  std::string base;
  std::string fault;
  std::vector<std::string> operations;  // each with how it ended
  std::vector<std::string> details;     // what was found on the way, where they are asked for
  std::vector<Violation> violations;
  SeedEnd end = SeedEnd::kWrong;
  bool sound = false;       // there was no fault
  bool older = false;       // the fault made an older image that nothing can tell from a sound one
  bool wrote_free = false;  // something refused after it had written to free blocks
};

// The same for the same seed, on any machine. `save`: where the undamaged, the damaged and the
// changed image go, as files of that name with an ending; empty: nowhere.
[[nodiscard]] SeedResult play_seed(uint64_t seed, bool detailed = false,
                                   const std::string& save = {});

}  // namespace vde::test
