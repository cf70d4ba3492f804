// What the exact repair of one image keeps from its plan to its execution, so that both do the same
// and nothing is searched for twice.
#pragma once

#include "check/exact/damaged_blocks.h"
#include "check/exact/search.h"
#include "check/exact/structure_check.h"
#include "check/exact/wanted_blocks.h"

namespace vde {

struct ExactRun {
  // One round of restore_contents() or restore_dropped().
  struct Round {
    std::vector<uint64_t> damaged;
    WantedBlocks wanted = {};  // those of them that were looked for elsewhere, and where they were
    std::map<uint64_t, std::string> dropped = {};  // found, but not restored, and why
  };

  explicit ExactRun(ExactSearch& the_search) : search(the_search) {}

  ExactSearch& search;  // outlives this
  // Blocks whose checksum does not fit, and the names of all findings, as the verification before
  // the plan reported them.
  std::vector<uint64_t> reported;
  std::set<FindingName> known;
  // When `planned`, neither damaged blocks nor their copies are looked for again: that would read
  // the whole image and all other files once more.
  std::vector<Round> rounds;
  size_t next_round = 0;  // of the current repair
  bool planned = false;

  // Blocks for which an original was found that the rest of the image contradicts, and why.
  [[nodiscard]] std::map<uint64_t, std::string> dropped() const {
    return next_round == 0 ? std::map<uint64_t, std::string>{} : rounds[next_round - 1].dropped;
  }
};

// The same with its own search, for a plan.
struct ExactPlan {
  ExactPlan(double seconds, Activity& activity) : search(seconds, activity) {}
  ExactPlan(const ExactPlan&) = delete;
  ExactPlan& operator=(const ExactPlan&) = delete;

  // Null where nothing is to be restored exactly.
  [[nodiscard]] ExactRun* run() {
    run_.next_round = 0;
    return search.is_on() ? &run_ : nullptr;
  }
  // What a verification found.
  void set_found(const std::vector<Finding>& findings) {
    run_.reported = damaged_blocks_of(findings);
    run_.known = names_of(findings);
  }
  // From here on the same is found without looking for it.
  void finish() {
    run_.planned = true;
    search.freeze();
  }

  ExactSearch search;

 private:
  ExactRun run_{search};
};

}  // namespace vde
