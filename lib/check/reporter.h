// Creates findings, counts them, and remembers which structures they name.
#pragma once

#include <functional>
#include <optional>
#include <set>

#include "check/mutation.h"
#include "check/repair/repair_facts.h"

namespace vde {

// A finding as a pass reports it. The Reporter adds what follows from the code and the region. Here
// a region is a block type; the public form has it as text.
struct NewFinding {
  FindingCode code;
  std::optional<uint64_t> block;
  std::optional<BlockType> region;
  std::string message;
  std::vector<std::string> affects = {};
  bool exact = false;  // the block's original is known
};

// Calls never overlap: the passes that read on several threads put their findings in order first.
class Reporter {
 public:
  // `file` is the image on disk; it is used to find out what a repair can fix. Null for a stream.
  // `search` may be null.
  Reporter(const std::function<void(const Finding&)>& sink, BlockFile* file, uint32_t block_size,
           ExactSearch* search = nullptr)
      : sink_(sink), file_(file), block_size_(block_size), search_(search) {}

  void add(FindingCode code, std::optional<uint64_t> block, std::optional<BlockType> region,
           std::string message, std::vector<std::string> affects = {},
           FindingSite site = FindingSite::here()) {
    if (is_switched_off(code, site)) return;
    pass_on({code, block, region, std::move(message), std::move(affects)});
  }
  void pass_on(NewFinding finding);
  // Marks a structure as affected that the finding does not name: the other of two that overlap.
  void taint(BlockType region) { tainted_.insert(region.value); }

  [[nodiscard]] VerifySummary& summary() { return summary_; }
  // No error or warning named a region of this type.
  [[nodiscard]] bool is_clean(BlockType region) const { return !tainted_.contains(region.value); }
  // No error or warning named one of the fixed blocks `from` to `from + count - 1`, below 10.
  [[nodiscard]] bool are_clean(uint64_t from, uint64_t count) const;

 private:
  [[nodiscard]] bool is_fixable(const NewFinding& finding);
  void tally(const NewFinding& finding);

  const std::function<void(const Finding&)>& sink_;
  BlockFile* file_;
  uint32_t block_size_;
  ExactSearch* search_;
  std::optional<RepairFacts> facts_;  // determined when first needed
  VerifySummary summary_;
  std::set<uint32_t> tainted_;  // block types of regions
  uint64_t tainted_fixed_ = 0;  // one bit for each of the first ten blocks
};

}  // namespace vde
