// Compares the allocator with a trivial model in random operations.
#include <doctest/doctest.h>

#include "support/image_builder.h"
#include "support/random.h"
#include "support/session.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

// One bool per block, searched one by one.
class Model {
 public:
  explicit Model(uint64_t blocks, uint64_t first_free) : taken_(blocks), pinned_(blocks) {
    std::fill_n(taken_.begin(), first_free, true);
  }

  std::optional<BlockRange> allocate(uint64_t count) {
    auto found = find(next_, count);
    if (!found) found = find(0, count);
    if (!found) return found;
    for (uint64_t n = found->begin; n < found->end; ++n) taken_[n] = true;
    next_ = found->end;
    return found;
  }
  bool allocate_exactly(BlockRange blocks) {
    if (blocks.end > taken_.size()) return false;
    for (uint64_t n = blocks.begin; n < blocks.end; ++n)
      if (taken_[n] || pinned_[n]) return false;
    for (uint64_t n = blocks.begin; n < blocks.end; ++n) taken_[n] = true;
    return true;
  }
  void release(BlockRange blocks) {
    for (uint64_t n = blocks.begin; n < blocks.end; ++n) taken_[n] = false;
    for (uint64_t n = blocks.begin; n < blocks.end; ++n) pinned_[n] = true;
    freed_.push_back(blocks);
  }
  void commit(bool after_checkpoint) {
    if (after_checkpoint) pinned_.assign(pinned_.size(), false);
    for (const BlockRange& blocks : freed_)
      for (uint64_t n = blocks.begin; n < blocks.end; ++n) pinned_[n] = true;
    freed_.clear();
  }
  void checkpoint() { pinned_.assign(pinned_.size(), false); }
  void reopen() { next_ = 0; }

  [[nodiscard]] bool is_taken(uint64_t block) const { return taken_[block]; }
  [[nodiscard]] uint64_t free_blocks() const {
    return static_cast<uint64_t>(std::count(taken_.begin(), taken_.end(), false));
  }
  // The run of allocated blocks from `block` on, at most `max`.
  [[nodiscard]] BlockRange taken_from(uint64_t block, uint64_t max) const {
    uint64_t end = block;
    while (end < taken_.size() && end - block < max && taken_[end]) ++end;
    return {block, end};
  }

 private:
  [[nodiscard]] std::optional<BlockRange> find(uint64_t from, uint64_t count) const {
    uint64_t length = 0;
    for (uint64_t n = from; n < taken_.size(); ++n) {
      length = taken_[n] || pinned_[n] ? 0 : length + 1;
      if (length == count) return BlockRange{n + 1 - count, n + 1};
    }
    return std::nullopt;
  }

  std::vector<bool> taken_;
  std::vector<bool> pinned_;
  std::vector<BlockRange> freed_;
  uint64_t next_ = 0;
};

class Player {
 public:
  explicit Player(uint64_t seed)
      : image_({512, kBlocks, "none"}),
        volume_(open_volume(image_.file())),
        data_(image_.start("DATA")),
        model_(kBlocks, data_),
        random_(seed) {}

  void play(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      Transaction transaction = must(volume_->begin());
      for (uint64_t operations = below(8); operations > 0; --operations) step(transaction);
      CHECK(transaction.superblock().free_blocks == static_cast<int64_t>(model_.free_blocks()));
      must(volume_->commit(transaction));
      model_.commit(volume_->journal().live_records() == 1);
      if (below(10) == 0) end_session();
    }
    end_session();
    CHECK_FALSE(verified(image_.file()).complains());
  }

 private:
  static constexpr uint64_t kBlocks = 9'001;  // three bitmap blocks; not a whole number of bytes

  uint64_t below(uint64_t limit) { return random_.below(limit); }

  void step(Transaction& transaction) {
    if (below(3) == 0) return release(transaction);
    // Mostly small, sometimes more than there is.
    const uint64_t count = 1 + below(below(20) == 0 ? 6'000 : 90);
    if (below(6) == 0) {
      const uint64_t begin = below(kBlocks);
      const BlockRange wanted{begin, begin + count};
      CHECK(must(volume_->allocator().allocate_exactly(transaction, wanted)) ==
            model_.allocate_exactly(wanted));
      return;
    }
    const auto expected = model_.allocate(count);
    const auto run = volume_->allocator().allocate(transaction, count);
    REQUIRE(run.has_value() == expected.has_value());
    if (run) REQUIRE(*run == *expected);
    if (!run) CHECK(run.error().code == ErrorCode::kNoSpace);
  }

  void release(Transaction& transaction) {
    const BlockRange blocks = model_.taken_from(data_ + below(kBlocks - data_), 1 + below(300));
    if (blocks.empty()) return;
    must(volume_->allocator().release(transaction, blocks));
    model_.release(blocks);
  }

  void end_session() {
    must(volume_->close());
    model_.checkpoint();
    volume_ = open_volume(image_.file());
    model_.reopen();
  }

  ImageBuilder image_;
  std::unique_ptr<Volume> volume_;
  uint64_t data_;
  Model model_;
  Random random_;
};

}  // namespace

TEST_CASE("random allocations agree with a model of single blocks") {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    CAPTURE(seed);
    Player(seed).play(250);
  }
}
