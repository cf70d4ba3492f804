// What the passes of a verification share.
#pragma once

#include <memory>
#include <optional>

#include "check/references.h"
#include "check/reporter.h"
#include "image/committed_view.h"

namespace vde {

// A region slot whose place was checked: it lies within the file, and its blocks may be read.
struct PlacedRegion {
  size_t slot = 0;
  BlockType tag;
  BlockRange blocks;  // clipped to what the file has
  bool is_data_area = false;
};

// What the journal that was found on the disk asks for.
struct JournalOnDisk {
  std::optional<CommittedView> view;  // the image with all commits; what the passes judge
  std::optional<Error> error;         // why there is none: the journal must not be touched
};

class TagsReached;

struct VerifyContext {
  BlockIo io;
  const Probe& probe;
  const VerifyOptions& options;
  Activity& activity;
  Reporter& report;
  const JournalOnDisk& journal;

  // Filled by the region pass, in slot order.
  std::vector<PlacedRegion> regions;
  // Filled by the passes between the blocks' and the bitmap's.
  References references = {};
  // Set by the pass over the tag tree that reports nothing, where there is nothing to report: the
  // tree's nodes, all of which verify. Null otherwise.
  std::shared_ptr<TagsReached> sound_tags = {};

  // The first region with this tag, or null.
  [[nodiscard]] const PlacedRegion* find(BlockType tag) const;
  // The same, or null where it is encrypted or compressed.
  [[nodiscard]] const PlacedRegion* find_plain(BlockType tag) const;
};

// Whether a block of this generation is newer than the superblock, as far as that is known.
[[nodiscard]] bool is_newer(const Probe& probe, uint32_t generation);

}  // namespace vde
