// What the passes of a verification share: the image, its regions, the reporter.
#pragma once

#include <memory>
#include <optional>

#include "check/references.h"
#include "check/reporter.h"
#include "journal/committed_view.h"
#include "table/region_blocks.h"

namespace vde {

// The journal on disk.
struct JournalOnDisk {
  std::optional<CommittedView> view;  // the image with all commits applied; the passes check this
  std::optional<Error> error;         // why there is no view: the journal cannot be replayed safely
  bool groups_from_copy = false;      // neither group is intact, but the journal has a copy
};

class ExactSearch;
class TagsReached;

struct VerifyContext {
  BlockIo io;
  const Probe& probe;
  const VerifyOptions& options;
  Activity& activity;
  Reporter& report;
  const JournalOnDisk& journal;
  ExactSearch& search;  // for what is wrong with damaged blocks

  // Filled by the region pass, in slot order.
  std::vector<PlacedRegion> regions;
  // Filled by the passes between the block pass and the bitmap pass.
  References references = {};
  // Set by the silent pass over the tag tree if it finds nothing to report: the nodes of the tree,
  // which are all intact. Null otherwise.
  std::shared_ptr<TagsReached> sound_tags = {};
  // What fits a key: "header seal", "policy vault HMAC", "namespace signature".
  std::vector<std::string> confirmed = {};
  // Set by the origin pass: the image is an export of the SDK, whose contradictions are reported
  // once.
  bool exported = false;

  // The first region of this type, or null.
  [[nodiscard]] const PlacedRegion* find(BlockType type) const;
  // The same, or null if it is encrypted or compressed.
  [[nodiscard]] const PlacedRegion* find_plain(BlockType type) const;
};

// Whether a block of this generation is newer than the superblock. False if that is unknown.
[[nodiscard]] bool is_newer(const Probe& probe, uint32_t generation);

}  // namespace vde
