// Making images: a plan that can be looked at first, then the writing of it.
#pragma once

#include <optional>
#include <vector>

#include "vde/activity.h"
#include "vde/guid.h"
#include "vde/storage.h"
#include "vde/ticks.h"

namespace vde {

inline constexpr uint64_t kMinVolumeBlocks = 256;
inline constexpr uint64_t kMaxVolumeBytes = uint64_t{64} << 40;

struct CreateOptions {
  uint64_t size = 0;                     // bytes; a whole number of blocks
  uint32_t block_size = 4096;            // bytes; a power of two, 512 to 65536
  std::string label;                     // UTF-8, at most 64 bytes
  Guid uuid;                             // of the volume
  uint32_t modules = 0;                  // manifest bits; see parse_modules
  std::optional<uint64_t> journal_size;  // bytes; the default depends on the volume
  Ticks now;                             // the time of creation
};

// The manifest that a comma list of tags, snapshot, compute and integrity names, or "none".
[[nodiscard]] Result<uint32_t> parse_modules(std::string_view list);
// The manifest of one of the existing profiles; kUnsupported, naming them, where it asks for
// modules whose regions vdetool cannot make.
[[nodiscard]] Result<uint32_t> profile_modules(std::string_view name);
// "tags,snapshot,compute".
inline constexpr std::string_view kDefaultModules = "tags,snapshot,compute";

struct PlannedRegion {
  std::string tag;    // "TAGI"
  BlockRange blocks;  // in the volume
  uint64_t used = 0;  // blocks of it that hold something
};

struct ImagePlan {
  CreateOptions options;
  uint64_t total_blocks = 0;
  uint64_t allocated_blocks = 0;
  std::vector<PlannedRegion> regions;  // in slot order; the data area last
};

// Lays an image out; kUsage where the wishes contradict each other, naming the nearest good size.
[[nodiscard]] Result<ImagePlan> plan_image(const CreateOptions& options);

// What a file or device that is in the way holds, as a person would call it ("a DWVD image", "an
// ELF program"); nothing if it holds nothing.
[[nodiscard]] Result<std::optional<std::string>> describe_content(BlockFile& file);

struct WriteOptions {
  bool force = false;                      // replace what is there
  std::chrono::milliseconds lock_wait{0};  // how long to wait for the lock of what is there
};

// Writes `plan` at `path`, durably. A file appears complete or not at all: kExists where a
// non-empty one is there and `force` is false; with it the old one stays whole until the new one
// replaces it, keeping owner and permissions. A device is written in place. kNoSpace, kInUse
// (where what is there stays locked for longer than `lock_wait`).
// Stops with kInterrupted, leaving nothing, when `activity` says so.
[[nodiscard]] Result<void> create_image(const std::string& path, const ImagePlan& plan,
                                        const WriteOptions& options, Activity& activity);

}  // namespace vde
