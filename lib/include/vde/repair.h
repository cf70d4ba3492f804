// Repair of an image, and its reversal (undo). A repair is planned first: it runs on a view of the
// image, in memory and a temporary file, and the result is verified there. Applying the plan writes
// to the image what the plan says and nothing else. An undo file holds the overwritten bytes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "vde/guid.h"
#include "vde/modules.h"
#include "vde/snapshots.h"
#include "vde/storage.h"
#include "vde/tag_types.h"
#include "vde/ticks.h"
#include "vde/undo.h"
#include "vde/verify.h"

namespace vde {

struct ExactPlan;

enum class LostKind { kTag, kSnapshot, kModule, kPolicy, kOther };
// "tag", "snapshot", "module", "policy" or "entry".
[[nodiscard]] std::string_view lost_kind_name(LostKind kind);

// The number of lost entries of each kind.
struct LostCounts {
  uint64_t tags = 0;
  uint64_t snapshots = 0;
  uint64_t modules = 0;
  uint64_t policies = 0;
  uint64_t others = 0;  // commits in the journal, parents of snapshots, and other entries

  [[nodiscard]] uint64_t total() const { return tags + snapshots + modules + policies + others; }
  [[nodiscard]] uint64_t& of(LostKind kind);
  LostCounts& operator+=(const LostCounts& more);
  bool operator==(const LostCounts&) const = default;
};

// One step of a repair.
struct RepairStep {
  std::string what;                // an instruction: "clear bitmap bits past the end"
  std::string source;              // where the bytes come from, or why they can be trusted
  std::vector<BlockRange> blocks;  // that it changes; the journal's own are not listed
  std::string loses;               // what is permanently lost, or empty
  LostCounts lost = {};            // the number of entries, as far as it is known
};

// An entry that a repair loses, or a number of entries that cannot be read. What the lines of a
// step count is what the step counts (RepairStep::lost).
struct LostEntry {
  LostKind kind = LostKind::kOther;
  std::optional<uint64_t> block;  // the block of the image that held it
  std::string reason;
  // The entry as far as it can be read; unverified. Views are valid only during the call.
  std::variant<std::monostate, TagView, Snapshot, Module> content = {};
  // How many entries this is: 1 if it can be read. 0 if it counts with its block, which is an entry
  // of its own. Empty: an unknown number, which is not counted.
  std::optional<uint64_t> count = 1;
  Bytes bytes = {};  // of the entry, or of the block's payload, where `content` does not say all
};
using LostVisitor = std::function<Result<void>(const LostEntry&)>;

// What a repair would do, and its result. The image must not change until the plan is applied.
struct RepairPlan {
  std::vector<RepairStep> steps;  // empty: nothing can be repaired
  // Steps that lose something, or depend on one that does; left for lack of consent.
  std::vector<RepairStep> withheld;
  LostCounts lost;             // by `steps`
  std::vector<Finding> found;  // before; `fixable` is true for those that this plan fixes
  std::vector<Finding> left;   // what a verification finds afterwards
  VerifySummary before;
  VerifySummary after;
  // Why something is not repaired; then, after "; ", what to do about it, if anything.
  std::vector<std::string> notes;

  uint32_t block_size = 0;
  uint64_t old_size = 0;  // of the file, bytes
  uint64_t new_size = 0;
  std::vector<ByteRange> changes;     // bytes to write, ascending; includes the journal's
  uint64_t old_hash = 0;              // of those bytes before the repair
  uint64_t hash = 0;                  // of those bytes after the repair, for the undo file
  int64_t sequence = 0;               // checkpoint sequence afterwards, of the last commit
  std::optional<BlockRange> journal;  // the MWAL region, if there is one
  Guid uuid;                          // of the volume afterwards
  std::shared_ptr<ExactPlan> exact;   // what was found by trying, for apply_repair()

  // How many of `found` are not in `left`.
  [[nodiscard]] uint64_t corrected() const;
};

// An older copy of the image, which blocks are taken from whose checksum is the one that a damaged
// block's trailer names. Only read; locked by the caller.
struct RepairSource {
  std::string name;  // for people
  BlockFile* file = nullptr;
};

struct RepairOptions {
  Ticks now;            // the time of the repair
  bool unseal = false;  // allow repairing a sealed image; this removes the seal
  // With `search_seconds` = 0, damaged blocks are not restored exactly, nor from `sources`.
  VerifyOptions verify;
  bool allow_loss = false;  // also take steps that lose entries
  LostVisitor lost = {};    // gets every entry that the steps lose, during planning
  std::vector<RepairSource> sources = {};
};

// Plans a repair without writing. The caller has locked `file`. If there is something to repair,
// kUnsupported for images that must not be written: sealed (without `unseal`), with unknown
// features or a later writer version, or with encrypted, WORM, read-only or migrating regions.
// Other errors as for verify_image().
[[nodiscard]] Result<RepairPlan> plan_repair(BlockFile& file, const RepairOptions& options,
                                             Activity& activity);

// Applies `plan`, with the options that it was planned with: writes the undo file (unless `undo` is
// null), then the image, then verifies the image and returns the findings. After an error, the undo
// file can still revert everything once it is published. `file` holds the exclusive lock.
[[nodiscard]] Result<std::vector<Finding>> apply_repair(BlockFile& file, const RepairPlan& plan,
                                                        const RepairOptions& options,
                                                        UndoTarget* undo, Activity& activity);

// The result of an undo.
struct UndoSummary {
  Guid uuid;
  uint64_t bytes = 0;  // restored
  uint64_t old_size = 0;
  uint64_t new_size = 0;
  bool redo_written = false;  // also false if this finished an interrupted undo
};

// Checks whether undo_repair() would revert the repair, with the same errors, without writing.
[[nodiscard]] Result<UndoSummary> check_undo(BlockFile& file, BlockFile& undo);

// Reverts the repair (or undo) that wrote `undo`; the journal's blocks are restored last. First
// writes the bytes that it overwrites to `redo`, unless that is null. After a crash, call it again
// with the same files to finish. kMalformed if `undo` is not a complete undo file or belongs to
// another image. kChangedSince if the image was modified after the repair. kUnchanged, without
// writing, if the repair is already undone. The caller has locked both files.
[[nodiscard]] Result<UndoSummary> undo_repair(BlockFile& file, BlockFile& undo, UndoTarget* redo);

}  // namespace vde
