// The search for the originals of damaged blocks in one run: what it may cost altogether, and what
// it found so far.
#pragma once

#include <map>
#include <utility>

#include "check/exact/correction.h"
#include "vde/activity.h"

namespace vde {

class ExactSearch {
 public:
  // `seconds` of processor time, about; 0 = nothing is searched for. `activity` outlives this: it
  // ends the search, and shows what it does.
  ExactSearch(double seconds, Activity& activity)
      : activity_(activity),
        work_(seconds, &activity.stop, &activity.search_used),
        reserve_(work_.left() / 8),
        on_(seconds > 0) {
    if (!on_) return;
    activity.search_used = 0;
    activity.search_limit = work_.left();
  }

  [[nodiscard]] bool is_on() const { return on_; }

  // From here on only what was found before is found, and nothing costs work.
  void freeze() { frozen_ = true; }

  // What is different between `block`, which is damaged, and its original: a few bits of the
  // checksum, sectors that were zeros, a bit or a byte. Cheap trials come first. Nothing where
  // nothing of it is, or where the work is used up.
  [[nodiscard]] std::optional<Correction> find(const UncheckedBlock& block);

  // Blocks for which not everything was tried, because the work was used up.
  [[nodiscard]] uint64_t not_tried() const { return not_tried_; }

 private:
  // Names a damaged block: the computed and the stored checksum.
  using Key = std::pair<uint64_t, uint64_t>;
  // What is remembered takes some MiB at most.
  static constexpr size_t kMaxRemembered = size_t{1} << 16;

  [[nodiscard]] std::optional<Correction> try_all(Bytes block, bool& complete);

  Activity& activity_;
  Work work_;
  uint64_t reserve_;  // steps for cheap trials: many blocks of noise must not use up all
  bool on_;
  std::map<Key, std::optional<Correction>> results_;
  uint64_t not_tried_ = 0;
  bool frozen_ = false;
};

}  // namespace vde
