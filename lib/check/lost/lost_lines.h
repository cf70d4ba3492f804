// The list of lost entries (IMAGE.lost.jsonl) is complete: the lines of a step stand for as many
// entries of each kind as the step counts.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "check/repair/structure_repair.h"
#include "format/block.h"

namespace vde {

// A block whose entries cannot all be read, and the number of those that can.
struct UnreadBlock {
  uint64_t number;
  uint64_t readable;
};

// Sets the kind and the content of an entry from a record of the snapshot table or the code cache,
// which can be decoded.
void set_content(LostEntry& entry, BlockType table, Bytes record);

// Lists what cannot be read in `blocks`: `rest` entries, or an unknown number. The lines have the
// bytes of the blocks, which are not overwritten yet.
[[nodiscard]] Result<void> lose_unread(StructureRepair& repair, LostKind kind,
                                       std::span<const UnreadBlock> blocks,
                                       std::optional<uint64_t> rest);

// Visits the tags, snapshots or modules that can be read in `block`, as in a block of `type`; the
// bytes may be unverified. Sets the content of `entry` to each of them. Modules and inode tables
// lie within `total_blocks`.
[[nodiscard]] Result<void> each_entry_in(const UncheckedBlock& block, BlockType type,
                                         uint64_t total_blocks, LostEntry& entry,
                                         const LostVisitor& visit);

// Lists a valid block of another structure, as one entry, and the tags, snapshots or modules in it,
// which count with the block.
[[nodiscard]] Result<void> lose_foreign_block(RepairBase& repair, const UncheckedBlock& block,
                                              uint64_t total_blocks, std::string_view reason);

// After the last step: lists what a step counts and did not list, and counts what a step listed
// beyond that.
[[nodiscard]] Result<void> complete_lost(RepairLog& log);

}  // namespace vde
