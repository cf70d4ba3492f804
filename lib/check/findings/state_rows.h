// Findings about keys, trees, policies and the states of operations, replicas, shards, rings,
// subscribers and zones.
#pragma once

#include "check/findings/finding_row.h"

namespace vde::finding_rows {

inline constexpr auto kKeysRows = std::to_array<FindingRow>({
    {"ENCR-001", kError, RepairNeed::kNever,
     "the encryption header claims more entries than it can hold",
     "It counts more key rotations than fit in its second block.",
     "The missing rotations cannot be found.", kRestoreTable},
    {"ENCR-002", kError, RepairNeed::kFields, "the key slots contradict the encryption header",
     "The number of active slots, the active slot, or the index of a slot does not match the "
     "slots.",
     "The key in use may not be found.", kDerive, kLosesNothing},
    {"ENCR-005", kWarning, RepairNeed::kNever, "a key slot has an unknown value",
     "Its status, algorithm or key derivation is not defined by the format.",
     "A later revision of the format may have defined it, or it is damaged.", kNothing},
});

inline constexpr auto kTreeRows = std::to_array<FindingRow>({
    {"MTRK-001", kError, RepairNeed::kNever, "the header of the integrity tree is invalid",
     "A count is negative, or the capacity is not the leaf count rounded up to a power of two.",
     "The tree cannot be used to verify data.", kRestoreTable},
    {"MTRK-002", kError, RepairNeed::kFields, "hash mismatch in the integrity tree",
     "A node is not the SHA-256 of its two children, or the header's root is not the first node.",
     "The data under this node cannot be verified with the tree.",
     "Run 'vdetool verify IMAGE --repair': it computes the hashes if the root proves the leaves. "
     "Otherwise run 'vdetool dump IMAGE --block N' to see the nodes of the block, and rebuild the "
     "tree with the program that maintains it.",
     kLosesNothing},
    {"MTRK-003", kWarning, RepairNeed::kFields, "unused leaves of the integrity tree are not zero",
     "Leaves after the last counted one must be zero.", "Leaves may be missing from the count.",
     kDerive, kLosesNothing},
    {"MTRK-004", kWarning, RepairNeed::kNever, "an empty integrity tree has content",
     "The leaf count and the capacity are 0, but the header or the next block has content. "
     "Another class of the SDK stores object trees there, in a different layout.",
     "vdetool cannot check this content.", kNothing},
    {"MTRK-005", kNote, RepairNeed::kNever, "the region is too small for the integrity tree",
     "The last nodes do not fit in the region. For some sizes the SDK creates regions that are "
     "one block short.",
     "The tree cannot verify the leaves that do not fit.", kNothing},
    {"MTRK-006", kNote, RepairNeed::kNever, "the integrity anchor holds another Merkle root",
     "The anchor and the header of the integrity tree hold different roots. The SDK does not keep "
     "the anchor up to date.",
     "The anchor does not prove the tree.", kNothing},
});

inline constexpr auto kOperationRows = std::to_array<FindingRow>({
    {"OPJR-001", kError, RepairNeed::kFields,
     "the operation journal claims more entries than it can hold",
     "The header's count of operations is negative, or the region has no room for that many.",
     "The missing operations cannot be found, and the SDK fails to read the table.", kRecount,
     kLosesMissing},
    {"OPJR-003", kError, RepairNeed::kFields,
     "the operation journal holds more entries than it claims",
     "There are more operations, or other bytes, after the last one that the header counts.",
     "Some operations may be missing from the count.", kRecount, kLosesNothing},
    {"OPJR-004", kWarning, RepairNeed::kNever, "duplicate operation id",
     "Two operations have the same id.", "It is unclear which one is right.", kRestoreTable},
    {"OPJR-005", kWarning, RepairNeed::kNever, "an operation has an unknown value",
     "A field has a value that the format does not define, or a text that is not UTF-8.",
     "A later revision of the format may have defined it, or it is damaged.", kNothing},
    {"OPJR-006", kWarning, RepairNeed::kNever, "an operation has more units completed than it has",
     "The number of completed units exceeds the total.", "The progress shown is wrong.", kNothing},
    {"OPJR-010", kError, RepairNeed::kFields, "the header of the operation journal is invalid",
     "The magic number, the number of active operations, or the lowest or highest id does not "
     "match the operations.",
     "Operations may not be continued, or the SDK rejects the journal.", kDerive, kLosesNothing},
    {"OPJR-011", kNote, RepairNeed::kNever, "an operation was interrupted",
     "An operation is marked as running.", "The operation may be incomplete.",
     "Run 'vdetool dump IMAGE --block N' to see the operation. Continue or cancel it with the "
     "program that started it."},
});

inline constexpr auto kPolicyRows = std::to_array<FindingRow>({
    {"POLV-001", kError, RepairNeed::kFields, "the policy vault claims more entries than it holds",
     "The header's count or a length is negative, or exceeds the block.",
     "The missing policies cannot be found.", kRecount, kLosesMissing},
    {"POLV-003", kError, RepairNeed::kFields, "the policy vault holds more entries than it claims",
     "There are other bytes after the last policy that the header counts.",
     "Policies may be missing from the count.", kRecount, kLosesNothing},
    {"POLV-004", kWarning, RepairNeed::kNever, "duplicate policy id",
     "Two policies have the same id.", "It is unclear which one is right.", kRestoreTable},
    {"POLV-005", kWarning, RepairNeed::kNever, "a policy has an unknown value",
     "A policy for the response to tampering holds one byte, from 0 to 4.",
     "A later revision of the format may have defined it, or it is damaged.", kNothing},
    {"POLV-010", kError, RepairNeed::kNever, "the HMAC of the policy vault is wrong",
     "The HMAC in the second block was not made with the key in --key-file, or a policy was "
     "changed "
     "since by somebody without the key. Which of the two cannot be seen.",
     "If the key is right, no policy can be trusted.", kRightKey},
});

inline constexpr auto kRaidRows = std::to_array<FindingRow>({
    {"RAID-001", kError, RepairNeed::kFields,
     "the RAID metadata claims more entries than it can hold",
     "The header's count of entries is negative, or the region has no room for that many.",
     "The missing entries cannot be found, and the SDK fails to read the table.", kDerive,
     kLosesNothing},
    {"RAID-004", kWarning, RepairNeed::kNever, "duplicate device in the RAID metadata",
     "Two entries have the same device id.", "It is unclear which one is right.", kRestoreTable},
    {"RAID-005", kWarning, RepairNeed::kNever, "an entry has an unknown value",
     "A field has a value that the format does not define, or a text that is not UTF-8.",
     "A later revision of the format may have defined it, or it is damaged.", kNothing},
    {"RAID-006", kWarning, RepairNeed::kNever, "the RAID metadata is inconsistent",
     "A rebuild has more blocks completed than it has, or a parity or stripe number exceeds the "
     "number of shards.",
     "A rebuild may start at the wrong place.", kRestoreTable},
    {"RAID-010", kNote, RepairNeed::kNever, "the SDK misses a rebuild",
     "A rebuild follows an empty place. The SDK reads only as many places as the header counts, "
     "from the first one on.",
     "None for vdetool. The SDK does not show the rebuild.", kNothing},
});

inline constexpr auto kReplicaRows = std::to_array<FindingRow>({
    {"REPL-001", kError, RepairNeed::kFields,
     "the replication state claims more entries than it can hold",
     "The header's count of replicas is negative, or the region has no room for that many.",
     "The missing replicas cannot be found, and the SDK fails to read the table.", kDerive,
     kLosesNothing},
    {"REPL-004", kWarning, RepairNeed::kNever, "duplicate replica id",
     "Two replicas have the same replica id.", "It is unclear which one is right.", kRestoreTable},
    {"REPL-005", kNote, RepairNeed::kNever, "a replica has an unknown value",
     "A field has a value that the format does not define, or a text that is not UTF-8.",
     "A later revision of the format may have defined it, or it is damaged.", kNothing},
    {"REPL-006", kWarning, RepairNeed::kNever, "dirty bits are set beyond the tracked blocks",
     "The dirty bitmap has bits for blocks that are not tracked.",
     "The SDK counts them, but does not list them.", kNothing},
    {"REPL-010", kNote, RepairNeed::kNever, "a watermark has no version vector",
     "The version vector at the same place is empty, or belongs to another replica.",
     "None. Only a convention links the two places.", kNothing},
});

inline constexpr auto kRingRows = std::to_array<FindingRow>({
    {"STRE-001", kError, RepairNeed::kNever,
     "the limits of the streaming append region are impossible",
     "Capacity and growth must be greater than 0.", "The SDK rejects the region.", kRestoreTable},
    {"STRE-006", kError, RepairNeed::kFields,
     "the counters of the streaming append region disagree",
     "The number of entries must be the write head minus the read tail and at most the allocated "
     "blocks, which must be at most the capacity.",
     "Entries cannot be found.", kDerive, kLosesNothing},
    {"STRE-010", kNote, RepairNeed::kNever,
     "the capacity of the streaming append region is larger than the region",
     "It may grow to more blocks than the region has.",
     "None. The format does not define where its blocks are.", kNothing},
});

inline constexpr auto kCursorRows = std::to_array<FindingRow>({
    {"WALS-001", kError, RepairNeed::kFields,
     "the table of WAL subscribers claims more entries than it can hold",
     "The header's count of cursors is negative, or the region has no room for that many.",
     "The missing cursors cannot be found, and the SDK fails to read the table.", kRecount,
     kLosesMissing},
    {"WALS-003", kError, RepairNeed::kFields,
     "the table of WAL subscribers holds more entries than it claims",
     "There are more cursors, or other bytes, after the last one that the header counts.",
     "Some cursors may be missing from the count.", kRecount, kLosesNothing},
    {"WALS-004", kWarning, RepairNeed::kNever, "duplicate subscriber id",
     "Two cursors have the same subscriber id.", "It is unclear which one is right.",
     kRestoreTable},
    {"WALS-005", kWarning, RepairNeed::kNever, "a cursor has an unknown value",
     "A field has a value that the format does not define, or a text that is not UTF-8.",
     "A later revision of the format may have defined it, or it is damaged.", kNothing},
});

inline constexpr auto kZoneRows = std::to_array<FindingRow>({
    {"ZNSM-005", kWarning, RepairNeed::kNever, "a zone has an unknown value",
     "A field has a value that the format does not define, or a text that is not UTF-8.",
     "A later revision of the format may have defined it, or it is damaged.", kNothing},
});

}  // namespace vde::finding_rows
