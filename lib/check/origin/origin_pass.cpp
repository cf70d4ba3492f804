// Says which operation of another program left the image as it is. The damage itself is reported by
// the other passes.
#include <fmt/format.h>

#include <algorithm>

#include "base/endian.h"
#include "check/origin/exported.h"
#include "check/passes.h"

namespace vde {
namespace {

// The slots in use, in an order that does not depend on their numbers.
std::vector<RegionSlot> sorted_slots(const FixedBlock& block) {
  std::vector<RegionSlot> slots = decode_slots(block.payload());
  std::erase_if(slots, [](const RegionSlot& slot) { return slot.is_free(); });
  std::ranges::sort(slots, {}, [](const RegionSlot& slot) {
    return std::tuple(slot.start, slot.count, slot.type.value, slot.flags, slot.used);
  });
  return slots;
}

const RegionSlot* find_slot(const std::vector<RegionSlot>& slots, BlockType type) {
  const auto found = std::ranges::find(slots, type, &RegionSlot::type);
  return found == slots.end() ? nullptr : &*found;
}

// The types of the regions of `now` that `before` does not have: "CODE, SNAP".
std::string added_types(std::vector<RegionSlot> now, const std::vector<RegionSlot>& before) {
  for (const RegionSlot& slot : before) {
    const auto same = std::ranges::find(now, slot.type, &RegionSlot::type);
    if (same != now.end()) now.erase(same);
  }
  std::string text;
  for (const RegionSlot& slot : now)
    text += fmt::format("{}{}", text.empty() ? "" : ", ", to_string(slot.type));
  return text;
}

// The SDK's module management and its defragmenter write the pointer table without a trailer. What
// it holds is trusted only if the intact directory holds the same; the mirror group, which they do
// not write, has the slots of before.
void check_rewritten_table(VerifyContext& context) {
  const Probe& probe = context.probe;
  const FixedBlock& table = probe.primary.blocks[1];
  const FixedBlock& before = probe.mirror.blocks[1];
  if (!table.readable || table.state != BlockState::kNoTrailer || !probe.directory.whole ||
      !before.is(block_types::kRegionMap))
    return;
  const std::vector<RegionSlot> now = sorted_slots(probe.directory.blocks[0]);
  if (sorted_slots(table) != now) return;
  const std::vector<RegionSlot> old = sorted_slots(before);
  if (old == now) return;
  const RegionSlot* inodes = find_slot(now, block_types::kInodes);
  const RegionSlot* old_inodes = find_slot(old, block_types::kInodes);
  const auto add = [&](FindingCode code, std::string message,
                       FindingSite site = FindingSite::here()) {
    context.report.add(code, table.number, block_types::kRegionMap, std::move(message), {}, site);
  };
  if (const std::string added = added_types(now, old); !added.empty())
    add(FindingCode::kModuleAdditionLeft, fmt::format("it added {}", added));
  else if (inodes != nullptr && old_inodes != nullptr && inodes->start != old_inodes->start)
    add(FindingCode::kInodesMoved, fmt::format("from block {} to block {}; the mirror group still "
                                               "names the old place",
                                               old_inodes->start, inodes->start));
  else
    add(FindingCode::kDefragmented, "the mirror group still names the old places");
}

bool starts_with_signature(Bytes bytes) {
  constexpr std::string_view kSignature = "DWVD";
  return bytes.size() >= kSignature.size() &&
         std::equal(kSignature.begin(), kSignature.end(), bytes.begin());
}

// The claim copies block 0 to block 7 after nine bytes of its own, so that the end of the copy is
// in block 8.
void check_padding_claim(VerifyContext& context) {
  constexpr size_t kCopyOffset = 9;
  constexpr uint8_t kLastMark = 2;
  const FixedBlock& backup = context.probe.mirror.blocks[3];
  if (!backup.readable || backup.state == BlockState::kValid) return;
  const Bytes bytes(backup.bytes);
  const bool is_backup = load_le<uint32_t>(bytes, 0) == 0 &&
                         load_le<uint32_t>(bytes, 4) == context.probe.block_size && bytes[8] >= 1 &&
                         bytes[8] <= kLastMark && starts_with_signature(bytes.subspan(kCopyOffset));
  if (is_backup)
    context.report.add(FindingCode::kPaddingClaimed, backup.number, block_types::kIntegrityAnchor,
                       "block 7 holds the claim's backup of block 0, whose end overwrote the start "
                       "of block 8");
}

// Groups of one generation that is not their sequence: both blocks of superblocks were rewritten
// with a higher sequence under the old generation.
bool has_raised_sequence(const Probe& probe) {
  return std::ranges::all_of(std::to_array({&probe.primary, &probe.mirror}),
                             [](const GroupProbe* group) {
                               if (!group->whole || has_own_generation(*group)) return false;
                               const auto generation = int64_t{group->blocks[0].trailer.generation};
                               return group->superblock->checkpoint_sequence == generation + 1;
                             });
}

bool is_head_unwritten(const VerifyContext& context, BlockType type) {
  const PlacedRegion* region = context.find(type);
  if (region == nullptr) return false;
  BlockBuffer buffer = context.io.make_buffer();
  const auto block = context.io.read(region->blocks.begin, buffer);
  return block && !block->check(type);
}

void check_copied(VerifyContext& context) {
  if (!has_raised_sequence(context.probe)) return;
  const bool overwritten = is_head_unwritten(context, block_types::kBitmap) &&
                           is_head_unwritten(context, block_types::kInodes) &&
                           is_head_unwritten(context, block_types::kMetadataWal);
  if (overwritten)
    context.report.add(FindingCode::kMigratedVolume, std::nullopt, std::nullopt,
                       "bitmap, inode table and journal were overwritten with blocks of the old "
                       "file");
  else
    context.report.add(FindingCode::kCopiedVolume, std::nullopt, std::nullopt,
                       "data blocks of the source keep their numbers, and the bitmap calls them "
                       "free");
}

// The importer copies a disk to the start of the data area, across the end of the volume.
Result<void> check_imported(VerifyContext& context) {
  const Probe& probe = context.probe;
  if (!probe.has_group() || probe.manifest() != 0 || context.exported) return {};
  const auto slot = probe.data_area();
  if (!slot || probe.superblock.total_blocks <= 0) return {};
  const auto area = std::ranges::find(context.regions, *slot, &PlacedRegion::slot);
  if (area == context.regions.end() || context.io.file().is_device()) return {};
  const auto total = static_cast<uint64_t>(probe.superblock.total_blocks);
  const uint64_t disk_blocks =
      probe.blocks_in_file() - std::min(probe.blocks_in_file(), area->blocks.begin);
  // The volume has as many blocks as the disk.
  if (probe.blocks_in_file() <= total || disk_blocks != total) return {};
  BlockBuffer buffer = context.io.make_buffer();
  const auto first = context.io.read(area->blocks.begin, buffer);
  if (!first || first->is_unwritten() || first->state() == BlockState::kValid) return {};
  context.report.add(FindingCode::kImportedDisk, std::nullopt, std::nullopt,
                     fmt::format("the disk is the {} bytes from byte {}", total * probe.block_size,
                                 area->blocks.begin * probe.block_size));
  return {};
}

}  // namespace

Result<void> check_origin(VerifyContext& context) {
  context.exported = is_exported(context.probe);
  if (context.exported)
    context.report.add(
        FindingCode::kExportedVolume, std::nullopt, std::nullopt,
        fmt::format("{} data blocks, no journal, no free block", context.probe.slots[3].count));
  check_padding_claim(context);
  check_rewritten_table(context);
  return {};
}

Result<void> check_copied_content(VerifyContext& context) {
  check_copied(context);
  return check_imported(context);
}

}  // namespace vde
