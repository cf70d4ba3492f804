// Reads a packed table (SNAP, CODE) as far as it can be read, for the passes that judge its
// entries. What is wrong with blocks themselves is reported by the block pass.
#pragma once

#include "check/context.h"
#include "check/passes/lost_entries.h"

namespace vde {

struct PackedScan {
  int32_t counted = 0;             // entries, by the header; 0 where that is lost
  int64_t found = 0;               // entries that were handed out; of these
  bool has_header = false;         // the first block verifies
  bool head_written = true;        // the first block has a trailer
  bool reserved_set = false;       // reserved bytes of the header are not zero
  bool complete = true;            // no block or entry on the way was damaged
  std::vector<Error> broken = {};  // entries that make no sense, each with its block
  uint64_t left_over = 0;  // blocks, in which the existing reader takes padding for an entry
  uint64_t first_left_over = 0;
  uint64_t unwritten = 0;  // blocks after the last entry that were never written
  uint64_t first_unwritten = 0;
  std::optional<uint64_t> past_end = {};  // a block that has more after the last entry
  LostEntries lost;                       // blocks that do not verify, among those with entries
};

// Hands out the entries, padding too; those of damaged blocks are missing. Where the header is, the
// table is taken to end at the first block that has none. An error is kInterrupted or that of a
// file that does not know its holes.
[[nodiscard]] Result<PackedScan> scan_packed(VerifyContext& context, const PlacedRegion& region,
                                             const PackedTable& table, const PackedVisitor& visit);

// Which entries are lost, for the finding that says so; an empty text where none are.
[[nodiscard]] std::string describe_lost(const PackedScan& scan);

}  // namespace vde
