// Where everything of a fresh image goes. Sizes follow docs/DESIGN.md, "A fresh image".
#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "format/feature.h"
#include "format/region/bitmap.h"
#include "format/region_map.h"
#include "format/superblock.h"
#include "vde/create.h"
#include "vde/text.h"

namespace vde {
namespace {

constexpr uint64_t kMinJournalBlocks = 64;
constexpr uint64_t kJournalBytes = uint64_t{4} << 20;
// Half of the least volume is for data, whatever the journal takes.
constexpr uint64_t kMinFreeBlocks = kMinVolumeBlocks / 2;

struct ModuleRegion {
  BlockType tag;
  std::string_view module;
};
// In the existing writer's order.
constexpr ModuleRegion kModuleRegions[] = {{block_types::kTagIndex, "tags"},
                                           {block_types::kCode, "compute"},
                                           {block_types::kIntegrityTree, "integrity"},
                                           {block_types::kSnapshots, "snapshot"}};

uint32_t manifest_bit(std::string_view module) {
  for (const Feature& info : features())
    if (info.name == module) return uint32_t{1} << info.id;
  return 0;
}

uint32_t supported_manifest() {
  uint32_t manifest = 0;
  for (const ModuleRegion& region : kModuleRegions) manifest |= manifest_bit(region.module);
  return manifest;
}

Result<uint64_t> volume_blocks(const CreateOptions& options) {
  const uint64_t block = options.block_size;
  const uint64_t least = kMinVolumeBlocks * block;
  const auto refuse = [&](std::string_view why, uint64_t good) {
    return fail(ErrorCode::kUsage, fmt::format("a volume of {} bytes {}", options.size, why),
                fmt::format("the nearest good size is {}", good));
  };
  if (options.size < least)
    return refuse(fmt::format("is below the least, {} blocks of {}", kMinVolumeBlocks, block),
                  least);
  if (options.size > kMaxVolumeBytes) return refuse("is above the most, 64 TiB", kMaxVolumeBytes);
  if (options.size % block != 0)
    return refuse(fmt::format("is no whole number of {}-byte blocks", block),
                  (options.size + block / 2) / block * block);
  return options.size / block;
}

Result<uint64_t> journal_blocks(const CreateOptions& options, uint64_t total) {
  if (!options.journal_size) {
    const uint64_t most = std::max(kMinJournalBlocks, kJournalBytes / options.block_size);
    return std::clamp(total / 64, kMinJournalBlocks, most);
  }
  const uint64_t bytes = *options.journal_size;
  const uint64_t least = kMinJournalBlocks * options.block_size;
  if (bytes < least || bytes % options.block_size != 0)
    return fail(ErrorCode::kUsage, fmt::format("a journal of {} bytes is not possible", bytes),
                fmt::format("give a multiple of {}, {} or more", options.block_size, least));
  return bytes / options.block_size;
}

// Appends regions one behind the other.
class Placement {
 public:
  void add(BlockType tag, uint64_t count, uint64_t used) {
    regions_.push_back({to_string(tag), {next_, next_ + count}, used});
    next_ += count;
  }
  [[nodiscard]] uint64_t next() const { return next_; }
  [[nodiscard]] std::vector<PlannedRegion> take() { return std::move(regions_); }

 private:
  uint64_t next_ = 0;
  std::vector<PlannedRegion> regions_;
};

Result<void> check_options(const CreateOptions& options) {
  if (!is_block_size(options.block_size))
    return fail(ErrorCode::kUsage,
                fmt::format("a block size of {} bytes is not possible", options.block_size),
                "it is a power of two from 512 to 65536");
  VDE_TRY(check_label(options.label));
  if (options.uuid.is_zero()) return fail(ErrorCode::kUsage, "the UUID is zero");
  return {};
}

}  // namespace

Result<uint32_t> parse_modules(std::string_view list) {
  if (list == "none") return uint32_t{0};
  uint32_t manifest = 0;
  while (true) {
    const size_t comma = std::min(list.find(','), list.size());
    const std::string_view name = list.substr(0, comma);
    const uint32_t bit = manifest_bit(name) & supported_manifest();
    if (bit == 0)
      return fail(ErrorCode::kUsage,
                  fmt::format("'{}' is no module that can be made", escape(name)),
                  "name some of tags,snapshot,compute,integrity, or none");
    manifest |= bit;
    if (comma == list.size()) return manifest;
    list.remove_prefix(comma + 1);
  }
}

Result<uint32_t> profile_modules(std::string_view name) {
  std::string names;
  for (const Profile& profile : profiles()) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", profile.name);
    if (profile.name != name) continue;
    std::string missing;
    for (const Feature& info : features())
      if ((profile.manifest & ~supported_manifest()) >> info.id & 1)
        missing += fmt::format("{}{}", missing.empty() ? "" : ", ", info.name);
    if (missing.empty()) return profile.manifest;
    return fail(ErrorCode::kUnsupported,
                fmt::format("profile {} asks for modules that cannot be made: {}", name, missing),
                "choose with --modules");
  }
  return fail(ErrorCode::kUsage, fmt::format("'{}' is no profile", escape(name)),
              "the profiles are " + names);
}

Result<ImagePlan> plan_image(const CreateOptions& options) {
  VDE_TRY(check_options(options));
  VDE_TRY_ASSIGN(total, volume_blocks(options));
  VDE_TRY_ASSIGN(journal, journal_blocks(options, total));
  const uint64_t bitmap = bitmap_blocks_for(total, options.block_size);

  Placement place;
  place.add(block_types::kSuperblock, kGroupBlocks, kGroupBlocks);
  place.add(block_types::kSuperblock, kGroupBlocks, kGroupBlocks);
  place.add(block_types::kRegionMap, kDirectoryBlocks, kDirectoryBlocks);
  place.add(block_types::kBitmap, bitmap, bitmap);
  place.add(block_types::kInodes, std::max<uint64_t>(1, total / 256), 1);
  place.add(block_types::kMetadataWal, journal, 1);
  for (const ModuleRegion& region : kModuleRegions)
    if ((options.modules & manifest_bit(region.module)) != 0)
      place.add(region.tag, std::clamp<uint64_t>(total / 64, 4, 64),
                region.tag == block_types::kTagIndex ? 2 : 1);

  const uint64_t allocated = place.next();
  if (allocated + kMinFreeBlocks > total)
    return fail(ErrorCode::kUsage,
                fmt::format("the regions take {} of {} blocks, and {} must stay free", allocated,
                            total, kMinFreeBlocks),
                "make the journal smaller or the volume larger");
  place.add(block_types::kData, total - allocated, 0);
  return ImagePlan{options, total, allocated, place.take()};
}

}  // namespace vde
