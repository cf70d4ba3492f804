// Findings about what other programs did to an image.
#pragma once

#include "check/findings/finding_row.h"

namespace vde::finding_rows {

inline constexpr auto kOriginRows = std::to_array<FindingRow>({
    {"ORIG-001", kError, RepairNeed::kNever,
     "the image is an export of the SDK, not a whole volume",
     "The SDK's exporter wrote it: inodes and their data, without slots for the superblock groups "
     "and the directory, without a journal and without a free block. Its counts and its region "
     "tables contradict each other in the same way in every export, so those contradictions are "
     "reported only here.",
     "No data is lost. Nothing can be written to the image, because it has no journal. If it has "
     "256 data blocks or more, the exporter inserted blocks that it did not count: extents after "
     "them are one block too low for each, and the last data blocks lie after the end of the "
     "volume, where they are not checked.",
     "Keep the image as it is: a repair changes none of this. To work with its content, import it "
     "with the program that exported it, or export the source again. 'vdetool dump IMAGE --region "
     "INOD' shows the inodes."},
    {"ORIG-002", kNote, RepairNeed::kGroup, "the SDK added modules to the image, and left it torn",
     "The SDK's module management wrote superblocks and the pointer table without trailers, and "
     "left the mirror group as it was. The intact directory has the same regions as the pointer "
     "table.",
     "The SDK itself rejects the image, or opens it as it was before. No data is lost.",
     "Run 'vdetool verify IMAGE --repair': it keeps the new modules. A region that the SDK added "
     "but never wrote stays empty.",
     kLosesNothing},
    {"ORIG-003", kNote, RepairNeed::kGroup,
     "the SDK claimed inode padding, and left the image torn",
     "The SDK's claim of inode padding for a module uses block 7 as its journal. The end of its "
     "backup overwrites the start of the directory, and the inode layout overwrites block 2.",
     "The SDK rejects the image. Blocks 1 and 3 to 6 have copies of what was overwritten.",
     "Run 'vdetool verify IMAGE --repair': it restores the volume as it was before the claim. Then "
     "the module is not in the manifest.",
     kLosesNothing},
    {"ORIG-004", kNote, RepairNeed::kGroup, "the SDK moved the inode table to the data area",
     "The SDK's inode migration got through: the region tables name the new inode table. It "
     "consists of raw bytes without trailers. The first inode in it is the old layout block.",
     "The inodes in the new table are not where the layout says. The old table was not overwritten "
     "by the migration, but its blocks may be used for other data.",
     "Do not write to the image. Restore it from a backup of before the migration if you can. "
     "'vdetool rescue IMAGE --output NEW' copies everything that verifies to a new image; 'vdetool "
     "verify IMAGE --repair --dry-run' says what a repair in place would lose.",
     "nothing from the old table; what the blocks of the new one hold may be lost"},
    {"ORIG-005", kNote, RepairNeed::kGroup, "the SDK defragmented the image, and left it torn",
     "The SDK's defragmenter moved regions and wrote the pointer table without a trailer. It left "
     "the mirror group as it was, and may have added a block to the file.",
     "The SDK opens the mirror group, which names the old places. No data is lost yet.",
     "Do not write to the image with the SDK. Run 'vdetool verify IMAGE --repair': it takes the "
     "new "
     "places from the directory.",
     kLosesNothing},
    {"ORIG-006", kNote, RepairNeed::kNever, "a disk was imported into the image",
     "The SDK's importer made an empty volume with as many blocks as the disk and copied the disk "
     "to the start of the data area, without trailers. It does not fit, so it continues after the "
     "end of the volume. The bitmap marks its blocks as free.",
     "Anything that is written to the volume can overwrite the disk.",
     "Do not write to the image. Copy the disk out first: 'tail -c +N IMAGE > FILE', where N is "
     "one "
     "more than the first byte in the message. 'vdetool map IMAGE' shows what the volume uses."},
    {"ORIG-007", kNote, RepairNeed::kNever, "the image is a copy that the SDK made",
     "The SDK's copy with an added module raises the checkpoint sequence and keeps the generation "
     "of the superblock groups. It copies data blocks to the same numbers, and its bitmap marks "
     "them as free.",
     "Data at the place of the added region was lost in the copy. A write can overwrite copied "
     "data.",
     "Nothing needs to be done if the source still exists: copy it with 'vdetool copy' instead. "
     "Otherwise copy what you need out of this image before you write to it. The next write by "
     "vdetool corrects the generation."},
    {"ORIG-008", kNote, RepairNeed::kNever, "the SDK migrated the image from version 1",
     "The SDK's migration made a volume of version 2 and then copied the blocks of the old file "
     "over its bitmap, inode table and journal.",
     "Bitmap, inode table and journal are lost. The data blocks of the old file are there, but "
     "without trailers: a repair reports them as damaged.",
     "Keep the old file: it has everything. 'vdetool verify IMAGE --repair --dry-run' shows what a "
     "repair could rebuild in this one."},
});

}  // namespace vde::finding_rows
