// A new image made in one of two ways: by a repair of the source as it is, or by a repair after
// blocks 0 to 9 were rebuilt from the other blocks.
#pragma once

#include <memory>

#include "io/overlay_file.h"
#include "probe/block_runs.h"
#include "probe/probe.h"
#include "vde/rescue.h"

namespace vde {

// What an attempt works on. All references outlive it.
struct AttemptTask {
  BlockFile& source;
  const Probe& probe;     // of the source
  const BlockRuns& runs;  // of the source
  const RescueOptions& options;
  Activity& activity;
};

struct AttemptVisitors {
  RescueVisitor show;  // gets what was found, doubted and lost, without entries
  LostVisitor lost;    // gets every entry that the repair loses
};

struct Attempt {
  std::unique_ptr<OverlayFile> view;  // the new image
  Probe before;                       // of the new image before its repair
  std::vector<RescueItem> items;      // as for AttemptVisitors::show, if that did not get them
  LostCounts lost;                    // by the repair
  std::vector<Finding> left;          // what a verification of the new image finds
  VerifySummary after;
};

// The options of a repair that is a part of a rescue.
[[nodiscard]] RepairOptions repair_options(const RescueOptions& options, const LostVisitor& lost);

// A repair if it leads to a group and to tables that the blocks do not contradict: it knows more of
// the image than its blocks. Else the better attempt of the two: the one of which more can be read,
// the repair if that is the same. A new foundation if there is nothing that a repair builds on.
// kInterrupted, kIo, kNoSpace, and other errors if neither leads anywhere.
[[nodiscard]] Result<Attempt> make_better_attempt(const AttemptTask& task,
                                                  const AttemptVisitors& visitors);

// Whether the machine or the user, not the image, is the reason: kIo and kInterrupted.
[[nodiscard]] bool is_of_machine(const Error& error);

// The blocks that the superblock counts, or those in the file if it is not valid.
[[nodiscard]] uint64_t volume_blocks(const Probe& probe);

}  // namespace vde
