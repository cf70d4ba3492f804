// Reads a packed table (SNAP, CODE) as far as possible, for the passes that check its entries. The
// block pass reports damaged blocks.
#pragma once

#include "check/context.h"
#include "check/passes/lost_entries.h"

namespace vde {

struct PackedScan {
  int32_t counted = 0;             // entries according to the header; 0 if that is lost
  int64_t found = 0;               // entries that were passed to the visitor
  bool has_header = false;         // the first block is intact
  bool head_written = true;        // the first block has a trailer
  bool reserved_set = false;       // reserved bytes of the header are not zero
  bool complete = true;            // no block or entry before the end was damaged
  std::vector<Error> broken = {};  // invalid entries, each with its block
  uint64_t left_over = 0;          // blocks in which the SDK takes padding for an entry
  uint64_t first_left_over = 0;
  uint64_t unwritten = 0;  // blocks after the last entry that were never written
  uint64_t first_unwritten = 0;
  std::optional<uint64_t> past_end = {};  // a block with content after the last entry
  LostEntries lost;                       // damaged blocks among those with entries
};

// Calls `visit` with the entries, including padding; those of damaged blocks are missing. If the
// header is damaged, the table ends at the first block without entries. Errors: kInterrupted, or a
// failure to find the holes of the file.
[[nodiscard]] Result<PackedScan> scan_packed(VerifyContext& context, const PlacedRegion& region,
                                             const PackedTable& table, const PackedVisitor& visit);

// Describes the lost entries for a finding; an empty text if there are none.
[[nodiscard]] std::string describe_lost(const PackedScan& scan);

}  // namespace vde
