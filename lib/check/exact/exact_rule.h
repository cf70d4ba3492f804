// What a block that was found must pass before it is written, one rule each, so that a test build
// can switch one off and show that a test sees it. Every other build switches nothing off.
#pragma once

namespace vde {

enum class ExactRule {
  kType,         // the block type of the place
  kGeneration,   // not newer than the superblock
  kFixed,        // superblocks and the directory's header
  kRegionCodec,  // what the region has there
  kNoCopy,       // no other block of the region holds the same
  kStructure,    // no finding about its structure that was not there before
  kModuleHash,   // a module's bytes have the hash of its entry
  kOtherVolume,  // a file that blocks are taken from is of the same volume
};

#ifdef VDE_CHECK_MUTATIONS
[[nodiscard]] bool is_switched_off(ExactRule rule);
#else
[[nodiscard]] constexpr bool is_switched_off(ExactRule) {
  return false;
}
#endif

}  // namespace vde
