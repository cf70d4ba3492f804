// What can be told about an image before anything in it is trusted: its block size, which of the
// superblock groups verify, and which region slots to go by. Verify, info and dump start from here,
// and so does opening: a survey never fails because of damage, only where there is nothing to
// judge.
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
  [[nodiscard]] bool is(Tag tag) const {
    return readable && state == BlockState::kSealed && trailer.tag == tag;
  }
  [[nodiscard]] Bytes payload() const { return Bytes(bytes).first(bytes.size() - kTrailerSize); }
};

struct GroupSurvey {
  std::array<FixedBlock, kGroupBlocks> blocks;
  // All four blocks verify, carry their tags and the generation of block 0's sequence.
  bool whole = false;
  // Block 0's own: read where `blocks[0]` verifies, has the signature and names this block size.
  std::optional<Superblock> superblock;
};

struct DirectorySurvey {
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

struct Survey {
  uint64_t file_size = 0;  // bytes
  uint32_t block_size = 0;
  GroupSurvey primary;
  GroupSurvey mirror;
  DirectorySurvey directory;

  SuperblockSource superblock_source = SuperblockSource::kNone;
  uint64_t superblock_block = 0;  // where it was found: 0 or 4
  Superblock superblock;
  HeaderSeal seal;
  IntegrityAnchor anchor;  // zero unless it comes from a whole group

  SlotSource slot_source = SlotSource::kNone;
  std::vector<RegionSlot> slots;  // all, free ones too

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

// Looks the file over. kUnsupported where neither a superblock nor the directory verifies at any
// block size, unless `tolerate_unverified` and a block 0 that at least looks like one is there;
// kUnsupported, too, for versions that this program does not know and for a file with a preamble.
// kIo where nothing can be read.
[[nodiscard]] Result<Survey> survey_image(BlockFile& file, bool tolerate_unverified);

// kUnsupported where boot code stands before the volume (docs/FORMAT.md, section 1.1): such a file
// must not be judged as a volume at byte 0. survey_image() asks first.
[[nodiscard]] Result<void> refuse_preamble(BlockFile& file);

// kUnsupported where a superblock that verifies asks for incompatible features that this program
// does not know. Such an image may be shown, and neither judged nor gone by.
[[nodiscard]] Result<void> check_features(const Survey& survey);
// What all start with that read or change what is in an image: survey_image(file, false), and
// check_features().
[[nodiscard]] Result<Survey> survey_to_use(BlockFile& file);

// The last slot tagged DATA is the data area; nothing where there is none.
[[nodiscard]] std::optional<size_t> data_area_slot(const std::vector<RegionSlot>& slots);

// The blocks that no data may lie in: the fixed places, and all regions but the data area, as far
// as the numbers of their slots make sense.
[[nodiscard]] std::vector<BlockRange> metadata_blocks(const std::vector<RegionSlot>& slots);

}  // namespace vde
