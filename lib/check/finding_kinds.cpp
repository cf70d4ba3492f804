// The one table that text, JSON, exit status and `explain` come from. Codes are for good: a kind
// may be retired, never renumbered.
#include <array>

#include "check/finding_code.h"

namespace vde {
namespace {

constexpr auto kError = Severity::kError;
constexpr auto kWarning = Severity::kWarning;
constexpr auto kNote = Severity::kNote;
constexpr auto kFixable = Fixable::kAlways;
constexpr auto kSometimes = Fixable::kSometimes;
constexpr auto kNotFixable = Fixable::kNever;

constexpr std::string_view kKeepCopy =
    "Copy the image as it is before anything else writes to it; restore what is named from a "
    "backup.";
constexpr std::string_view kNothing = "Nothing needs to be done.";
constexpr std::string_view kNextWrite = "The next write by vdetool puts it right.";
constexpr std::string_view kNextModule =
    "The next change to the modules by vdetool puts it right, where an order of them does.";
constexpr std::string_view kRegister =
    "Remove the module with 'vdetool module remove' and register it again from its file.";
constexpr std::string_view kRegisterAgain =
    "A repair keeps the entry and what is left of the bytes. Where nothing else needs them, remove "
    "the module with 'vdetool module remove' and register it again from its file.";
constexpr std::string_view kNextSnapshot =
    "The next change to the snapshots by vdetool puts it right.";
constexpr std::string_view kLookAtTable =
    "Compare 'vdetool dump --regions' with what you know of the image; keep a copy of it.";
constexpr std::string_view kOtherCopy =
    "The other copy holds what is needed; keep the image as it is until it has been put right.";
constexpr std::string_view kKeepLeaves =
    "Run 'vdetool verify --repair': it makes tree, filters and counts anew from the leaves that "
    "verify, and names what is lost.";
constexpr std::string_view kKeepEntries =
    "Run 'vdetool verify --repair': it keeps the entries of the blocks that verify, each as it is, "
    "and names what is lost. Keep a copy of the image.";
constexpr std::string_view kCountAgain =
    "Run 'vdetool verify --repair': it counts the entries, where all of them can be read and leave "
    "no doubt. Keep a copy of the image.";
constexpr std::string_view kSetAgain = "Find out what set these tags, and set them again.";

constexpr auto kKinds = std::to_array<FindingKind>({
    {"BLCK-001", kError, kSometimes, "a block's checksum does not fit",
     "The XXH64 in the block's trailer is not that of its payload: the bytes changed after they "
     "were "
     "written, or the write was torn.",
     "What the block holds cannot be believed.", kKeepCopy},
    {"BLCK-002", kError, kSometimes, "a written block has no trailer",
     "The block has content, but its last 16 bytes are zero: something wrote it without sealing "
     "it.",
     "What the block holds cannot be believed.", kKeepCopy},
    {"BLCK-003", kError, kSometimes, "a block has an unknown type tag",
     "The checksum fits, but the tag in the trailer is none that the format names; the checksum "
     "does "
     "not cover the tag.",
     "The block may belong elsewhere.", kKeepCopy},
    {"BLCK-004", kError, kSometimes, "a block's tag does not fit its region",
     "The checksum fits, but the tag is that of another structure: a misdirected write, or a "
     "damaged "
     "tag.",
     "The block's content may be that of another block.", kKeepCopy},
    {"BLCK-005", kWarning, kNotFixable, "a block is newer than the superblock",
     "The trailer's generation is higher than the superblock's checkpoint sequence.",
     "An older superblock may have been put back, or the generation is damaged: nothing covers it.",
     "Find out whether the image was restored in part."},
    {"BLCK-006", kError, kNotFixable, "a block cannot be read",
     "The system reported an error when the block was read.",
     "The medium is failing; what the block held is lost unless a later try reads it.",
     "Copy the image with a tool that retries, then verify the copy."},
    {"BLCK-007", kError, kSometimes, "a region's first block was never written",
     "Bitmap, inode table and journal start with a block that must be there; it is all zero.",
     "The structure cannot be used.", kKeepCopy},
    {"BLCK-008", kNote, kSometimes, "a region was made but never written",
     "All of the region's first block is zero; creators of images leave some regions like that.",
     "None: the region is empty.", kNothing},
    {"BLCK-009", kError, kSometimes, "a region's header is zero but the region is not empty",
     "The first block is a sealed block of zeros, as in a region that was never used, yet a later "
     "block has content; or it was never written, yet a later block was. Whoever makes a region "
     "starts with its first block.",
     "The header was lost, and all else that lay in the block; what the region holds is not "
     "reachable through it.",
     kKeepCopy},
    {"BMAP-001", kError, kSometimes, "the allocation bitmap starts with zeros",
     "The first bitmap block says that not even the superblock is allocated.",
     "A writer that believes it overwrites the image.",
     "The regions tell which blocks are in use; nothing should write to the image until then."},
    {"BMAP-002", kError, kSometimes, "the allocation bitmap is too small",
     "Its region has fewer bits than the volume has blocks.",
     "The state of the last blocks is not recorded anywhere.",
     "Compare 'vdetool dump --regions' with what you know of the image; keep a copy of it. "
     "'vdetool verify --repair' gives the bitmap the blocks behind it, if no slot claims them and "
     "nothing else is in them."},
    {"BMAP-003", kNote, kSometimes, "blocks of regions are marked free",
     "The creator of the image marked its metadata in the first bitmap block only. Blocks of "
     "regions "
     "count as allocated whatever the bitmap says.",
     "None, unless a writer trusts the bitmap alone.", kNextWrite},
    {"BMAP-004", kError, kSometimes, "the superblock's free count is wrong",
     "Bitmap and regions together leave another number of blocks free.",
     "Space may be refused, or promised and not there.",
     "The bitmap is the source: the count can be computed again."},
    {"BMAP-005", kError, kSometimes, "the superblock's allocated count is wrong",
     "Bitmap and regions together allocate another number of blocks.",
     "Space may be refused, or promised and not there.",
     "The bitmap is the source: the count can be computed again."},
    {"BMAP-006", kWarning, kSometimes, "bitmap bits past the end of the volume are set",
     "Bits for blocks that the volume does not have are one.",
     "If the volume grows, the new blocks seem taken.", kNextWrite},
    {"BMAP-007", kNote, kNotFixable, "allocated blocks that nothing refers to",
     "The bitmap calls blocks of the data area allocated, and no structure of the image has them. "
     "Only told of images without errors.",
     "None but the space they take, unless what referred to them was lost.", kNothing},
    {"CODE-001", kError, kSometimes, "the code cache counts more than it holds",
     "The header's count is negative, or the blocks hold fewer entries.",
     "The modules that are missing cannot be found, and existing readers reject the table.",
     kCountAgain},
    {"CODE-002", kError, kNotFixable, "a module entry cannot be read",
     "Its entry point is longer than the format allows, or runs past the block.",
     "This module and those behind it in the block cannot be found.", kKeepCopy},
    {"CODE-003", kError, kNotFixable, "a module's hash occurs twice",
     "Two entries of the code cache have the same hash.",
     "Which of the two a lookup finds is chance.", kKeepCopy},
    {"CODE-004", kError, kNotFixable, "a module's id occurs twice",
     "Two entries of the code cache have the same id.", "What the id means is not known.",
     kKeepCopy},
    {"CODE-005", kError, kNotFixable, "a module's blocks make no sense",
     "They lie outside the volume, or their count is not that of its size.",
     "The module's bytes cannot be found.", kRegister},
    {"CODE-006", kError, kNotFixable, "two modules share blocks",
     "The blocks of an entry are, in part or all, those of another one.",
     "At most one of the two has its own bytes; freeing one would free the other's.", kRegister},
    {"CODE-007", kError, kNotFixable, "a module lies over a region",
     "The blocks of an entry belong to a region other than the data area.",
     "The module's bytes cannot be there.", kRegister},
    {"CODE-008", kError, kSometimes, "a module's blocks are marked free",
     "The allocation bitmap calls blocks free that an entry names.",
     "The next writer may take them, and the module is lost.",
     "Run 'vdetool verify --repair': it marks the blocks allocated. Then 'vdetool module verify' "
     "says "
     "whether the module is whole."},
    {"CODE-009", kError, kNotFixable, "a module's bytes are missing or damaged",
     "A block of the module was never written, does not verify or cannot be read.",
     "The module cannot be used.", kRegisterAgain},
    {"CODE-010", kError, kNotFixable, "a module's bytes are not those of its hash",
     "Every block of the module verifies, but the SHA-256 of its bytes is another one.",
     "The module is not what was registered. It must not be run.", kRegisterAgain},
    {"CODE-011", kError, kSometimes, "the code cache holds more than it counts",
     "Behind the last entry that the header counts there are others, or something else.",
     "Modules may be missing from the count. Writers refuse the table: with the next module what "
     "lies there would count.",
     kCountAgain},
    {"CODE-012", kWarning, kNotFixable, "a module has an unknown ABI",
     "The entry's ABI is a number that the format does not name.",
     "A later revision may have set it, or it is damaged.", kNothing},
    {"CODE-013", kWarning, kNotFixable, "a module's entry point is not UTF-8",
     "The bytes of the entry point are not valid UTF-8 text.", "It shows as raw bytes.", kNothing},
    {"CODE-014", kWarning, kNotFixable, "bytes behind a module's last one are not zero",
     "The rest of the module's last block should be zero.",
     "None for the module; something that was not meant to may lie there.", kNothing},
    {"CODE-015", kNote, kNotFixable, "the existing reader misreads the code cache",
     "A block that others follow ends in so much unused space that the existing reader takes it "
     "for an entry, and misses one at the end.",
     "None for vdetool. The existing reader shows entries that are none.", kNextModule},
    {"CODE-016", kNote, kNotFixable, "spare blocks of the code cache were never written",
     "Creators of images leave blocks that no entry needs without a trailer.",
     "None for vdetool. The existing reader rejects the table.", kNextModule},
    {"CODE-017", kError, kSometimes, "modules are lost with blocks of the code cache",
     "Blocks of the table do not verify, and entries lay in them. Entries are numbered from 0; "
     "what "
     "the bytes of such blocks seem to hold is named, but nothing vouches for it. Where the block "
     "with the count is among them, nobody knows how many entries there were.",
     "Those modules cannot be found. Their own blocks stay allocated, and belong to nobody.",
     kKeepEntries},
    {"DICT-001", kError, kNotFixable, "the dictionary table counts more than it can hold",
     "The header's count is negative, or its region has no room for so many entries.",
     "The dictionaries cannot be found, and what they compressed cannot be read.", kKeepCopy},
    {"DICT-002", kError, kNotFixable, "a dictionary has a negative size",
     "The entry's size or its number of blocks is negative.",
     "The dictionary's bytes cannot be found.", kKeepCopy},
    {"DICT-003", kError, kNotFixable, "a dictionary's id is too high",
     "Ids of dictionaries are 0 to 255.", "Existing readers drop the dictionary.", kKeepCopy},
    {"DICT-004", kError, kNotFixable, "a dictionary's id occurs twice",
     "Two entries of the table have the same id.",
     "Existing readers keep the later one; what was compressed with the other cannot be read.",
     kKeepCopy},
    {"DICT-005", kError, kNotFixable, "a dictionary's blocks lie outside the volume",
     "Not all of the blocks that the entry names are within the volume, behind its fixed blocks.",
     "The dictionary's bytes cannot be there.", kKeepCopy},
    {"DICT-006", kError, kNotFixable, "a dictionary lies over a region",
     "The blocks of an entry belong to a region other than the data area.",
     "The dictionary's bytes cannot be there.", kKeepCopy},
    {"DICT-007", kError, kNotFixable, "a dictionary shares blocks",
     "The blocks of an entry are, in part or all, those of another dictionary or of a module.",
     "At most one of the two has its own bytes.", kKeepCopy},
    {"DICT-008", kError, kSometimes, "a dictionary's written blocks are marked free",
     "The allocation bitmap calls blocks free that an entry names and that hold something.",
     "Programs that do not know of dictionaries may take them, and the dictionary is lost.",
     "Run 'vdetool verify --repair': it marks the blocks allocated."},
    {"DICT-009", kNote, kNotFixable, "a dictionary's bytes were never written",
     "The entry names blocks that were never written and that the allocation bitmap calls free. "
     "The program that makes such tables stores references alone.",
     "vdetool gives the blocks to nobody else; other programs may.", kNothing},
    {"DICT-010", kWarning, kNotFixable, "a dictionary's bytes are not those of its hash",
     "The blocks are sealed and as many as the size needs, but the SHA-256 of the bytes is another "
     "one. How bytes lie in blocks is settled nowhere; they were taken to lie as a module's do.",
     "What was compressed with the dictionary may not be readable.", kKeepCopy},
    {"DICT-011", kWarning, kNotFixable, "a dictionary has an unknown algorithm",
     "The entry's algorithm is a number that the format does not name.",
     "A later revision may have set it, or it is damaged.", kNothing},
    {"DICT-012", kError, kNotFixable, "the dictionary table holds more than it counts",
     "Behind the last entry that the header counts there are others, or something else.",
     "Dictionaries may be missing from the count: their blocks look free.", kKeepCopy},
    {"GEOM-001", kError, kSometimes, "the file is shorter than the superblock says",
     "The file ends before the volume does: it was truncated, or copied in part.",
     "All that lay behind its end is lost.", kKeepCopy},
    {"GEOM-002", kNote, kSometimes, "the file is longer than the superblock says",
     "There are bytes after the end of the volume. An interrupted resize leaves zeros there; some "
     "importers of disks store data there.",
     "None: nothing in the volume refers to them.",
     "Run 'vdetool verify --repair': it cuts them off if all of them are zero. Others are left: "
     "save "
     "them if they are yours, and cut them off with truncate(1)."},
    {"GEOM-003", kError, kSometimes, "the superblock's file size is not its block count",
     "The expected file size is not total blocks times block size.",
     "One of the two is wrong, and tools that believe the wrong one go astray.",
     "The file's own size tells which."},
    {"GEOM-004", kError, kSometimes, "the superblock's block count is impossible",
     "The number of blocks is negative, too small for the fixed blocks or larger than any image.",
     "The superblock cannot be used.", kKeepCopy},
    {"INOD-001", kError, kSometimes, "the inode layout cannot be read",
     "The first block of the inode table holds no layout: sizes are zero or its fields run over.",
     "Inodes cannot be found in the table.", kKeepCopy},
    {"INOD-002", kError, kSometimes, "the inode layout contradicts the module manifest",
     "It names a field of a module that the image does not have, or fields that overlap.",
     "Module data of inodes would be read from the wrong place.", kKeepCopy},
    {"INOD-003", kWarning, kNotFixable, "an inode field has unknown flags",
     "The inode layout sets flag bits on a module's field that the format does not name.",
     "A later revision may have set them, or they are damaged.", kNothing},
    {"MWAL-001", kError, kSometimes, "the journal's header cannot be read",
     "The first block of the journal holds no header: it is zero, or of an unknown kind or "
     "version.",
     "Whether changes wait in the journal is not known.", kKeepCopy},
    {"MWAL-002", kError, kSometimes, "the journal's size contradicts its region",
     "The header's block count is not that of the region.",
     "A writer that believes the header writes past the journal.", kLookAtTable},
    {"MWAL-003", kNote, kSometimes, "another program's journal was left open",
     "The header is not clean and is not vdetool's. Nothing ever replays such a journal: the "
     "program "
     "that wrote it wrote its changes home itself.",
     "None from the journal itself.", kNextWrite},
    {"MWAL-004", kNote, kSometimes, "the journal was left open",
     "A session of vdetool ended, or is still running, without a checkpoint. What it committed "
     "waits in "
     "the journal and counts; what was verified is the image with it.",
     "None: readers see the commits, and the next writer takes them home. Programs that do not "
     "know the "
     "journal see an older state.",
     kNextWrite},
    {"MWAL-005", kError, kSometimes, "the journal must not be replayed",
     "Commits wait in it, or waited, but another program has written to the image since, a record "
     "before an intact one is damaged, or one names blocks that no commit may change. What was "
     "verified is the image without them.",
     "The commits that waited cannot be applied without destroying what was written later.",
     kKeepCopy},
    {"MWAL-006", kWarning, kSometimes, "the journal's header is torn",
     "Its trailer does not fit. A crash while it was written leaves it like that; so does damage. "
     "The "
     "records are judged by themselves.",
     "None if the session crashed there; a commit may be lost if the block was damaged later.",
     kNextWrite},
    {"RMAP-001", kError, kSometimes, "a block of the region directory is damaged",
     "Block 8 or 9 does not verify or has another tag.",
     "None while the pointer table is whole; without both, regions cannot be found.", kOtherCopy},
    {"RMAP-002", kError, kSometimes, "the region directory's checksum does not fit its slots",
     "Block 9 holds a checksum of block 8, and it is another one.",
     "One of the two blocks is older than the other.", kOtherCopy},
    {"RMAP-003", kError, kSometimes, "pointer table and directory disagree",
     "A region slot is not the same in both.",
     "Tools that go by different tables read and write different places.", kLookAtTable},
    {"RMAP-004", kError, kNotFixable, "a region lies outside the volume",
     "The slot's start and count do not lie within the volume's blocks.",
     "What the region should hold there is missing.", kLookAtTable},
    {"RMAP-005", kError, kNotFixable, "regions overlap", "Two regions claim the same blocks.",
     "A write to one destroys the other.", kLookAtTable},
    {"RMAP-006", kNote, kSometimes, "a region overlaps the data area",
     "The region was added later, and the data area's slot was not made smaller.",
     "None as long as the bitmap marks the region's blocks.", kNextWrite},
    {"RMAP-007", kError, kNotFixable, "a region occurs twice",
     "Only SUPB, RMAP and DATA may occupy several slots.",
     "Which of the regions counts is not known.", kLookAtTable},
    {"RMAP-008", kError, kNotFixable, "a region is missing",
     "The image needs it: always, or because the module manifest names its module.",
     "The module's data cannot be found.", kLookAtTable},
    {"RMAP-009", kWarning, kSometimes, "a region has an unknown tag",
     "The slot's tag is none that the format names.",
     "A later revision may have made it, or the tag is damaged.", kLookAtTable},
    {"RMAP-010", kWarning, kNotFixable, "a region has unknown flags",
     "The slot sets flag bits that the format does not name.",
     "A later revision may have set them, or they are damaged.", kLookAtTable},
    {"RMAP-011", kError, kSometimes, "the directory's counts are wrong",
     "Block 9 says another number of slots or of active slots than block 8 holds.",
     "A reader that believes it misses regions.", kOtherCopy},
    {"RMAP-012", kWarning, kSometimes, "the directory's two blocks differ in generation",
     "Both are sealed and fit each other, but were not written together.", "None known.", kNothing},
    {"RMAP-013", kError, kSometimes, "a fixed region is not where it belongs",
     "The slots of the superblock groups (0 and 4) and of the directory (8) are missing or "
     "elsewhere.",
     "A tool that goes by the slots overwrites them.", kLookAtTable},
    {"SNAP-001", kError, kSometimes, "the snapshot table counts more than it holds",
     "The header's count is negative, or the blocks hold fewer entries.",
     "The snapshots that are missing are lost, and existing readers reject the table.",
     kCountAgain},
    {"SNAP-002", kError, kNotFixable, "a snapshot entry cannot be read",
     "Its label is longer than the format allows, or runs past the block.",
     "This snapshot and those behind it in the block cannot be found.", kKeepCopy},
    {"SNAP-003", kError, kNotFixable, "a snapshot id occurs twice",
     "Two entries of the table have the same id.",
     "Which of the two a name or a parent means is not known.", kKeepCopy},
    {"SNAP-004", kError, kSometimes, "a snapshot's parent is missing",
     "The entry names a parent that the table does not have. Deleted parents keep their entries.",
     "The chain ends early: what the snapshot builds on is not known.",
     "Run 'vdetool verify --repair': the snapshot is kept, and becomes the first of its chain. The "
     "step names the parent."},
    {"SNAP-005", kError, kSometimes, "a chain of snapshots comes back to itself",
     "Going from parent to parent leads to a snapshot that was passed before.",
     "The snapshots of the cycle have no root.",
     "Run 'vdetool verify --repair': all snapshots are kept, and the one that was created first "
     "becomes the first of the chain. The step names the parent that it had."},
    {"SNAP-006", kError, kNotFixable, "a snapshot's inode table lies outside the volume",
     "The recorded blocks of the inode table are not all within the volume.",
     "What the snapshot refers to is not there.", kKeepCopy},
    {"SNAP-007", kError, kSometimes, "the snapshot table holds more than it counts",
     "Behind the last entry that the header counts there are others, or something else.",
     "Snapshots may be missing from the count. Writers refuse the table: with the next snapshot "
     "what lies there would count.",
     kCountAgain},
    {"SNAP-008", kWarning, kNotFixable, "a snapshot has unknown flags",
     "The entry sets flag bits that the format does not name.",
     "A later revision may have set them, or they are damaged.", kNothing},
    {"SNAP-009", kWarning, kNotFixable, "a snapshot's label is not UTF-8",
     "The label's bytes are not valid UTF-8 text.", "It shows as raw bytes.", kNothing},
    {"SNAP-010", kNote, kNotFixable, "the existing reader misreads the snapshot table",
     "A block that others follow ends in so much unused space that the existing reader takes it "
     "for an entry, and misses one at the end.",
     "None for vdetool. The existing reader shows entries that are none.", kNextSnapshot},
    {"SNAP-011", kNote, kNotFixable, "spare blocks of the snapshot table were never written",
     "Creators of images leave blocks that no entry needs without a trailer.",
     "None for vdetool. The existing reader rejects the table.", kNextSnapshot},
    {"SNAP-012", kError, kSometimes, "snapshots are lost with blocks of the snapshot table",
     "Blocks of the table do not verify, and entries lay in them. Entries are numbered from 0, "
     "padding included; what the bytes of such blocks seem to hold is named, but nothing vouches "
     "for it. Where the block with the count is among them, nobody knows how many entries there "
     "were.",
     "Those snapshots are lost, and chains that lead to them end early.", kKeepEntries},
    {"SUPB-001", kError, kSometimes, "a block of a superblock group is damaged",
     "It does not verify, cannot be read, has another tag or holds no superblock of this image's "
     "block size, so its whole group is not used.",
     "None while the other group is whole: it holds the same.", kOtherCopy},
    {"SUPB-002", kError, kSometimes, "a superblock group is not of one piece",
     "A block's generation is not that of the group's checkpoint sequence: it was not written "
     "together with the others, or the superblock's own trailer is damaged.",
     "The group mixes two states of the image.", kOtherCopy},
    {"SUPB-003", kError, kSometimes, "the superblock groups differ",
     "Both verify and have the same checkpoint sequence, yet their content is not the same.",
     "Which one counts is not known.", kLookAtTable},
    {"SUPB-004", kError, kSometimes, "a superblock group is older than the other",
     "Both verify, but with different checkpoint sequences: a checkpoint stopped half-way, or one "
     "of "
     "the writes was lost.",
     "None while the newer one is whole.", kOtherCopy},
    {"SUPB-005", kWarning, kNotFixable, "reserved bytes are not zero",
     "Bytes that the format keeps for later hold something.",
     "A later revision may have put it there, or they are damaged.", kNothing},
    {"SUPB-006", kWarning, kNotFixable, "the volume label is not UTF-8",
     "The label's bytes are not valid UTF-8 text.", "It shows as raw bytes.", "Set a new label."},
    {"SUPB-007", kNote, kNotFixable, "the image is sealed",
     "The superblock carries a seal, an HMAC by a key that the image does not hold; it was not "
     "checked.",
     "Writers must not change a sealed image.", kNothing},
    {"SUPB-008", kNote, kNotFixable, "the integrity anchor holds hashes",
     "How they are computed is settled nowhere, so they were not checked. A change to what they "
     "cover "
     "leaves them stale.",
     "None.", kNothing},
    {"SUPB-009", kWarning, kNotFixable, "the superblock's inode size is not the inode table's",
     "The inode table has a layout of its own, and it rules.",
     "Module data may have no place in the inodes.", kNothing},
    {"SUPB-010", kError, kSometimes, "no superblock verifies",
     "Neither block 0 nor block 4 is a sealed superblock. What the tool shows of the superblock "
     "comes from "
     "bytes "
     "that nothing vouches for.",
     "Existing readers reject the image.", kKeepCopy},
    {"SUPB-011", kWarning, kNotFixable, "compatible features are unknown",
     "The superblock sets bits in a word of compatible features that the format does not name.",
     "A later revision may have set them, or they are damaged. Readers may ignore them.", kNothing},
    {"TAGI-001", kError, kSometimes, "the header of the tag index makes no sense",
     "Counts are negative, or the Bloom filter has no bits, no hashes or does not fit "
     "its block.",
     "Existing readers reject the index.", kKeepLeaves},
    {"TAGI-002", kError, kSometimes, "a node of the tag tree cannot be read",
     "The tree leads to a block that was never written, is no node, or whose entries "
     "run past it.",
     "The tags in it, or below it, are lost.", kKeepLeaves},
    {"TAGI-003", kError, kSometimes, "a node of the tag tree is reached twice",
     "Two children are the same block, or a node is below itself.",
     "Readers see tags twice, or never come to an end.", kKeepLeaves},
    {"TAGI-004", kError, kSometimes, "a child of a tag node lies outside of the region",
     "A block number in an inner node is none that a node can have.",
     "The tags below it cannot be found.", kKeepLeaves},
    {"TAGI-005", kError, kSometimes, "tags are out of order",
     "A key is less than the one before it.", "Searches miss tags.", kKeepLeaves},
    {"TAGI-006", kError, kSometimes, "a tag lies beyond a separator",
     "Keys left of a separator are not greater, those right of it not less than it.",
     "Searches miss tags.", kKeepLeaves},
    {"TAGI-007", kError, kSometimes, "the depth of the tag tree is wrong",
     "Leaves lie on different levels, or not on the one that the header says.",
     "Readers that believe the header go astray.", kKeepLeaves},
    {"TAGI-008", kError, kSometimes, "the chain of tag leaves is broken",
     "A leaf does not name the one that follows it in the tree.",
     "Lists and ranges miss tags, or have some twice.", kKeepLeaves},
    {"TAGI-009", kError, kSometimes, "the count of tags is wrong",
     "The header says another number than the leaves hold.", "Programs that believe it miss tags.",
     kKeepLeaves},
    {"TAGI-010", kError, kSometimes, "the Bloom filter denies a tag",
     "Bits of a key that is there are zero.", "Existing readers do not find the tag.", kKeepLeaves},
    {"TAGI-011", kError, kSometimes, "the larger Bloom filter denies a tag",
     "vdetool's own filter behind the header's has no bits of a key that is there, has a block "
     "that was never written, or lies outside of the region.",
     "vdetool does not find the tag; the existing readers do not know this filter.", kKeepLeaves},
    {"TAGI-012", kError, kSometimes, "the index of a tag leaf does not fit its entries",
     "Offsets or fingerprints, which vdetool keeps behind the entries, are not those "
     "of the entries.",
     "vdetool may miss tags; the existing readers do not know this index.", kKeepLeaves},
    {"TAGI-013", kError, kSometimes, "the list of free tag nodes is broken",
     "It leads out of the region, in a circle or to a block that is in use, or is of "
     "another length than it should be.",
     "A writer that believes it overwrites tags.", kKeepLeaves},
    {"TAGI-014", kError, kSometimes, "equal tags are not sorted as the index says",
     "The index says that equal keys are sorted by inode, each once and in leaves that"
     " are not empty.",
     "vdetool may miss tags; the existing readers do not know this promise.", kKeepLeaves},
    {"TAGI-015", kNote, kNotFixable,
     "a block of the tag index holds something that nothing leads to",
     "It is neither a node of the tree, nor free, nor of a filter. Other programs "
     "leave such blocks behind.",
     "None.", kNothing},
    {"TAGI-016", kWarning, kNotFixable, "tags name blocks outside of the volume",
     "The block address of an entry is negative or behind the last block.",
     "Programs that follow the address find nothing.", kSetAgain},
    {"TAGI-017", kError, kSometimes, "a node is newer than the header of the tag index",
     "vdetool writes the header with every change of the index. A node of a later generation shows "
     "that a write of the header never reached the disk.",
     "The header's counts, filter and free blocks are those of an earlier time.", kKeepLeaves},
});

}  // namespace

std::span<const FindingKind> finding_kinds() {
  return kKinds;
}

const FindingKind& kind_of(FindingCode code) {
  static_assert(kKinds.size() == static_cast<size_t>(FindingCode::kTagHeaderOlder) + 1);
  return kKinds[static_cast<size_t>(code)];
}

}  // namespace vde
