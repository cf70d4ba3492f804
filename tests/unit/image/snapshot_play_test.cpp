// Long random sequences on the snapshot table, compared with a plain list.
#include <doctest/doctest.h>

#include <set>

#include "snapshot_look.h"
#include "support/effort.h"
#include "support/random.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

// Snapshots created, deleted, undeleted and purged at random, compared with a plain list.
class SnapshotPlay {
 public:
  SnapshotPlay(uint32_t block_size, uint64_t seed)
      : image_({block_size, 900, "snapshot,tags"}), random_(seed) {}

  void play(int rounds) {
    for (int i = 0; i < rounds; ++i) step();
    std::vector<Snapshot> seen = snapshots_in(image_.file());
    sort(seen);
    sort(model_);
    REQUIRE(seen == model_);
    std::vector<Snapshot> strict = strict_snapshots(image_);
    sort(strict);
    CHECK(strict == model_);
    CHECK_FALSE(verified(image_.file()).complains());
    for (const Snapshot& snapshot : model_) check_chain(snapshot);
  }

 private:
  uint64_t below(uint64_t limit) { return random_.below(limit); }
  Snapshot& any() { return model_[below(model_.size())]; }

  static void sort(std::vector<Snapshot>& snapshots) {
    std::sort(snapshots.begin(), snapshots.end(),
              [](const Snapshot& a, const Snapshot& b) { return a.id < b.id; });
  }

  void step() {
    ++second_;
    if (model_.empty() || below(10) < 7) return create();
    if (below(12) == 0) return purge();
    Snapshot& one = any();
    const std::string ref = to_string(one.id);
    if (one.is_deleted()) {
      must(undelete_snapshot(image_.file(), ref, at_second(second_)));
      one.flags &= static_cast<uint16_t>(~2u);
    } else {
      must(delete_snapshots(image_.file(), std::vector{ref}, at_second(second_)));
      one.flags |= 2;
    }
  }

  void create() {
    SnapshotOptions request = labelled(std::string(below(65), static_cast<char>('a' + below(26))));
    request.read_only = below(4) == 0;
    request.base = below(4) == 0;
    if (!model_.empty() && below(3) > 0) request.parent = to_string(any().id);
    const Snapshot made = must(create_snapshot(image_.file(), request, at_second(second_)));
    CHECK(made.label == request.label);
    CHECK(made.is_read_only() == request.read_only);
    CHECK(made.is_base() == request.base);
    CHECK(made.created == at_second(second_).now);
    CHECK(must(found(image_.file(), "@latest")) == made);
    model_.push_back(made);
  }

  // A snapshot stays if it is not deleted, or an ancestor of one that is not.
  void purge() {
    std::set<Guid> needed;
    for (const Snapshot& snapshot : model_) {
      if (snapshot.is_deleted()) continue;
      for (Guid at = snapshot.id; !at.is_zero(); at = by_id(at).parent) needed.insert(at);
    }
    const bool has_any = needed.size() < model_.size();
    const auto purged = purge_snapshots(image_.file(), at_second(second_));
    REQUIRE(purged.has_value() == has_any);
    if (!purged) return;
    CHECK(purged->size() == model_.size() - needed.size());
    std::erase_if(model_, [&](const Snapshot& one) { return !needed.contains(one.id); });
  }

  const Snapshot& by_id(const Guid& id) {
    const auto one = std::find_if(model_.begin(), model_.end(),
                                  [&](const Snapshot& snapshot) { return snapshot.id == id; });
    REQUIRE(one != model_.end());
    return *one;
  }

  void check_chain(const Snapshot& from) {
    std::vector<std::string> expected;
    for (Guid at = from.id; !at.is_zero();) {
      const Snapshot& one = by_id(at);
      expected.push_back(one.label);
      at = one.parent;
    }
    CHECK(chain_labels(image_.file(), from.id) == expected);
  }

  ImageBuilder image_;
  Random random_;
  int64_t second_ = 0;
  std::vector<Snapshot> model_;
};

}  // namespace

TEST_CASE("the snapshot table behaves like a plain list at every block size") {
  const int rounds = static_cast<int>(scaled(150));
  for (const uint32_t block_size : {512u, 4096u, 65536u}) {
    if (block_size == 65536) {
      SnapshotPlay(block_size, 9).play(10);
      continue;
    }
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      CAPTURE(block_size);
      CAPTURE(seed);
      SnapshotPlay(block_size, seed).play(rounds);
    }
  }
}
