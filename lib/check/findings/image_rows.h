// What is wrong with what the image stands on: its size, superblocks, region tables and journal.
#pragma once

#include "check/findings/finding_row.h"

namespace vde::finding_rows {

inline constexpr auto kGeometryRows = std::to_array<FindingRow>({
    {"GEOM-001", kError, RepairNeed::kLength, "the file is shorter than the superblock says",
     "The file ends before the volume does: it was truncated, or copied in part.",
     "All that lay behind its end is lost.", kKeepCopy},
    {"GEOM-002", kNote, RepairNeed::kTail, "the file is longer than the superblock says",
     "There are bytes after the end of the volume. An interrupted resize leaves zeros there; some "
     "importers of disks store data there.",
     "None: nothing in the volume refers to them.",
     "Run 'vdetool verify --repair': it cuts them off if all of them are zero. Others are left: "
     "save them if they are yours, and cut them off with truncate(1)."},
    {"GEOM-003", kError, RepairNeed::kGeometry, "the superblock's file size is not its block count",
     "The expected file size is not total blocks times block size.",
     "One of the two is wrong, and tools that believe the wrong one go astray.",
     "The file's own size tells which."},
    {"GEOM-004", kError, RepairNeed::kGeometry, "the superblock's block count is impossible",
     "The number of blocks is negative, too small for the fixed blocks or larger than any image.",
     "The superblock cannot be used.", kKeepCopy},
});

inline constexpr auto kJournalRows = std::to_array<FindingRow>({
    {"MWAL-001", kError, RepairNeed::kRegionOf, "the journal's header cannot be read",
     "The first block of the journal holds no header: it is zero, or of an unknown kind or "
     "version.",
     "Whether changes wait in the journal is not known.", kKeepCopy},
    {"MWAL-002", kError, RepairNeed::kRegionOf, "the journal's size contradicts its region",
     "The header's block count is not that of the region.",
     "A writer that believes the header writes past the journal.", kLookAtTable},
    {"MWAL-003", kNote, RepairNeed::kRegionOf, "another program's journal was left open",
     "The header is not clean and is not vdetool's. Nothing ever replays such a journal: the "
     "program that wrote it wrote its changes home itself.",
     "None from the journal itself.", kNextWrite},
    {"MWAL-004", kNote, RepairNeed::kRegionOf, "the journal was left open",
     "A session of vdetool ended, or is still running, without a checkpoint. What it committed "
     "waits in the journal and counts; what was verified is the image with it.",
     "None: readers see the commits, and the next writer takes them home. Programs that do not "
     "know the journal see an older state.",
     kNextWrite},
    {"MWAL-005", kError, RepairNeed::kRegionOf, "the journal must not be replayed",
     "Commits wait in it, or waited, but another program has written to the image since, a record "
     "before an intact one is damaged, or one names blocks that no commit may change. What was "
     "verified is the image without them.",
     "The commits that waited cannot be applied without destroying what was written later.",
     kKeepCopy},
    {"MWAL-006", kWarning, RepairNeed::kRegionOf, "the journal's header is torn",
     "Its trailer does not fit. A crash while it was written leaves it like that; so does damage. "
     "The records are judged by themselves.",
     "None if the session crashed there; a commit may be lost if the block was damaged later.",
     kNextWrite},
});

inline constexpr auto kRegionMapRows = std::to_array<FindingRow>({
    {"RMAP-001", kError, RepairNeed::kGroup, "a block of the region directory is damaged",
     "Block 8 or 9 does not verify or has another tag.",
     "None while the pointer table is whole; without both, regions cannot be found.", kOtherCopy},
    {"RMAP-002", kError, RepairNeed::kGroup,
     "the region directory's checksum does not fit its slots",
     "Block 9 holds a checksum of block 8, and it is another one.",
     "One of the two blocks is older than the other.", kOtherCopy},
    {"RMAP-003", kError, RepairNeed::kGroup, "pointer table and directory disagree",
     "A region slot is not the same in both.",
     "Tools that go by different tables read and write different places.", kLookAtTable},
    {"RMAP-004", kError, RepairNeed::kNever, "a region lies outside the volume",
     "The slot's start and count do not lie within the volume's blocks.",
     "What the region should hold there is missing.", kLookAtTable},
    {"RMAP-005", kError, RepairNeed::kNever, "regions overlap",
     "Two regions claim the same blocks.", "A write to one destroys the other.", kLookAtTable},
    {"RMAP-006", kNote, RepairNeed::kSlots, "a region overlaps the data area",
     "The region was added later, and the data area's slot was not made smaller.",
     "None as long as the bitmap marks the region's blocks.", kNextWrite},
    {"RMAP-007", kError, RepairNeed::kNever, "a region occurs twice",
     "Only SUPB, RMAP and DATA may occupy several slots.",
     "Which of the regions counts is not known.", kLookAtTable},
    {"RMAP-008", kError, RepairNeed::kNever, "a region is missing",
     "The image needs it: always, or because the module manifest names its module.",
     "The module's data cannot be found.", kLookAtTable},
    {"RMAP-009", kWarning, RepairNeed::kFixedSlots, "a region has an unknown tag",
     "The slot's tag is none that the format names.",
     "A later revision may have made it, or the tag is damaged.", kLookAtTable},
    {"RMAP-010", kWarning, RepairNeed::kNever, "a region has unknown flags",
     "The slot sets flag bits that the format does not name.",
     "A later revision may have set them, or they are damaged.", kLookAtTable},
    {"RMAP-011", kError, RepairNeed::kGroup, "the directory's counts are wrong",
     "Block 9 says another number of slots or of active slots than block 8 holds.",
     "A reader that believes it misses regions.", kOtherCopy},
    {"RMAP-012", kWarning, RepairNeed::kGroup, "the directory's two blocks differ in generation",
     "Both are sealed and fit each other, but were not written together.", "None known.", kNothing},
    {"RMAP-013", kError, RepairNeed::kFixedSlots, "a fixed region is not where it belongs",
     "The slots of the superblock groups (0 and 4) and of the directory (8) are missing or "
     "elsewhere.",
     "A tool that goes by the slots overwrites them.", kLookAtTable},
});

inline constexpr auto kSuperblockRows = std::to_array<FindingRow>({
    {"SUPB-001", kError, RepairNeed::kGroup, "a block of a superblock group is damaged",
     "It does not verify, cannot be read, has another tag or holds no superblock of this image's "
     "block size, so its whole group is not used.",
     "None while the other group is whole: it holds the same.", kOtherCopy},
    {"SUPB-002", kError, RepairNeed::kGroup, "a superblock group is not of one piece",
     "A block's generation is not that of the group's checkpoint sequence: it was not written "
     "together with the others, or the superblock's own trailer is damaged.",
     "The group mixes two states of the image.", kOtherCopy},
    {"SUPB-003", kError, RepairNeed::kGroup, "the superblock groups differ",
     "Both verify and have the same checkpoint sequence, yet their content is not the same.",
     "Which one counts is not known.", kLookAtTable},
    {"SUPB-004", kError, RepairNeed::kGroup, "a superblock group is older than the other",
     "Both verify, but with different checkpoint sequences: a checkpoint stopped half-way, or one "
     "of the writes was lost.",
     "None while the newer one is whole.", kOtherCopy},
    {"SUPB-005", kWarning, RepairNeed::kNever, "reserved bytes are not zero",
     "Bytes that the format keeps for later hold something.",
     "A later revision may have put it there, or they are damaged.", kNothing},
    {"SUPB-006", kWarning, RepairNeed::kNever, "the volume label is not UTF-8",
     "The label's bytes are not valid UTF-8 text.", "It shows as raw bytes.", "Set a new label."},
    {"SUPB-007", kNote, RepairNeed::kNever, "the image is sealed",
     "The superblock carries a seal, an HMAC by a key that the image does not hold; it was not "
     "checked.",
     "Writers must not change a sealed image.", kNothing},
    {"SUPB-008", kNote, RepairNeed::kNever, "the integrity anchor holds hashes",
     "How they are computed is settled nowhere, so they were not checked. A change to what they "
     "cover leaves them stale.",
     "None.", kNothing},
    {"SUPB-009", kWarning, RepairNeed::kNever,
     "the superblock's inode size is not the inode table's",
     "The inode table has a layout of its own, and it rules.",
     "Module data may have no place in the inodes.", kNothing},
    {"SUPB-010", kError, RepairNeed::kGroup, "no superblock verifies",
     "Neither block 0 nor block 4 is a sealed superblock. What the tool shows of the superblock "
     "comes from bytes that nothing vouches for.",
     "Existing readers reject the image.", kKeepCopy},
    {"SUPB-011", kWarning, RepairNeed::kNever, "compatible features are unknown",
     "The superblock sets bits in a word of compatible features that the format does not name.",
     "A later revision may have set them, or they are damaged. Readers may ignore them.", kNothing},
});

}  // namespace vde::finding_rows
