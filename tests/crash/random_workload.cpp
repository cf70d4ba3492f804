#include "crash/workloads.h"
#include "support/random.h"

namespace vde::test {
namespace {

// Everything at once, in random order.
class RandomPlay {
 public:
  RandomPlay(Stage& stage, uint64_t seed) : stage_(stage), random_(seed) {}

  void play(int steps) {
    stage_.open();
    for (int i = 0; i < steps; ++i) step();
    stage_.close();
  }

 private:
  void step() {
    const uint64_t what = random_.below(16);
    if (what == 0) return stage_.checkpoint();
    if (what == 1) {
      stage_.crash();
      return stage_.open();
    }
    const std::vector<BlockRange> before = runs_;
    try {
      Transaction transaction = stage_.begin();
      const uint64_t changes = 1 + random_.below(4);
      for (uint64_t i = 0; i < changes; ++i) change(transaction);
      if (what != 2) return stage_.commit(transaction);
    } catch (const MustFailure& failure) {
      if (failure.code != ErrorCode::kNoSpace) throw;
    }
    runs_ = before;  // its changes are never committed
  }

  void change(Transaction& transaction) {
    const uint64_t what = random_.below(10);
    const uint64_t count = random_.below(12) == 0 ? 40 + random_.below(40) : 1 + random_.below(4);
    const bool full = transaction.superblock().free_blocks < 2 * static_cast<int64_t>(count) + 40;
    if (what == 0) return stage_.set_label(transaction);
    if (!full && (what <= 3 || runs_.empty()))
      return runs_.push_back(stage_.add_staged(transaction, count, hint()));
    if (!full && what <= 5) return runs_.push_back(stage_.add_direct(transaction, count, hint()));
    const size_t which = random_.below(runs_.size());
    const BlockRange run = runs_[which];
    if (what <= 7 && !full)
      return stage_.rewrite(transaction, run.begin + random_.below(run.count()));
    stage_.release(transaction, run);
    freed_.push_back(run);
    runs_.erase(runs_.begin() + static_cast<ptrdiff_t>(which));
  }

  // In half of the cases where something was freed recently.
  std::optional<uint64_t> hint() {
    if (freed_.empty() || random_.below(2) == 0) return std::nullopt;
    return freed_[freed_.size() - 1 - random_.below(std::min<uint64_t>(freed_.size(), 3))].begin;
  }

  Stage& stage_;
  Random random_;
  std::vector<BlockRange> runs_;
  std::vector<BlockRange> freed_;
};

}  // namespace

void play_random(Stage& stage, uint64_t seed) {
  RandomPlay(stage, seed).play(40);
}

}  // namespace vde::test
