// Creating images: plan_image() computes the layout, create_image() writes it.
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
  Guid uuid;                             // volume UUID, not zero
  uint32_t modules = 0;                  // manifest bits; see parse_modules
  std::optional<uint64_t> journal_size;  // bytes; default: depends on the volume size
  Ticks now;                             // time of creation
};

// Parses a comma-separated list of module_names(), or "none". Returns the manifest. kUsage for an
// unknown module; the hint gives the nearest. kUnsupported for a module without a manifest bit.
[[nodiscard]] Result<uint32_t> parse_modules(std::string_view list);
[[nodiscard]] std::vector<std::string_view> module_names();

// What a profile of the format sets.
struct ProfileOptions {
  uint32_t modules = 0;        // manifest bits
  uint32_t block_size = 4096;  // bytes
};
// kUsage for an unknown profile; the hint gives the nearest.
[[nodiscard]] Result<ProfileOptions> find_profile(std::string_view name);
[[nodiscard]] std::vector<std::string_view> profile_names();
inline constexpr std::string_view kDefaultModules = "tags,snapshot,compute";

struct PlannedRegion {
  std::string type;   // e.g. "TAGI"
  BlockRange blocks;  // block numbers in the volume
  uint64_t used = 0;  // blocks that are in use
};

struct ImagePlan {
  CreateOptions options;
  uint64_t total_blocks = 0;
  uint64_t allocated_blocks = 0;
  std::vector<PlannedRegion> regions;  // in slot order; the data area is last
};

// Computes the layout of an image. kUsage if the options are invalid or contradict each other; the
// hint gives the nearest valid size.
[[nodiscard]] Result<ImagePlan> plan_image(const CreateOptions& options);

// Describes the content of an existing file or device, e.g. "a DWVD image" or "an ELF program".
// Nothing if it is empty. kIo.
[[nodiscard]] Result<std::optional<std::string>> describe_content(BlockFile& file);

struct WriteOptions {
  bool force = false;                      // overwrite existing contents
  std::chrono::milliseconds lock_wait{0};  // how long to wait for the lock of the existing file
};

// Writes `plan` to `path`, durably. A new file is created atomically. If `path` is not empty:
// kExists unless `force` is set; with `force` an existing file is replaced atomically, and owner,
// permissions, ACL and extended attributes are kept. A device is written in place. kNoSpace; kInUse
// if the existing file stays locked longer than `lock_wait`, or if the device is mounted or in
// exclusive use, also with `force`; kInterrupted soon after `activity.stop` is set; then nothing is
// left on disk.
[[nodiscard]] Result<void> create_image(const std::string& path, const ImagePlan& plan,
                                        const WriteOptions& options, Activity& activity);

}  // namespace vde
