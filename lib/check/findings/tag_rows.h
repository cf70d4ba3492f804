// Findings about the tag index.
#pragma once

#include "check/findings/finding_row.h"

namespace vde::finding_rows {

inline constexpr auto kTagRows = std::to_array<FindingRow>({
    {"TAGI-001", kError, RepairNeed::kTagTree, "the header of the tag index is invalid",
     "Counts are negative, or the Bloom filter has no bits or no hashes, or exceeds its block.",
     "The SDK rejects the index.", kRebuildTags, kLosesNothingOfLeaves},
    {"TAGI-002", kError, RepairNeed::kTagTree, "a node of the tag tree cannot be read",
     "The tree leads to a block that was never written, is not a tree node, or its entries exceed "
     "the block.",
     "The tags in it, or below it, are lost.", kRebuildTags, kLosesNodes},
    {"TAGI-003", kError, RepairNeed::kTagTree, "a node of the tag tree is reached twice",
     "Two children are the same block, or a node is its own descendant.",
     "Readers may see tags twice or loop forever.", kRebuildTags, kLosesNothingOfLeaves},
    {"TAGI-004", kError, RepairNeed::kTagTree, "a child of a tag node lies outside the region",
     "A block number in an inner node is not a valid node address.",
     "The tags below it cannot be found.", kRebuildTags, kLosesNothingOfLeaves},
    {"TAGI-005", kError, RepairNeed::kTagTree, "tags are out of order",
     "A key is less than the one before it.", "Searches may miss tags.", kRebuildTags,
     kLosesNothingOfLeaves},
    {"TAGI-006", kError, RepairNeed::kTagTree, "a tag lies beyond a separator",
     "A key is on the wrong side of a separator key.", "Searches may miss tags.", kRebuildTags,
     kLosesNothingOfLeaves},
    {"TAGI-007", kError, RepairNeed::kTagTree, "the depth of the tag tree is wrong",
     "Leaves are on different levels, or not at the depth recorded in the header.",
     "Readers that rely on the header may fail.", kRebuildTags, kLosesNothingOfLeaves},
    {"TAGI-008", kError, RepairNeed::kTagTree, "the chain of tag leaves is broken",
     "The successor recorded in a leaf is not the next leaf of the tree.",
     "Listings and range queries may skip or repeat tags.", kRebuildTags, kLosesNothingOfLeaves},
    {"TAGI-009", kError, RepairNeed::kTagTree, "the count of tags is wrong",
     "The header's count differs from the number of tags in the leaves.",
     "Programs that rely on the count may miss tags.", kRebuildTags, kLosesNothingOfLeaves},
    {"TAGI-010", kError, RepairNeed::kTagTree,
     "the Bloom filter misses an existing tag (false negative)",
     "Filter bits of an existing key are not set.", "The SDK does not find the tag.", kRebuildTags,
     kLosesNothingOfLeaves},
    {"TAGI-011", kError, RepairNeed::kTagTree,
     "the line filter misses an existing tag (false negative)",
     "The line filter is vdetool's own filter, after the nodes of the index. Filter bits of an "
     "existing key are not set, a block of the filter was never written, or the filter lies "
     "outside the region.",
     "vdetool does not find the tag. The SDK is not affected.", kRebuildTags,
     kLosesNothingOfLeaves},
    {"TAGI-012", kError, RepairNeed::kTagTree, "the index of a tag leaf does not match its entries",
     "vdetool keeps offsets and fingerprints after the entries of a leaf. Some do not match the "
     "entries.",
     "vdetool may miss tags. The SDK is not affected.", kRebuildTags, kLosesNothingOfLeaves},
    {"TAGI-013", kError, RepairNeed::kTagTree, "the list of free tag nodes is broken",
     "It contains an invalid block number, a cycle or a block in use, or has the wrong length.",
     "A writer that relies on it would overwrite tags.", kRebuildTags, kLosesNothingOfLeaves},
    {"TAGI-014", kError, RepairNeed::kTagTree, "equal tags are not sorted as the header says",
     "The header says that equal keys are sorted by inode without duplicates, and that no leaf is "
     "empty. That is not the case.",
     "vdetool may miss tags. The SDK is not affected.", kRebuildTags, kLosesNothingOfLeaves},
    {"TAGI-015", kNote, RepairNeed::kNever, "a block of the tag index is unreachable but not empty",
     "It is not a node of the tree, not a free node and not part of a filter. Other programs leave "
     "such blocks.",
     "None.", kNothing},
    {"TAGI-016", kWarning, RepairNeed::kNever, "tags name blocks outside the volume",
     "The block address of an entry is negative or past the last block.",
     "Programs that follow the address find nothing.",
     "Correct the block addresses with 'vdetool tag set --block'."},
    {"TAGI-017", kError, RepairNeed::kTagTree, "a node is newer than the header of the tag index",
     "vdetool writes the header with every change of the index. A node of a later generation shows "
     "that a write of the header never reached the disk.",
     "The header's counts, filter and free blocks are those of an earlier state.", kRebuildTags,
     kLosesNothingOfLeaves},
    {"TAGI-018", kWarning, RepairNeed::kTagTree,
     "an unreachable block of the tag index is not a node",
     "Nothing leads to the block, and its bytes cannot be read as a node.",
     "None for vdetool. The SDK reads every block of the region as a node and rejects the index.",
     "Copy the image first. Then run 'vdetool verify IMAGE --repair', which empties the block.",
     "nothing of the tags: all that the header counts are in the tree"},
});

}  // namespace vde::finding_rows
