// The passes of a verification, and their order.
#pragma once

#include <span>

#include "check/context.h"

namespace vde {

// One pass. An error ends the verification. Damage is reported as a finding, not as an error.
using Pass = Result<void> (*)(VerifyContext&);

Result<void> check_origin(VerifyContext& context);
Result<void> check_copied_content(VerifyContext& context);
Result<void> check_geometry(VerifyContext& context);
Result<void> check_superblocks(VerifyContext& context);
Result<void> check_regions(VerifyContext& context);
Result<void> check_journal(VerifyContext& context);
Result<void> check_inode_layout(VerifyContext& context);
Result<void> check_migration(VerifyContext& context);
Result<void> find_sound_tags(VerifyContext& context);
Result<void> check_blocks(VerifyContext& context);
Result<void> check_modules(VerifyContext& context);
Result<void> check_dictionaries(VerifyContext& context);
Result<void> check_snapshots(VerifyContext& context);
Result<void> check_tables(VerifyContext& context);
Result<void> check_anchor(VerifyContext& context);
Result<void> check_keyed(VerifyContext& context);
Result<void> check_keys(VerifyContext& context);
Result<void> check_policies(VerifyContext& context);
Result<void> check_integrity_tree(VerifyContext& context);
Result<void> check_tags(VerifyContext& context);
Result<void> check_bitmap(VerifyContext& context);

// When a pass runs on a stream (see verify_stream).
enum class OnStream {
  kNever,      // it needs random access: reported as not checked
  kItself,     // the stream code does the same, block by block
  kNotNeeded,  // it reports nothing and only saves time for other passes
  kAtStart,    // on the fixed blocks, before anything else
  kAtEnd,      // on the blocks that are always kept: the first of each region, and the bitmap
  kIfKept,     // as kAtEnd, if all blocks of the regions in is_read_whole() could be kept
};

// Whether passes of kIfKept read blocks of this region other than the first one.
[[nodiscard]] bool is_read_whole(const PlacedRegion& region);

struct NamedPass {
  const char* name;  // "tag tree", for people
  Pass run;
  OnStream on_stream = OnStream::kNever;
};

// All passes, in their order. Later ones use the results of earlier ones: regions before their
// content, blocks before the bitmap, because damaged bitmap blocks are ignored.
[[nodiscard]] std::span<const NamedPass> passes();

}  // namespace vde
