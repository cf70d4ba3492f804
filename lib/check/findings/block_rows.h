// Findings about single blocks, the allocation bitmap and the inode table.
#pragma once

#include "check/findings/finding_row.h"

namespace vde::finding_rows {

inline constexpr auto kBlockRows = std::to_array<FindingRow>({
    {"BLCK-001", kError, RepairNeed::kRegionOf, "block checksum mismatch",
     "The checksum in the trailer (XXH64) does not match the payload: the block changed after it "
     "was written, or the write was torn.",
     "The contents of the block cannot be trusted. A finding that names a flipped bit, a wrong "
     "byte "
     "or a sector has found the original: a repair restores it and loses nothing.",
     kFlippedBits, kLosesBlock},
    {"BLCK-002", kError, RepairNeed::kRegionOf, "a written block has no trailer",
     "The block has content, but its last 16 bytes are zero: something wrote it without a trailer.",
     "The contents of the block cannot be trusted.", kCopyAndRepair, kLosesBlock},
    {"BLCK-003", kError, RepairNeed::kBlockType, "unknown block type",
     "The checksum matches, but the format does not define the type in the trailer. The checksum "
     "does not cover the type.",
     "The block may belong elsewhere.", kCopyAndRepair, kLosesBlock},
    {"BLCK-004", kError, RepairNeed::kBlockType, "block type does not match its region",
     "The checksum matches, but the type in the trailer is that of another structure: a "
     "misdirected write, or a damaged type.",
     "The block may hold the content of another block.", kCopyAndRepair, kLosesBlock},
    {"BLCK-005", kWarning, RepairNeed::kFields, "a block is newer than the superblock",
     "The generation in the trailer is higher than the superblock's checkpoint sequence.",
     "An older superblock may have been restored, or the generation is damaged (it is not covered "
     "by the checksum).",
     "Check whether the image was partially restored from a backup. 'vdetool info IMAGE' shows the "
     "checkpoint sequence, 'vdetool dump IMAGE --block N' the generation. Outside the data area "
     "'vdetool verify IMAGE --repair' corrects the generation and leaves the content.",
     kLosesNothing},
    {"BLCK-006", kError, RepairNeed::kNever, "a block cannot be read",
     "The system reported an error when the block was read.",
     "The medium is failing. The contents of the block are lost unless a later attempt reads it.",
     "Run 'vdetool rescue IMAGE --output NEW': it copies what can be read to a new image. Or copy "
     "the "
     "image with a tool that retries (for example ddrescue) first, and rescue the copy."},
    {"BLCK-007", kError, RepairNeed::kRegionOf, "a required first block was never written",
     "The bitmap, the inode table and the journal begin with a block that must exist. It is all "
     "zero, including the trailer.",
     "The structure cannot be used.", kCopyAndRepair, kLosesBlock},
    {"BLCK-008", kNote, RepairNeed::kEmptyRegions, "region allocated but never initialized",
     "The first block of the region is all zero, including the trailer. Some tools leave regions "
     "like that.",
     "None: the region is empty.", kNothingRepairable,
     "nothing, unless the slot counts used blocks; then what was in them is lost"},
    {"BLCK-009", kError, RepairNeed::kRegionOf,
     "a region's header is zero but the region is not empty",
     "The first block is an all-zero block with a valid trailer, as in a region that was never "
     "used, but a later block has content. Or the first block was never written, but a later one "
     "was: tools that create a region write its first block first.",
     "The header and everything else in the block are lost. The rest of the region cannot be "
     "reached through it.",
     kCopyAndRepair, kLosesBlock},
});

inline constexpr auto kBitmapRows = std::to_array<FindingRow>({
    {"BMAP-001", kError, RepairNeed::kBitmap, "the allocation bitmap starts with zeros",
     "According to the first bitmap block, not even the superblock is allocated.",
     "A writer that relies on it would overwrite the image.",
     "Do not write to the image. Run 'vdetool verify IMAGE --repair --dry-run', which rebuilds the "
     "bitmap from the regions.",
     kLosesAllocations},
    {"BMAP-002", kError, RepairNeed::kBitmap, "the allocation bitmap is too small",
     "The region has fewer bits than the volume has blocks.",
     "The state of the last blocks is not recorded anywhere.",
     "Copy the image, then compare 'vdetool dump IMAGE --regions' with a listing from before the "
     "damage, if you have one. 'vdetool verify IMAGE --repair' adds the blocks that follow the "
     "bitmap, if no slot claims them and they hold nothing else.",
     kLosesNothing},
    {"BMAP-003", kNote, RepairNeed::kBitmap, "blocks of regions are marked free",
     "The tool that created the image marked its metadata only in the first bitmap block. Blocks "
     "of regions count as allocated regardless of the bitmap.",
     "None, unless a writer relies on the bitmap alone.", kNextWrite, kLosesNothing},
    {"BMAP-004", kError, RepairNeed::kBitmap, "the superblock's free count is wrong",
     "The bitmap and the regions leave a different number of blocks free.",
     "Allocations may fail although space is free, or the reverse.",
     "The count can be recomputed from the bitmap: run 'vdetool verify IMAGE --repair'.",
     kLosesNothing},
    {"BMAP-005", kError, RepairNeed::kBitmap, "the superblock's allocated count is wrong",
     "The bitmap and the regions have a different number of allocated blocks.",
     "Allocations may fail although space is free, or the reverse.",
     "The count can be recomputed from the bitmap: run 'vdetool verify IMAGE --repair'.",
     kLosesNothing},
    {"BMAP-006", kWarning, RepairNeed::kBitmap, "bitmap bits past the end of the volume are set",
     "Bits beyond the last block are set.",
     "If the volume grows, the new blocks appear to be in use.", kNextWrite, kLosesNothing},
    {"BMAP-007", kNote, RepairNeed::kNever, "allocated blocks without an owner",
     "The bitmap marks blocks of the data area as allocated, but no structure of the image refers "
     "to them. Reported only if there are no errors.",
     "None but the space they take, unless the structure that referred to them was lost.",
     kNothing},
});

inline constexpr auto kInodeRows = std::to_array<FindingRow>({
    {"INOD-001", kError, RepairNeed::kInodeLayout, "the inode layout is invalid",
     "The first block of the inode table does not hold a valid layout: sizes are zero, or its "
     "fields exceed the inode size.",
     "Inodes cannot be found in the table.", kCopyAndRepair, kLosesNothing},
    {"INOD-002", kError, RepairNeed::kInodeLayout,
     "the inode layout contradicts the feature manifest",
     "It defines a field of a feature that the image does not have, or fields that overlap.",
     "Data of features would be read from the wrong place in an inode.", kCopyAndRepair,
     kLosesNothing},
    {"INOD-003", kWarning, RepairNeed::kNever, "an inode field has unknown flags",
     "A feature's field in the inode layout has flag bits that are not defined by the format.",
     "A later revision of the format may have set them, or they are damaged.", kNothing},
    {"INOD-004", kError, RepairNeed::kNever, "the checkpoint of an inode migration is invalid",
     "The last block of the inode table holds the checkpoint of a migration. Its checksum does not "
     "match, or a number in it is out of range.",
     "The migration cannot be continued, and it is unknown how far it got.",
     "Make a copy of the image first (cp --sparse=always). 'vdetool dump IMAGE --block N' shows "
     "the checkpoint. Restore the inode table or the image from a backup."},
    {"INOD-005", kNote, RepairNeed::kMigration, "an inode migration was interrupted here",
     "The SDK's migration copies the inodes to a new table and keeps a checkpoint in the last "
     "block "
     "of the old one. It replaced the block that was there before. The region tables still name "
     "the old table.",
     "Inodes that were in that block are lost. All other blocks of the table are as they were.",
     "Run 'vdetool verify IMAGE --repair': it clears the checkpoint if the table has no inodes. If "
     "it has some, that needs --allow-loss. 'vdetool dump IMAGE --block N' shows the checkpoint.",
     "nothing if the table has no inodes; else inodes that were in the block"},
});

}  // namespace vde::finding_rows
