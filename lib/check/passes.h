// The passes of a verification, and their order.
#pragma once

#include <span>

#include "check/context.h"

namespace vde {

// One pass. An error ends the verification; damage is never one.
using Pass = Result<void> (*)(VerifyContext&);

Result<void> check_geometry(VerifyContext& context);
Result<void> check_superblocks(VerifyContext& context);
Result<void> check_regions(VerifyContext& context);
Result<void> check_journal(VerifyContext& context);
Result<void> check_inode_layout(VerifyContext& context);
Result<void> find_sound_tags(VerifyContext& context);
Result<void> check_blocks(VerifyContext& context);
Result<void> check_modules(VerifyContext& context);
Result<void> check_dictionaries(VerifyContext& context);
Result<void> check_snapshots(VerifyContext& context);
Result<void> check_tags(VerifyContext& context);
Result<void> check_bitmap(VerifyContext& context);

// How much of a pass can be done on an image that streams by (see verify_stream).
enum class OnStream {
  kNever,      // it reads here and there: named as not done
  kItself,     // the stream does the same block by block
  kNotNeeded,  // it reports nothing, and only saves other passes time
  kAtStart,    // on the fixed blocks, before anything else
  kAtEnd,      // on what was kept: the first block of each region, and the bitmap
};

struct NamedPass {
  std::string_view name;  // "tag tree", for people
  Pass run;
  OnStream on_stream = OnStream::kNever;
};

// All passes, in their order: later ones build on what earlier ones found out, regions before what
// lies in them, blocks before the bitmap, whose damaged blocks decide nothing.
[[nodiscard]] std::span<const NamedPass> passes();

}  // namespace vde
