// What is wrong with the tag index.
#pragma once

#include "check/findings/finding_row.h"

namespace vde::finding_rows {

inline constexpr auto kTagRows = std::to_array<FindingRow>({
    {"TAGI-001", kError, RepairNeed::kTagTree, "the header of the tag index makes no sense",
     "Counts are negative, or the Bloom filter has no bits, no hashes or does not fit its block.",
     "Existing readers reject the index.", kKeepLeaves},
    {"TAGI-002", kError, RepairNeed::kTagTree, "a node of the tag tree cannot be read",
     "The tree leads to a block that was never written, is no node, or whose entries run past it.",
     "The tags in it, or below it, are lost.", kKeepLeaves},
    {"TAGI-003", kError, RepairNeed::kTagTree, "a node of the tag tree is reached twice",
     "Two children are the same block, or a node is below itself.",
     "Readers see tags twice, or never come to an end.", kKeepLeaves},
    {"TAGI-004", kError, RepairNeed::kTagTree, "a child of a tag node lies outside of the region",
     "A block number in an inner node is none that a node can have.",
     "The tags below it cannot be found.", kKeepLeaves},
    {"TAGI-005", kError, RepairNeed::kTagTree, "tags are out of order",
     "A key is less than the one before it.", "Searches miss tags.", kKeepLeaves},
    {"TAGI-006", kError, RepairNeed::kTagTree, "a tag lies beyond a separator",
     "Keys left of a separator are not greater, those right of it not less than it.",
     "Searches miss tags.", kKeepLeaves},
    {"TAGI-007", kError, RepairNeed::kTagTree, "the depth of the tag tree is wrong",
     "Leaves lie on different levels, or not on the one that the header says.",
     "Readers that believe the header go astray.", kKeepLeaves},
    {"TAGI-008", kError, RepairNeed::kTagTree, "the chain of tag leaves is broken",
     "A leaf does not name the one that follows it in the tree.",
     "Lists and ranges miss tags, or have some twice.", kKeepLeaves},
    {"TAGI-009", kError, RepairNeed::kTagTree, "the count of tags is wrong",
     "The header says another number than the leaves hold.", "Programs that believe it miss tags.",
     kKeepLeaves},
    {"TAGI-010", kError, RepairNeed::kTagTree, "the Bloom filter denies a tag",
     "Bits of a key that is there are zero.", "Existing readers do not find the tag.", kKeepLeaves},
    {"TAGI-011", kError, RepairNeed::kTagTree, "the larger Bloom filter denies a tag",
     "vdetool's own filter behind the header's has no bits of a key that is there, has a block "
     "that was never written, or lies outside of the region.",
     "vdetool does not find the tag; the existing readers do not know this filter.", kKeepLeaves},
    {"TAGI-012", kError, RepairNeed::kTagTree, "the index of a tag leaf does not fit its entries",
     "Offsets or fingerprints, which vdetool keeps behind the entries, are not those of the "
     "entries.",
     "vdetool may miss tags; the existing readers do not know this index.", kKeepLeaves},
    {"TAGI-013", kError, RepairNeed::kTagTree, "the list of free tag nodes is broken",
     "It leads out of the region, in a circle or to a block that is in use, or is of another "
     "length than it should be.",
     "A writer that believes it overwrites tags.", kKeepLeaves},
    {"TAGI-014", kError, RepairNeed::kTagTree, "equal tags are not sorted as the index says",
     "The index says that equal keys are sorted by inode, each once and in leaves that are not "
     "empty.",
     "vdetool may miss tags; the existing readers do not know this promise.", kKeepLeaves},
    {"TAGI-015", kNote, RepairNeed::kNever,
     "a block of the tag index holds something that nothing leads to",
     "It is neither a node of the tree, nor free, nor of a filter. Other programs leave such "
     "blocks behind.",
     "None.", kNothing},
    {"TAGI-016", kWarning, RepairNeed::kNever, "tags name blocks outside of the volume",
     "The block address of an entry is negative or behind the last block.",
     "Programs that follow the address find nothing.", kSetAgain},
    {"TAGI-017", kError, RepairNeed::kTagTree, "a node is newer than the header of the tag index",
     "vdetool writes the header with every change of the index. A node of a later generation shows "
     "that a write of the header never reached the disk.",
     "The header's counts, filter and free blocks are those of an earlier time.", kKeepLeaves},
});

}  // namespace vde::finding_rows
