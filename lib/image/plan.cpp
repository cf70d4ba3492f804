// The layout of a new image. Sizes follow docs/DESIGN.md, "A fresh image".
#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "format/region/bitmap.h"
#include "format/region_map.h"
#include "format/sector.h"
#include "format/superblock.h"
#include "image/module_regions.h"
#include "vde/create.h"
#include "vde/text.h"

namespace vde {
namespace {

constexpr uint64_t kMinJournalBlocks = 64;
constexpr uint64_t kJournalBytes = uint64_t{4} << 20;
// Half of the smallest volume is for data, regardless of the journal size.
constexpr uint64_t kMinFreeBlocks = kMinVolumeBlocks / 2;

Result<uint64_t> volume_blocks(const CreateOptions& options) {
  const uint64_t block = options.block_size;
  const uint64_t min = kMinVolumeBlocks * block;
  const auto refuse = [&](std::string_view why, uint64_t good) {
    return fail(ErrorCode::kUsage, fmt::format("size {} {}", options.size, why),
                fmt::format("the nearest valid size is {}", good));
  };
  if (options.size < min)
    return refuse(
        fmt::format("is too small: the minimum is {} blocks of {} bytes", kMinVolumeBlocks, block),
        min);
  if (options.size > kMaxVolumeBytes)
    return refuse("is too large: the maximum is 64 TiB", kMaxVolumeBytes);
  if (options.size % block != 0)
    return refuse(fmt::format("is not a multiple of the block size {}", block),
                  (options.size + block / 2) / block * block);
  return options.size / block;
}

Result<uint64_t> journal_blocks(const CreateOptions& options, uint64_t total) {
  if (!options.journal_size) {
    const uint64_t max = std::max(kMinJournalBlocks, kJournalBytes / options.block_size);
    return next_sector(std::clamp(total / 64, kMinJournalBlocks, max),
                       blocks_per_sector(options.block_size));
  }
  const uint64_t bytes = *options.journal_size;
  const uint64_t min = kMinJournalBlocks * options.block_size;
  if (bytes < min || bytes % options.block_size != 0)
    return fail(ErrorCode::kUsage, fmt::format("invalid journal size {}", bytes),
                fmt::format("use a multiple of {}, at least {}", options.block_size, min));
  return next_sector(bytes / options.block_size, blocks_per_sector(options.block_size));
}

// Appends regions one after the other.
class Placement {
 public:
  void add(BlockType type, uint64_t count, uint64_t used) {
    regions_.push_back({to_string(type), {next_, next_ + count}, used});
    next_ += count;
  }
  void add(const ModuleRegion& region) { add(region.type, region.count, region.used); }
  [[nodiscard]] uint64_t next() const { return next_; }
  [[nodiscard]] std::vector<PlannedRegion> take() { return std::move(regions_); }

 private:
  uint64_t next_ = 0;
  std::vector<PlannedRegion> regions_;
};

Result<void> check_options(const CreateOptions& options) {
  if (!is_block_size(options.block_size))
    return fail(ErrorCode::kUsage, fmt::format("invalid block size {}", options.block_size),
                "must be a power of two from 512 to 65536");
  VDE_TRY(check_label(options.label));
  if (options.uuid.is_zero()) return fail(ErrorCode::kUsage, "the UUID must not be zero");
  return check_module_regions(options.modules, options.block_size);
}

}  // namespace

Result<ImagePlan> plan_image(const CreateOptions& options) {
  VDE_TRY(check_options(options));
  VDE_TRY_ASSIGN(total, volume_blocks(options));
  VDE_TRY_ASSIGN(journal, journal_blocks(options, total));
  const uint64_t bitmap = bitmap_blocks_for(total, options.block_size);
  const uint64_t per_sector = blocks_per_sector(options.block_size);
  const ModuleRegions modules = module_regions(options.modules, total);

  Placement place;
  place.add(block_types::kSuperblock, kGroupBlocks, kGroupBlocks);
  place.add(block_types::kSuperblock, kGroupBlocks, kGroupBlocks);
  place.add(block_types::kRegionMap, kDirectoryBlocks, kDirectoryBlocks);
  for (const ModuleRegion& region : modules.before_bitmap) place.add(region);
  place.add(block_types::kBitmap, bitmap, bitmap);
  // The journal begins with a sector.
  const uint64_t inodes = std::max<uint64_t>(1, total / 256);
  place.add(block_types::kInodes, next_sector(place.next() + inodes, per_sector) - place.next(), 1);
  place.add(block_types::kMetadataWal, journal, 1);
  for (const ModuleRegion& region : modules.after_journal) place.add(region);

  const uint64_t allocated = place.next();
  if (allocated + kMinFreeBlocks > total)
    return fail(ErrorCode::kUsage,
                fmt::format("the regions need {} blocks plus {} free, but the volume has {}",
                            allocated, kMinFreeBlocks, total),
                "use a smaller --journal-size or a larger --size");
  place.add(block_types::kData, total - allocated, 0);
  return ImagePlan{options, total, allocated, place.take()};
}

}  // namespace vde
