// Repairing an image, and taking a repair back. A repair is planned first: it is carried out on a
// view of the image, in memory and a temporary file, judged there, and only then done on the disk,
// where it writes what the plan says and nothing else. An undo file holds all of it as it was
// before.
#pragma once

#include <memory>
#include <string>

#include "vde/guid.h"
#include "vde/storage.h"
#include "vde/ticks.h"
#include "vde/verify.h"

namespace vde {

// One thing that a repair does.
struct RepairStep {
  std::string what;                // a sentence
  std::string source;              // where the bytes come from, or why they may be believed
  std::vector<BlockRange> blocks;  // whose content it changes; the journal's own are not listed
  std::string loses;               // what is gone for good with it, or empty
};

// What a repair would do, and what it would come to. The image must not change until it is done.
struct RepairPlan {
  std::vector<RepairStep> steps;  // none: there is nothing that can be done
  std::vector<Finding> found;     // before; `fixable` says what this plan corrects
  std::vector<Finding> left;      // what a verification finds afterwards
  VerifySummary before;
  VerifySummary after;
  std::vector<std::string> notes;  // why something is left that is not an ordinary loss

  uint32_t block_size = 0;
  uint64_t old_size = 0;  // of the file, bytes
  uint64_t new_size = 0;
  std::vector<ByteRange> changes;     // bytes that will be written, ascending; the journal's too
  uint64_t hash = 0;                  // of those bytes as they will be, for the undo file
  int64_t sequence = 0;               // checkpoint sequence afterwards
  std::optional<BlockRange> journal;  // MWAL, where there is one
  Guid uuid;                          // of the volume afterwards

  // How many of `found` are not in `left`.
  [[nodiscard]] uint64_t corrected() const;
};

struct RepairOptions {
  Ticks now;            // the time of the repair
  bool unseal = false;  // repair a sealed image, which clears its seal
  VerifyOptions verify;
};

// Plans, and never writes: `file` is locked by the caller. kUnsupported for what must not be
// written (a seal, unknown features, a later writer's version, regions that are encrypted, WORM,
// read-only or migrating) if there is something to repair; as verify_image() otherwise.
[[nodiscard]] Result<RepairPlan> plan_repair(BlockFile& file, const RepairOptions& options,
                                             Activity& activity);

// Where an undo file is put together: nothing of it counts before publish().
class UndoTarget {
 public:
  UndoTarget() = default;
  UndoTarget(const UndoTarget&) = delete;
  UndoTarget& operator=(const UndoTarget&) = delete;
  virtual ~UndoTarget() = default;
  // Empty at first.
  [[nodiscard]] virtual BlockFile& file() = 0;
  // Makes it durable under its name; file() stays usable.
  [[nodiscard]] virtual Result<void> publish() = 0;
};

// A new file at `path`; kExists, at publish() too, where one is there already.
[[nodiscard]] Result<std::unique_ptr<UndoTarget>> new_undo_file(const std::string& path);
// IMAGE.undo, or the first of IMAGE.undo.1 to IMAGE.undo.999 that does not exist; kExists where all
// of them do.
[[nodiscard]] Result<std::string> free_undo_path(const std::string& image);

// Carries `plan` out, with the options it was planned with: undo file (none where `undo` is null),
// then the image, then a verification of what is on the disk, whose findings are returned. After an
// error the undo file, once it is published, still puts everything back. `file` holds the exclusive
// lock.
[[nodiscard]] Result<std::vector<Finding>> apply_repair(BlockFile& file, const RepairPlan& plan,
                                                        const RepairOptions& options,
                                                        UndoTarget* undo, Activity& activity);

// What an undo file is about.
struct UndoSummary {
  Guid uuid;
  uint64_t bytes = 0;  // put back
  uint64_t old_size = 0;
  uint64_t new_size = 0;
  bool redo_written = false;  // false where an interrupted undo was finished, too
};

// Puts back what the repair (or undo) that wrote `undo` changed, the journal's blocks last; what is
// overwritten goes to `redo` first, if that is not null. Interrupted by a crash, it is to be called
// again with the same files, and finishes. kMalformed where `undo` is no whole undo file or
// is another image's, kChangedSince where the image was changed since; kUnchanged, and nothing is
// done, where all is as it was already. Both locks are the caller's.
[[nodiscard]] Result<UndoSummary> undo_repair(BlockFile& file, BlockFile& undo, UndoTarget* redo);

}  // namespace vde
