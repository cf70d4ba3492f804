#include "region/allocator.h"

#include <doctest/doctest.h>

#include "support/image_builder.h"
#include "support/image_state.h"
#include "support/session.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

// Bits that a bitmap block of 512 bytes holds.
constexpr uint64_t kBits = 496 * 8;

struct Session {
  explicit Session(uint64_t blocks = 256, const std::string& modules = "none",
                   uint32_t block_size = 512)
      : image({block_size, blocks, modules}), volume(open_volume(image.file())) {}

  [[nodiscard]] Allocator& allocator() { return volume->allocator(); }
  [[nodiscard]] Transaction begin() { return must(volume->begin()); }
  [[nodiscard]] uint64_t data() { return image.start("DATA"); }

  ImageBuilder image;
  std::unique_ptr<Volume> volume;
};

ErrorCode code_of(const Result<BlockRange>& result) {
  REQUIRE_FALSE(result.has_value());
  return result.error().code;
}

}  // namespace

TEST_CASE("the first free run is allocated, then the next one") {
  Session session;
  const uint64_t data = session.data();
  Transaction transaction = session.begin();
  CHECK(must(session.allocator().allocate(transaction, 3)) == BlockRange{data, data + 3});
  CHECK(must(session.allocator().allocate(transaction, 1)) == BlockRange{data + 3, data + 4});
}

TEST_CASE("the search continues where the last one ended, and wraps around") {
  Session session;
  const uint64_t data = session.data();
  Transaction transaction = session.begin();
  const BlockRange first = must(session.allocator().allocate(transaction, 4));
  static_cast<void>(must(session.allocator().allocate(transaction, 4)));
  must(session.allocator().release(transaction, first));
  must(session.volume->commit(transaction));
  must(session.volume->close());

  Transaction later = session.begin();
  CHECK(must(session.allocator().allocate(later, 2)).begin == data + 8);
  const uint64_t left = 256 - (data + 10);
  CHECK(must(session.allocator().allocate(later, left)).end == 256);
  CHECK(must(session.allocator().allocate(later, 3)) == BlockRange{data, data + 3});
  CHECK(code_of(session.allocator().allocate(later, 2)) == ErrorCode::kNoSpace);
  CHECK(must(session.allocator().allocate(later, 1)) == BlockRange{data + 3, data + 4});
  CHECK(code_of(session.allocator().allocate(later, 1)) == ErrorCode::kNoSpace);
}

TEST_CASE("a hint sets the start of the search, wherever it points") {
  Session session;
  Transaction transaction = session.begin();
  CHECK(must(session.allocator().allocate(transaction, 3, 200)).begin == 200);
  CHECK(must(session.allocator().allocate(transaction, 3, 201)).begin == 203);
  CHECK(must(session.allocator().allocate(transaction, 3, 0)).begin == session.data());
  CHECK(must(session.allocator().allocate(transaction, 3, 254)).begin == session.data() + 3);
  CHECK(must(session.allocator().allocate(transaction, 1, UINT64_MAX)).begin == session.data() + 6);
}

TEST_CASE("a run may cross bitmap blocks") {
  Session session(3 * kBits + 100);
  Transaction transaction = session.begin();
  CHECK(must(session.allocator().allocate(transaction, 10, kBits - 5)).begin == kBits - 5);
  const BlockRange big = must(session.allocator().allocate(transaction, 2 * kBits, 0));
  CHECK(big.begin == kBits + 5);
  must(session.volume->commit(transaction));
  must(session.volume->close());
  CHECK_FALSE(verified(session.image.file()).complains());
}

TEST_CASE("blocks of regions are never allocated, whatever the bitmap says") {
  ImageBuilder image({512, 256, kAllModules});
  const uint64_t data = image.start("DATA");
  image.bits(20, data, false);
  Journal& journal = *must(try_open_journal(image.file())).release();
  const std::unique_ptr<Journal> owner(&journal);
  Allocator allocator = must(Allocator::open(journal));
  Transaction transaction(journal);
  CHECK(must(allocator.allocate(transaction, 1)).begin == data);
  CHECK(must(allocator.allocate(transaction, 1, 30)).begin == data + 1);
  CHECK_FALSE(must(allocator.allocate_exactly(transaction, {data - 1, data})));
}

TEST_CASE(
    "freed blocks are reused after the next checkpoint, not in the same transaction or epoch") {
  Session session;
  const uint64_t data = session.data();
  const BlockRange run = commit_data(*session.volume, 4, 1);
  Transaction transaction = session.begin();
  must(session.allocator().release(transaction, run));
  CHECK(must(session.allocator().allocate(transaction, 1, data)).begin == run.end);
  CHECK_FALSE(must(session.allocator().allocate_exactly(transaction, {data, data + 1})));
  must(session.volume->commit(transaction));

  Transaction same_epoch = session.begin();
  CHECK(must(session.allocator().allocate(same_epoch, 1, data)).begin == run.end + 1);
  must(session.volume->commit(same_epoch));
  must(session.volume->close());

  Transaction later = session.begin();
  CHECK(must(session.allocator().allocate(later, 1, data)).begin == data);
}

TEST_CASE("blocks with after-images are not allocated before the next checkpoint") {
  Session session(700, "none", 4096);
  const BlockRange run = commit_data(*session.volume, 70, 1);
  // 70 after-images and that of the bitmap, in the first free blocks.
  Transaction transaction = session.begin();
  CHECK(must(session.allocator().allocate(transaction, 1, run.end)).begin == run.end + 71);
  must(session.volume->close());
  Transaction later = session.begin();
  CHECK(must(session.allocator().allocate(later, 1, run.end)).begin == run.end);
}

TEST_CASE("spare blocks are free ones, in order, and stay free") {
  Session session(256, "none", 4096);
  const uint64_t data = session.data();
  Transaction transaction = session.begin();
  static_cast<void>(must(session.allocator().allocate(transaction, 1, data + 1)));
  CHECK(must(session.allocator().find_spare(transaction, 3)) ==
        std::vector<uint64_t>{data, data + 2, data + 3});
  CHECK(must(session.allocator().allocate(transaction, 1, data)).begin == data);
  CHECK(session.allocator().find_spare(transaction, 256 - data - 1).error().code ==
        ErrorCode::kNoSpace);
}

TEST_CASE("spare blocks are whole sectors of which the journal needs no block") {
  Session session;
  const uint64_t data = session.data();
  REQUIRE(data % 8 == 0);
  Transaction transaction = session.begin();
  static_cast<void>(must(session.allocator().allocate(transaction, 1, data + 3)));
  CHECK(must(session.allocator().find_spare(transaction, 2)) ==
        std::vector<uint64_t>{data + 8, data + 9});
  // The record has the neighbours of the block.
  static_cast<void>(must(session.allocator().allocate(transaction, 1, data + 8)));
  static_cast<void>(must(transaction.replace(data + 8, block_types::kData)));
  must(session.volume->commit(transaction));
  Transaction next = session.begin();
  must(session.allocator().release(next, {data + 8, data + 9}));
  must(session.volume->commit(next));
  Transaction last = session.begin();
  CHECK(must(session.allocator().find_spare(last, 1)) == std::vector<uint64_t>{data + 16});
  // Nor any that the transaction itself changes.
  static_cast<void>(must(last.replace(data + 18, block_types::kData)));
  CHECK(must(session.allocator().find_spare(last, 1)) == std::vector<uint64_t>{data + 24});
}

TEST_CASE("the superblock's counts follow") {
  Session session;
  const Superblock before = session.volume->journal().superblock();
  Transaction transaction = session.begin();
  const BlockRange run = must(session.allocator().allocate(transaction, 10));
  must(session.allocator().release(transaction, {run.begin + 2, run.begin + 5}));
  CHECK(must(session.allocator().allocate_exactly(transaction, {200, 204})));
  CHECK_FALSE(must(session.allocator().allocate_exactly(transaction, {203, 205})));
  CHECK_FALSE(must(session.allocator().allocate_exactly(transaction, {255, 257})));
  CHECK(transaction.superblock().free_blocks == before.free_blocks - 11);
  CHECK(transaction.superblock().total_allocated_blocks == before.total_allocated_blocks + 11);
  must(session.volume->commit(transaction));
  must(session.volume->close());
  CHECK_FALSE(verified(session.image.file()).complains());
}

TEST_CASE("requests for too many blocks or for none fail") {
  Session session;
  Transaction transaction = session.begin();
  for (const uint64_t count : {uint64_t{0}, 256 - session.data() + 1, uint64_t{257}, UINT64_MAX})
    CHECK(code_of(session.allocator().allocate(transaction, count)) == ErrorCode::kNoSpace);
  CHECK(must(session.allocator().allocate(transaction, 256 - session.data())).end == 256);
}

TEST_CASE("the first write completes a bitmap of which only the first block was filled in") {
  // INOD of 78 blocks and more: regions reach into the second bitmap block.
  ImageBuilder image({512, 5 * kBits, kAllModules});
  const auto slots = image.slots();
  const uint64_t data = image.start("DATA");
  const uint64_t from = 100;
  REQUIRE(from < data);
  image.bits(from, data, false);
  const Verified before = verified(image.file());
  CHECK_FALSE(before.complains());
  CHECK_FALSE(before.codes.empty());

  must(set_label(image.file(), "complete", kSomeOptions));
  CHECK(verified(image.file()).codes.empty());
  CHECK(image.slots() == slots);
}

TEST_CASE("regions in later bitmap blocks are completed too") {
  ImageBuilder image({512, 3 * kBits, "none"});
  {
    // Moves INOD past the range of the first bitmap block.
    const auto volume = open_volume(image.file());
    Transaction transaction = must(volume->begin());
    const BlockRange run = must(volume->allocator().allocate(transaction, 40, kBits + 50));
    const size_t inod = image.slot_of("INOD");
    RegionSlot& slot = transaction.regions().raw_slots()[inod];
    const BlockRange old{static_cast<uint64_t>(slot.start),
                         static_cast<uint64_t>(slot.start + slot.count)};
    const Bytes layout = must(transaction.read(old.begin, block_types::kInodes));
    const BlockBuffer copy(layout.begin(), layout.end());
    const MutableBytes moved = must(transaction.replace(run.begin, block_types::kInodes));
    std::copy(copy.begin(), copy.end(), moved.begin());
    must(volume->allocator().release(transaction, old));
    slot.start = static_cast<int64_t>(run.begin);
    slot.count = static_cast<int64_t>(run.count());
    must(volume->commit(transaction));
    must(volume->close());
  }
  REQUIRE_FALSE(verified(image.file()).complains());
  image.bits(kBits + 50, kBits + 90, false);
  REQUIRE_FALSE(verified(image.file()).complains());
  must(set_label(image.file(), "complete", kSomeOptions));
  CHECK(verified(image.file()).codes.empty());
}
