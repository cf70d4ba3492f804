// Rescue: a new image from everything in a damaged one that verifies. The source is only read, and
// needs no superblock: each block names its type. A rescue repairs a view of the source, in memory
// and in a temporary file. If the groups or tables that a repair needs are lost, or contradict the
// blocks, it makes them from the blocks first.
//
//   VDE_TRY_ASSIGN(rescue, vde::Rescue::plan(*source, options, show, activity));
//   VDE_TRY(rescue->write("rescued.dwvd", activity));
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vde/repair.h"

namespace vde {

enum class RescueVerdict {
  kFound,    // verifies, and is in the new image
  kOld,      // found only outside its region; not used
  kDoubted,  // in the new image, but not everything confirms it
  kLost,     // not in the new image
};
// "found", "old", "doubted" or "lost".
[[nodiscard]] std::string_view verdict_name(RescueVerdict verdict);

// One thing that a rescue found, doubts or lost.
struct RescueItem {
  RescueVerdict verdict = RescueVerdict::kFound;
  std::string_view kind;  // "superblock", "regions", "tags", "tag", "blocks", ..
  uint64_t count = 1;
  std::vector<BlockRange> blocks;  // where it is, or was; may be empty
  std::string reason;              // the source of what is found; why the rest is not
  bool used = true;                // it is in the new image, or what is known of it
  // A single entry as far as it can be read; views are valid only during the call.
  std::variant<std::monostate, TagView, Snapshot, Module> content = {};
};
using RescueVisitor = std::function<Result<void>(const RescueItem&)>;

struct RescueOptions {
  std::optional<uint32_t> block_size;  // bytes; else that of the superblock, or of the trailers
  Ticks now;                           // the time of the rescue
  VerifyOptions verify;
};

struct RescueSummary {
  uint32_t block_size = 0;
  uint64_t size = 0;  // of the volume, bytes
  Guid uuid;
  std::string label;
  uint64_t tags = 0;  // in the new image
  uint64_t snapshots = 0;
  uint64_t modules = 0;
  LostCounts lost;
  uint64_t old = 0;           // entries found only outside their region, and not used
  uint64_t doubted = 0;       // things in the new image that not everything confirms
  std::vector<Finding> left;  // what a verification of the new image finds
  VerifySummary after;
};

// kExists if there is anything at `path`, where the new image is to be written.
[[nodiscard]] Result<void> check_rescue_output(const std::string& path);

class Rescue {
 public:
  // Determines what can be rescued from `source`, and passes it to `show` item by item. `source`,
  // which the caller has locked, must not change, and must outlive the result. Sectors that cannot
  // be read are lost. kNotAnImage if there is no valid block; kUsage for a block size that the
  // format does not allow; kIo, kNoSpace (of the temporary file), kInterrupted.
  [[nodiscard]] static Result<std::unique_ptr<Rescue>> plan(BlockFile& source,
                                                            const RescueOptions& options,
                                                            const RescueVisitor& show,
                                                            Activity& activity);
  virtual ~Rescue() = default;

  [[nodiscard]] virtual const RescueSummary& summary() const = 0;

  // Writes the new image to the file `path`, with check_rescue_output(). It appears complete,
  // or not at all. Holes stay holes. kNoSpace, kIo, kInterrupted.
  [[nodiscard]] virtual Result<void> write(const std::string& path, Activity& activity) = 0;
};

}  // namespace vde
