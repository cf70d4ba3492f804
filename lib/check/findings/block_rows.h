// What is wrong with blocks by themselves, and with the bitmap and the inode table.
#pragma once

#include "check/findings/finding_row.h"

namespace vde::finding_rows {

inline constexpr auto kBlockRows = std::to_array<FindingRow>({
    {"BLCK-001", kError, RepairNeed::kRegionOf, "a block's checksum does not fit",
     "The XXH64 in the block's trailer is not that of its payload: the bytes changed after they "
     "were written, or the write was torn.",
     "What the block holds cannot be believed.", kKeepCopy},
    {"BLCK-002", kError, RepairNeed::kRegionOf, "a written block has no trailer",
     "The block has content, but its last 16 bytes are zero: something wrote it without sealing "
     "it.",
     "What the block holds cannot be believed.", kKeepCopy},
    {"BLCK-003", kError, RepairNeed::kRegionOf, "a block has an unknown type tag",
     "The checksum fits, but the tag in the trailer is none that the format names; the checksum "
     "does not cover the tag.",
     "The block may belong elsewhere.", kKeepCopy},
    {"BLCK-004", kError, RepairNeed::kRegionOf, "a block's tag does not fit its region",
     "The checksum fits, but the tag is that of another structure: a misdirected write, or a "
     "damaged tag.",
     "The block's content may be that of another block.", kKeepCopy},
    {"BLCK-005", kWarning, RepairNeed::kNever, "a block is newer than the superblock",
     "The trailer's generation is higher than the superblock's checkpoint sequence.",
     "An older superblock may have been put back, or the generation is damaged: nothing covers it.",
     "Find out whether the image was restored in part."},
    {"BLCK-006", kError, RepairNeed::kNever, "a block cannot be read",
     "The system reported an error when the block was read.",
     "The medium is failing; what the block held is lost unless a later try reads it.",
     "Copy the image with a tool that retries, then verify the copy."},
    {"BLCK-007", kError, RepairNeed::kRegionOf, "a region's first block was never written",
     "Bitmap, inode table and journal start with a block that must be there; it is all zero.",
     "The structure cannot be used.", kKeepCopy},
    {"BLCK-008", kNote, RepairNeed::kEmptyRegions, "a region was made but never written",
     "All of the region's first block is zero; creators of images leave some regions like that.",
     "None: the region is empty.", kNothing},
    {"BLCK-009", kError, RepairNeed::kRegionOf,
     "a region's header is zero but the region is not empty",
     "The first block is a sealed block of zeros, as in a region that was never used, yet a later "
     "block has content; or it was never written, yet a later block was. Whoever makes a region "
     "starts with its first block.",
     "The header was lost, and all else that lay in the block; what the region holds is not "
     "reachable through it.",
     kKeepCopy},
});

inline constexpr auto kBitmapRows = std::to_array<FindingRow>({
    {"BMAP-001", kError, RepairNeed::kBitmap, "the allocation bitmap starts with zeros",
     "The first bitmap block says that not even the superblock is allocated.",
     "A writer that believes it overwrites the image.",
     "The regions tell which blocks are in use; nothing should write to the image until then."},
    {"BMAP-002", kError, RepairNeed::kBitmap, "the allocation bitmap is too small",
     "Its region has fewer bits than the volume has blocks.",
     "The state of the last blocks is not recorded anywhere.",
     "Compare 'vdetool dump --regions' with what you know of the image; keep a copy of it. "
     "'vdetool verify --repair' gives the bitmap the blocks behind it, if no slot claims them and "
     "nothing else is in them."},
    {"BMAP-003", kNote, RepairNeed::kBitmap, "blocks of regions are marked free",
     "The creator of the image marked its metadata in the first bitmap block only. Blocks of "
     "regions count as allocated whatever the bitmap says.",
     "None, unless a writer trusts the bitmap alone.", kNextWrite},
    {"BMAP-004", kError, RepairNeed::kBitmap, "the superblock's free count is wrong",
     "Bitmap and regions together leave another number of blocks free.",
     "Space may be refused, or promised and not there.",
     "The bitmap is the source: the count can be computed again."},
    {"BMAP-005", kError, RepairNeed::kBitmap, "the superblock's allocated count is wrong",
     "Bitmap and regions together allocate another number of blocks.",
     "Space may be refused, or promised and not there.",
     "The bitmap is the source: the count can be computed again."},
    {"BMAP-006", kWarning, RepairNeed::kBitmap, "bitmap bits past the end of the volume are set",
     "Bits for blocks that the volume does not have are one.",
     "If the volume grows, the new blocks seem taken.", kNextWrite},
    {"BMAP-007", kNote, RepairNeed::kNever, "allocated blocks that nothing refers to",
     "The bitmap calls blocks of the data area allocated, and no structure of the image has them. "
     "Reported only for images without errors.",
     "None but the space they take, unless what referred to them was lost.", kNothing},
});

inline constexpr auto kInodeRows = std::to_array<FindingRow>({
    {"INOD-001", kError, RepairNeed::kInodeLayout, "the inode layout cannot be read",
     "The first block of the inode table holds no layout: sizes are zero or its fields run over.",
     "Inodes cannot be found in the table.", kKeepCopy},
    {"INOD-002", kError, RepairNeed::kInodeLayout,
     "the inode layout contradicts the module manifest",
     "It names a field of a module that the image does not have, or fields that overlap.",
     "Module data of inodes would be read from the wrong place.", kKeepCopy},
    {"INOD-003", kWarning, RepairNeed::kNever, "an inode field has unknown flags",
     "The inode layout sets flag bits on a module's field that the format does not name.",
     "A later revision may have set them, or they are damaged.", kNothing},
});

}  // namespace vde::finding_rows
