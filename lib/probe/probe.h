// What is determined about an image before anything in it is trusted: its block size, which
// superblock groups are intact, and which region slots to use. Every operation on an image starts
// with a probe. Damage is not an error here; the probe describes it.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "format/integrity_anchor.h"
#include "format/region_content.h"
#include "format/superblock.h"
#include "io/block_io.h"

namespace vde {

// A block at a fixed place, as found.
struct FixedBlock {
  uint64_t number = 0;
  bool readable = false;  // false: past the end of the file, or the device failed
  std::string read_error;
  BlockState state = BlockState::kUnwritten;
  Trailer trailer;  // unchecked
  BlockBuffer bytes;

  // True if the trailer is valid and has this block type.
  [[nodiscard]] bool is(BlockType type) const {
    return readable && state == BlockState::kValid && trailer.type == type;
  }
  [[nodiscard]] Bytes payload() const { return Bytes(bytes).first(bytes.size() - kTrailerSize); }
};

struct GroupProbe {
  std::array<FixedBlock, kGroupBlocks> blocks;
  // All four blocks are valid and have the right types and one generation: the low half of block
  // 0's sequence. Some writers change the sequence and keep the generation. Such a group is intact,
  // too, if the other one is not better and the directory, if intact, has the same slots.
  bool whole = false;
  // From block 0 of the group, if `blocks[0]` is valid, has the signature and names this block
  // size.
  std::optional<Superblock> superblock;
};

// Whether block 0 has the generation of its checkpoint sequence.
[[nodiscard]] bool has_own_generation(const GroupProbe& group);

struct DirectoryProbe {
  std::array<FixedBlock, kDirectoryBlocks> blocks;
  bool whole = false;  // both blocks are valid, and the second holds the first one's checksum
  std::optional<DirectoryHeader> header;
};

// The source of the superblock's fields, best first.
enum class SuperblockSource {
  kGroup,       // an intact group
  kCopy,        // neither is intact, but the journal has a copy (group_copy.h)
  kBlock,       // a valid superblock in a damaged group
  kUnverified,  // a block with an invalid trailer; only for display
  kNone,        // nothing that resembles a superblock was found
};

enum class SlotSource { kPointerTable, kDirectory, kUnverified, kNone };

struct Probe {
  uint64_t file_size = 0;  // bytes
  uint32_t block_size = 0;
  GroupProbe primary;
  GroupProbe mirror;
  DirectoryProbe directory;
  GroupProbe copy;  // of the group, in the journal; only if neither group is intact

  SuperblockSource superblock_source = SuperblockSource::kNone;
  uint64_t superblock_block = 0;  // block number: 0, 4, or that of the copy
  Superblock superblock;
  HeaderSeal seal;
  IntegrityAnchor anchor;  // zero unless the source is an intact group

  // A block after the fixed ones is valid with this block size, and has the type of a region that
  // every image has. Looked for only if no fixed block is valid.
  bool has_region_block = false;

  SlotSource slot_source = SlotSource::kNone;
  std::vector<RegionSlot> slots;  // all slots, including free ones

  // Why the file cannot be checked as an image: kNotAnImage, kUnsupported (an unknown version),
  // kIo. Nothing if it can.
  std::optional<Error> problem;

  [[nodiscard]] bool superblock_verified() const {
    return has_group() || superblock_source == SuperblockSource::kBlock;
  }
  // A group is intact, or its copy in the journal is.
  [[nodiscard]] bool has_group() const {
    return superblock_source == SuperblockSource::kGroup ||
           superblock_source == SuperblockSource::kCopy;
  }
  // The group that the superblock was taken from.
  [[nodiscard]] const GroupProbe& group() const {
    if (superblock_source == SuperblockSource::kCopy) return copy;
    return superblock_block == kMirrorGroup ? mirror : primary;
  }
  // A valid checksum confirms the block size.
  [[nodiscard]] bool verified() const {
    return superblock_verified() || directory.whole || has_region_block;
  }
  [[nodiscard]] uint64_t blocks_in_file() const { return file_size / block_size; }
  // The manifest of a superblock with a valid trailer, else 0.
  [[nodiscard]] uint32_t manifest() const {
    return superblock_verified() ? superblock.module_manifest : 0;
  }
  // The slot of the data area.
  [[nodiscard]] std::optional<size_t> data_area() const {
    return data_area_slot(slots, manifest());
  }
  // See region_content().
  [[nodiscard]] BlockType content_of(size_t slot) const {
    return region_content(slots, slot, manifest());
  }
  // The number of blocks that lie both in the volume and in the file. Every block number must be
  // checked against it.
  [[nodiscard]] uint64_t usable_blocks() const;
};

// Whether the copy of the group in the journal may take the place of both groups.
enum class GroupCopy { kUsed, kIgnored };

// Reads the blocks at fixed places, with one read if the block size is the default. kIo if the file
// size cannot be determined; every other problem is recorded in the probe.
[[nodiscard]] Result<Probe> probe_image(BlockFile& file, GroupCopy copy = GroupCopy::kUsed);

// kNotAnImage if there is boot code before the volume (docs/FORMAT.md, section 1.1): such a file
// must not be treated as a volume at byte 0. A probe reports this as its problem.
[[nodiscard]] Result<void> refuse_preamble(BlockFile& file);

// What an operation requires of a probe, weakest requirement first. This one: there is at least a
// superblock to show, even with an invalid trailer.
[[nodiscard]] Result<void> check_can_show(const Probe& probe);
// A superblock or the directory is valid, so that the rest can be checked.
[[nodiscard]] Result<void> check_can_judge(const Probe& probe);
// kUnsupported if a valid superblock requires incompatible features that this program does not
// know. Its content can be neither checked nor used.
[[nodiscard]] Result<void> check_features(const Probe& probe);
// kUnsupported if the image must not be changed: it needs a later writer version, is sealed
// (without `unseal`), or has a region that is encrypted, WORM, read-only or migrating.
[[nodiscard]] Result<void> check_can_write(const Probe& probe, bool unseal);

// probe_image() followed by check_can_show(), by check_can_judge(), or by check_can_judge() and
// check_features().
[[nodiscard]] Result<Probe> probe_to_show(BlockFile& file);
[[nodiscard]] Result<Probe> probe_to_judge(BlockFile& file, GroupCopy copy = GroupCopy::kUsed);
[[nodiscard]] Result<Probe> probe_to_use(BlockFile& file);

}  // namespace vde
