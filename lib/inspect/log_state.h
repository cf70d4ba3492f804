// What is known about one log after all of it was read.
#pragma once

#include "format/region/log_chain.h"
#include "inspect/log_kinds.h"
#include "table/region_blocks.h"

namespace vde {

// The first entry that does not fit its chain.
struct ChainBreak {
  uint64_t entry = 0;  // the number that it should have
  uint64_t block = 0;  // of the image
  LinkFaults faults;
};

struct LogState {
  explicit LogState(const PlacedRegion& of) : region(of), kind(log_kind_of(of.content)) {}

  PlacedRegion region;
  const LogKind* kind;        // the first with this content, until the header shows which one it is
  bool is_encrypted = false;  // or compressed
  std::optional<int64_t> counted = {};  // by the header
  uint64_t found = 0;                   // entries that were read
  Json first = nullptr;                 // their numbers
  Json last = nullptr;
  std::optional<ChainBreak> broken = {};
  uint64_t breaks = 0;                      // entries that do not fit the chain
  std::optional<uint64_t> unreadable = {};  // the first damaged block, of the image
  uint64_t gaps = 0;                        // damaged blocks
  uint64_t invalid = 0;                     // entries with an impossible length
  std::vector<std::string> problems = {};   // other reasons why entries may be missing
  std::vector<std::string> notes = {};

  void add_gap(uint64_t block);
  void add_link(const LinkFaults& faults, uint64_t entry, uint64_t block);

  [[nodiscard]] bool is_damaged() const { return gaps > 0 || !problems.empty(); }
  // "complete", "broken", "damaged", "empty", "unchained" or "encrypted".
  [[nodiscard]] std::string_view verdict() const;
};

// {type: "log", log, slot, name, ..}
[[nodiscard]] Json state_json(const LogState& state);

}  // namespace vde
