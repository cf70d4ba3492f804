// Findings about the foundations of an image: its size, superblocks, region tables and journal.
#pragma once

#include "check/findings/finding_row.h"

namespace vde::finding_rows {

inline constexpr auto kGeometryRows = std::to_array<FindingRow>({
    {"GEOM-001", kError, RepairNeed::kLength, "the file is shorter than the superblock says",
     "The file ends before the volume does: it was truncated, or copied incompletely.",
     "Everything past its end is lost.",
     "Make a copy of the image first (cp --sparse=always). Then restore the image from a backup. "
     "'vdetool verify IMAGE --repair' adds the missing blocks again, as unwritten ones. "
     "'vdetool rescue IMAGE --output NEW' builds a new image from what is left.",
     "nothing if the missing blocks were never used; otherwise what was in them"},
    {"GEOM-002", kNote, RepairNeed::kTail, "the file is longer than the superblock says",
     "There are bytes after the end of the volume, for example zeros after an interrupted resize, "
     "or data that a disk importer stored there.",
     "None: nothing in the volume refers to them.",
     "Run 'vdetool verify IMAGE --repair': it truncates the file if all of these bytes are zero. "
     "Otherwise save them if you need them, then use truncate(1).",
     kLosesNothing},
    {"GEOM-003", kError, RepairNeed::kGeometry, "file size and block count disagree",
     "The superblock's expected file size is not its block count times the block size.",
     "One of the two is wrong. Tools that rely on the wrong one may misbehave.",
     "Compare with the actual file size ('vdetool info IMAGE' shows all three). 'vdetool verify "
     "IMAGE --repair --dry-run' shows which one a repair would change.",
     kLosesNothing},
    {"GEOM-004", kError, RepairNeed::kGeometry, "the superblock's block count is impossible",
     "The number of blocks is negative, too small for the fixed blocks or above the maximum.",
     "The superblock cannot be used.", kCopyAndRepair, kLosesNothing},
});

inline constexpr auto kJournalRows = std::to_array<FindingRow>({
    {"MWAL-001", kError, RepairNeed::kRegionOf, "the journal header is invalid",
     "The first block of the journal is zero, or its kind or version is unknown.",
     "There may be committed changes that have not been applied.", kCopyAndRepair,
     "committed changes that were not applied, if any"},
    {"MWAL-002", kError, RepairNeed::kRegionOf, "the journal's size contradicts its region",
     "The block count in the header is not that of the region.",
     "A writer that relies on the header would write past the journal.", kCompareAndRepair,
     kLosesNothing},
    {"MWAL-003", kNote, RepairNeed::kRegionOf, "another program's journal was left open",
     "The header is not marked clean and was not written by vdetool. Such journals are never "
     "replayed; their writer applied the changes directly.",
     "None from the journal itself.", kNextWrite, kLosesNothing},
    {"MWAL-004", kNote, RepairNeed::kRegionOf, "the journal was left open",
     "A session of vdetool ended, or is still running, without a checkpoint. Its committed changes "
     "are still in the journal; the image was verified as if they were applied.",
     "None: readers see the commits, and the next writer applies them. Programs that do not know "
     "the journal see an older state.",
     kNextWrite, kLosesNothing},
    {"MWAL-005", kError, RepairNeed::kRegionOf, "the journal cannot be replayed safely",
     "The journal holds, or held, commits that cannot be applied: another program changed the "
     "image, an earlier record is damaged, or a record targets blocks that no commit may change. "
     "The image was verified without them.",
     "Applying these commits would destroy what was written later.", kCopyAndRepair,
     "the commits that cannot be applied"},
    {"MWAL-006", kWarning, RepairNeed::kRegionOf, "journal header checksum mismatch",
     "A crash while the header was written leaves it like that; so does damage. Its records are "
     "checked individually.",
     "None after a crash. If the block was damaged later, a commit may be lost.", kNextWrite,
     kLosesNothing},
});

inline constexpr auto kRegionMapRows = std::to_array<FindingRow>({
    {"RMAP-001", kError, RepairNeed::kGroup, "a block of the region directory is damaged",
     "Block 8 or 9 has no valid trailer, or has another type.",
     "None as long as the pointer table is intact. Without both, regions cannot be found.",
     kOtherCopyOrBits, kLosesNothing},
    {"RMAP-002", kError, RepairNeed::kGroup, "region directory checksum mismatch",
     "Block 9 holds a checksum of block 8, which does not match.",
     "One of the two blocks is older than the other.", kOtherCopy, kLosesNothing},
    {"RMAP-003", kError, RepairNeed::kGroup, "pointer table and directory disagree",
     "A slot differs between the two.",
     "Different tools may use different locations for the same region.", kCompareAndRepair,
     kLosesOtherCopy},
    {"RMAP-004", kError, RepairNeed::kSlotChoice, "a region lies outside the volume",
     "The start and count of the slot do not lie within the volume.",
     "The part of the region outside the volume is missing.", kCompareAndRepair, kLosesNothing},
    {"RMAP-005", kError, RepairNeed::kSlotChoice, "regions overlap",
     "Two regions claim the same blocks.", "Writing to one corrupts the other.", kCompareAndRepair,
     kLosesNothing},
    {"RMAP-006", kNote, RepairNeed::kSlots, "a region overlaps the data area",
     "The region was added later at an edge of the data area, and the slot of the data area was "
     "not reduced.",
     "None as long as the bitmap marks the region's blocks as allocated.", kNothing, kLosesNothing},
    {"RMAP-007", kError, RepairNeed::kSlotChoice, "duplicate region",
     "Only SUPB, RMAP and DATA may occupy several slots.", "It is unclear which one is valid.",
     kCompareAndRepair, kLosesNothing},
    {"RMAP-008", kError, RepairNeed::kSlotChoice, "a region is missing",
     "Every image needs the region, or a feature in the manifest needs it.",
     "The region's data cannot be found.", kCompareAndRepair, kLosesNothing},
    {"RMAP-009", kWarning, RepairNeed::kFixedSlots, "a region has an unknown type",
     "The type in the slot is not defined by the format.",
     "A later revision of the format may have defined it, or it is damaged.", kCompareAndRepair,
     kLosesNothing},
    {"RMAP-010", kWarning, RepairNeed::kNever, "a region has unknown flags",
     "The slot has flag bits that are not defined by the format.",
     "A later revision of the format may have set them, or they are damaged.", kCompareRegions},
    {"RMAP-011", kError, RepairNeed::kGroup, "the directory's counts are wrong",
     "Block 9 has a different number of slots, or of active slots, than block 8.",
     "A reader that relies on the counts misses regions.", kOtherCopy, kLosesNothing},
    {"RMAP-012", kWarning, RepairNeed::kGroup, "the directory's two blocks differ in generation",
     "Both have valid trailers and match, but they were not written together.", "None known.",
     kNothingRepairable, kLosesNothing},
    {"RMAP-013", kError, RepairNeed::kFixedSlots, "a fixed region is not where it belongs",
     "The slots of the superblock groups (at blocks 0 and 4) or of the directory (at block 8) are "
     "missing or name other blocks.",
     "A tool that relies on the slots overwrites them.", kCompareAndRepair, kLosesNothing},
});

inline constexpr auto kSuperblockRows = std::to_array<FindingRow>({
    {"SUPB-001", kError, RepairNeed::kGroup, "a block of a superblock group is damaged",
     "It has no valid trailer, cannot be read, has another type, or its superblock has a different "
     "block size. The whole group is not used.",
     "None as long as the other copy is intact.", kOtherCopyOrBits, kLosesUnprovenFields},
    {"SUPB-002", kError, RepairNeed::kGroup, "a superblock group is inconsistent",
     "The generation of a block is not the group's checkpoint sequence: it was not written "
     "together with the others, or the superblock's own trailer is damaged.",
     "The group mixes two states of the image.", kOtherCopy, kLosesNothing},
    {"SUPB-003", kError, RepairNeed::kGroup, "the superblock groups differ",
     "Both have valid trailers and the same checkpoint sequence, but different content.",
     "It is unclear which copy is right.", kCompareAndRepair, kLosesOtherCopy},
    {"SUPB-004", kError, RepairNeed::kGroup, "a superblock group is older than the other",
     "Both are intact, but their checkpoint sequences differ: a checkpoint was interrupted, or a "
     "write was lost.",
     "None as long as the newer one is intact.", kOtherCopy, "nothing but the older state"},
    {"SUPB-005", kWarning, RepairNeed::kNever, "reserved bytes are not zero",
     "Reserved bytes contain data.",
     "A later revision of the format may have put it there, or it is damage.", kNothing},
    {"SUPB-006", kWarning, RepairNeed::kNever, "the volume label is not UTF-8",
     "The label is not valid UTF-8 text.", "It is displayed with \\xHH escapes.",
     "Set a new label: 'vdetool label IMAGE LABEL'."},
    {"SUPB-007", kNote, RepairNeed::kNever, "the image is sealed",
     "The superblock carries a seal: an HMAC whose key is not in the image. It is checked with "
     "--key-file FILE.",
     "None. Changing the image needs --key-file, which renews the seal, or --unseal, which removes "
     "it.",
     kNothing},
    {"SUPB-008", kNote, RepairNeed::kNever, "the integrity anchor holds hashes",
     "The format does not specify how they are computed, so they were not checked. They become "
     "stale when the data that they cover changes.",
     "None.", kNothing},
    {"SUPB-009", kWarning, RepairNeed::kNever,
     "superblock and inode table disagree about the inode size",
     "The inode table's own layout takes precedence.",
     "The inodes may have no room for the data of some features.", kNothing},
    {"SUPB-010", kError, RepairNeed::kGroup, "no valid superblock",
     "Neither block 0 nor block 4 is a superblock with a valid trailer. Superblock values shown "
     "are unverified.",
     "The SDK rejects the image.", kCopyAndRepair, kLosesUnprovenFields},
    {"SUPB-011", kWarning, RepairNeed::kNever, "unknown compatible features",
     "The superblock sets feature bits that readers may ignore and that are not defined by the "
     "format.",
     "A later revision of the format may have set them, or they are damaged.", kNothing},
    {"SUPB-012", kWarning, RepairNeed::kNever,
     "the generation of a superblock group is not its checkpoint sequence",
     "All four blocks of the group have valid trailers and the same generation, but it differs "
     "from the checkpoint sequence. Some tools of the SDK change the superblock and keep the "
     "generation.",
     "None for the content. The generations of later writes may seem to decrease.",
     "Nothing needs to be done: the next change to the image by vdetool fixes it."},
    {"SUPB-013", kWarning, RepairNeed::kNever, "the metadata chain hash is stale",
     "The integrity anchor holds a hash over the first blocks of all regions that does not match "
     "them: the image was changed after the hash was computed, or a crash interrupted a change.",
     "Tamper checks of the SDK report the image as changed. The hash needs no key, so it proves "
     "little.",
     kNothing},
    {"SUPB-014", kNote, RepairNeed::kNever, "the format fingerprint is of another revision",
     "The integrity anchor holds a fingerprint of the format that is not that of version 2.0.",
     "Tamper checks of the SDK may reject the image.", kNothing},
    {"SUPB-015", kNote, RepairNeed::kNever, "the metadata chain hash has no generation",
     "The integrity anchor holds a chain hash, but the chain generation is 0 or negative.",
     "It is unknown which state of the image the hash belongs to.", kNothing},
    {"SUPB-016", kNote, RepairNeed::kNever, "the nesting depth is above its limit",
     "The nesting depth in the extended metadata is above 3.",
     "Tamper checks of the SDK reject the image.", kNothing},
    {"SUPB-017", kError, RepairNeed::kNever, "the header seal is wrong",
     "The superblock's seal was not made with the key in --key-file, or the superblock was changed "
     "since by somebody without the key. Which of the two cannot be seen.",
     "If the key is right, nothing in the superblock can be trusted.", kRightKey},
    {"SUPB-018", kError, RepairNeed::kNever, "the namespace signature is wrong",
     "The signature of the namespace in the extended metadata was not made with a key in "
     "--key-file, or prefix, UUID or authority were changed since. One of the keys fits nothing "
     "else in the image, so it should fit here.",
     "If the key is right, the namespace is not the one that was registered.", kRightKey},
    {"SUPB-019", kNote, RepairNeed::kNever, "the namespace signature was not checked",
     "The extended metadata holds a signature of the namespace, and every key in --key-file "
     "belongs to something else. The authority over the namespace has a key of its own.",
     "None.", "Run 'vdetool verify IMAGE --key-file FILE' with the file of that key too."},
    {"SUPB-020", kWarning, RepairNeed::kNever, "nothing is sealed or signed",
     "A key was given, but the image holds nothing that was made with one.",
     "If the image was sealed, somebody removed the seal: nothing proves what it holds.",
     "Compare what 'vdetool dump IMAGE' shows with a copy whose seal fits."},
    {"SUPB-021", kWarning, RepairNeed::kNever, "a key fits nothing in the image",
     "Every seal and signature in the image fits a key, but one of the keys fits none of them.",
     "If something was sealed or signed with that key, somebody removed it: nothing proves it any "
     "more.",
     "Make sure that it is the right key for this image. Then compare what 'vdetool dump IMAGE' "
     "shows with a copy that you trust."},
});

}  // namespace vde::finding_rows
