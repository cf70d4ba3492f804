// What is determined about an image before anything in it is trusted: its block size, which
// superblock groups verify, and which region slots to use. Every operation on an image starts with
// a probe. Damage is never an error here: the probe says what it found.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "format/integrity_anchor.h"
#include "format/region_map.h"
#include "format/superblock.h"
#include "io/block_io.h"

namespace vde {

// One of the blocks at fixed places, as it was found.
struct FixedBlock {
  uint64_t number = 0;
  bool readable = false;  // false: past the end of the file, or the device failed
  std::string read_error;
  BlockState state = BlockState::kUnwritten;
  Trailer trailer;  // unchecked
  BlockBuffer bytes;

  // The trailer verifies and carries `tag`.
  [[nodiscard]] bool is(BlockType tag) const {
    return readable && state == BlockState::kSealed && trailer.tag == tag;
  }
  [[nodiscard]] Bytes payload() const { return Bytes(bytes).first(bytes.size() - kTrailerSize); }
};

struct GroupProbe {
  std::array<FixedBlock, kGroupBlocks> blocks;
  // All four blocks verify, carry their tags and the generation of block 0's sequence.
  bool whole = false;
  // Block 0's own: read where `blocks[0]` verifies, has the signature and names this block size.
  std::optional<Superblock> superblock;
};

struct DirectoryProbe {
  std::array<FixedBlock, kDirectoryBlocks> blocks;
  bool whole = false;  // both blocks verify, and the second holds the first one's checksum
  std::optional<DirectoryHeader> header;
};

// Where the superblock's fields were taken from, best first.
enum class SuperblockSource {
  kGroup,       // a whole group
  kBlock,       // a superblock that verifies, in a group that does not
  kUnverified,  // the payload of a block that fails its trailer: for showing only
  kNone,        // there is nothing that even looks like one
};

enum class SlotSource { kPointerTable, kDirectory, kUnverified, kNone };

struct Probe {
  uint64_t file_size = 0;  // bytes
  uint32_t block_size = 0;
  GroupProbe primary;
  GroupProbe mirror;
  DirectoryProbe directory;

  SuperblockSource superblock_source = SuperblockSource::kNone;
  uint64_t superblock_block = 0;  // where it was found: 0 or 4
  Superblock superblock;
  HeaderSeal seal;
  IntegrityAnchor anchor;  // zero unless it comes from a whole group

  SlotSource slot_source = SlotSource::kNone;
  std::vector<RegionSlot> slots;  // all, free ones too

  // Why the file cannot be judged as an image: kNotAnImage, kUnsupported (a version that this
  // program does not know), kIo. Nothing where it can.
  std::optional<Error> problem;

  [[nodiscard]] bool superblock_verified() const {
    return superblock_source == SuperblockSource::kGroup ||
           superblock_source == SuperblockSource::kBlock;
  }
  // Something on the disk vouches for the block size.
  [[nodiscard]] bool verified() const { return superblock_verified() || directory.whole; }
  [[nodiscard]] uint64_t blocks_in_file() const { return file_size / block_size; }
  // Blocks of the volume that the file really has: every block number is held against this.
  [[nodiscard]] uint64_t usable_blocks() const;
};

// Reads the blocks at fixed places, in one read where the blocks have the default size. kIo where
// the size of the file cannot be had; anything else is in the probe.
[[nodiscard]] Result<Probe> probe_image(BlockFile& file);

// kNotAnImage where boot code stands before the volume (docs/FORMAT.md, section 1.1): such a file
// must not be judged as a volume at byte 0. A probe has that as its problem.
[[nodiscard]] Result<void> refuse_preamble(BlockFile& file);

// What an operation asks of a probe, least first. There is something to show: a superblock at
// least, even if its trailer does not verify.
[[nodiscard]] Result<void> check_can_show(const Probe& probe);
// A superblock or the directory verifies, so that the rest can be judged.
[[nodiscard]] Result<void> check_can_judge(const Probe& probe);
// kUnsupported where a superblock that verifies asks for incompatible features that this program
// does not know: its content can be neither judged nor used.
[[nodiscard]] Result<void> check_features(const Probe& probe);
// kUnsupported where writers must leave the image alone: a later writer's version, a seal (without
// `unseal`), a region that is encrypted, WORM, read-only or migrating.
[[nodiscard]] Result<void> check_can_write(const Probe& probe, bool unseal);

// probe_image() and check_can_show(), check_can_judge(), or check_can_judge() and check_features().
[[nodiscard]] Result<Probe> probe_to_show(BlockFile& file);
[[nodiscard]] Result<Probe> probe_to_judge(BlockFile& file);
[[nodiscard]] Result<Probe> probe_to_use(BlockFile& file);

}  // namespace vde
