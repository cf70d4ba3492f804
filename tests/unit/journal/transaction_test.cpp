#include "journal/transaction.h"

#include <doctest/doctest.h>

#include "support/image_builder.h"
#include "support/session.h"

using namespace vde;
using namespace vde::test;

namespace {

uint8_t home_byte(ImageBuilder& image, uint64_t number) {
  return image.block(number)[0];
}

}  // namespace

TEST_CASE("a transaction's writes are visible only to itself before it commits") {
  ImageBuilder image({512, 256, kAllModules});
  const auto volume = open_volume(image.file());
  const BlockRange run = commit_data(*volume, 1, 1);
  Transaction first = must(volume->begin());
  CHECK(first_byte(first, run.begin) == 1);
  must(first.edit(run.begin, block_types::kData))[0] = 2;
  CHECK(first_byte(first, run.begin) == 2);
  Transaction second = must(volume->begin());
  CHECK(first_byte(second, run.begin) == 1);
  must(volume->commit(first));
  Transaction third = must(volume->begin());
  CHECK(first_byte(third, run.begin) == 2);
}

TEST_CASE("an edit starts with the block's content, a replacement with zeros") {
  ImageBuilder image({512, 256, kAllModules});
  const auto volume = open_volume(image.file());
  const BlockRange run = commit_data(*volume, 2, 7);
  Transaction transaction = must(volume->begin());
  CHECK(must(transaction.edit(run.begin, block_types::kData))[100] == 7);
  CHECK(must(transaction.replace(run.begin + 1, block_types::kData))[100] == 0);
  must(transaction.edit(run.begin, block_types::kData))[0] = 8;
  CHECK(must(transaction.edit(run.begin, block_types::kData))[0] == 8);
  CHECK(must(transaction.replace(run.begin, block_types::kData))[0] == 0);
}

TEST_CASE("an unwritten block reads as zeros; another type and damage are errors") {
  ImageBuilder image({512, 256, kAllModules});
  const uint64_t data = image.start("DATA");
  image.data_block(data, 5).flip(data, 3);
  const auto volume = open_volume(image.file());
  Transaction transaction = must(volume->begin());
  CHECK(all_zero(must(transaction.read(data + 1, block_types::kData))));
  CHECK(all_zero(must(transaction.edit(data + 1, block_types::kData))));
  CHECK(transaction.read(data, block_types::kData).error().code == ErrorCode::kDamaged);
  CHECK(transaction.edit(data, block_types::kData).error().code == ErrorCode::kDamaged);
  CHECK(transaction.read(image.start("SNAP"), block_types::kData).error().code ==
        ErrorCode::kDamaged);
  CHECK(transaction.replace(data, block_types::kData).has_value());
}

TEST_CASE("unstaged blocks are not committed") {
  ImageBuilder image({512, 256, kAllModules});
  const auto volume = open_volume(image.file());
  const BlockRange run = commit_data(*volume, 3, 1);
  Transaction transaction = must(volume->begin());
  for (uint64_t n = run.begin; n < run.end; ++n) fill_block(transaction, n, 2);
  transaction.unstage({run.begin + 1, run.begin + 2});
  CHECK(first_byte(transaction, run.begin + 1) == 1);
  must(volume->commit(transaction));
  must(volume->close());
  CHECK(home_byte(image, run.begin) == 2);
  CHECK(home_byte(image, run.begin + 1) == 1);
  CHECK(home_byte(image, run.begin + 2) == 2);
}

TEST_CASE("a dropped transaction leaves no trace") {
  ImageBuilder image({512, 256, kAllModules});
  const auto volume = open_volume(image.file());
  const std::vector<uint8_t> before = image.bytes();
  {
    Transaction transaction = must(volume->begin());
    transaction.superblock().label.bytes[0] = 'X';
    const BlockRange run = must(volume->allocator().allocate(transaction, 3));
    fill_block(transaction, run.begin, 1);
  }
  must(volume->close());
  CHECK(image.bytes() == before);
}

TEST_CASE("home locations, groups and directory change at the checkpoint, not before") {
  ImageBuilder image({512, 256, kAllModules});
  const auto volume = open_volume(image.file());
  const BlockRange run = commit_data(*volume, 1, 1);
  must(volume->close());
  commit_change(*volume, run, 2);
  CHECK(home_byte(image, run.begin) == 1);
  Transaction transaction = must(volume->begin());
  CHECK(first_byte(transaction, run.begin) == 2);
  must(volume->close());
  CHECK(home_byte(image, run.begin) == 2);
}

TEST_CASE("all blocks of a commit carry its checkpoint sequence as their generation") {
  ImageBuilder image({512, 256, kAllModules});
  const auto volume = open_volume(image.file());
  const BlockRange one = commit_data(*volume, 1, 1);
  const BlockRange two = commit_data(*volume, 1, 2);
  must(volume->close());
  CHECK(image.trailer(one.begin) ==
        Trailer{block_types::kData, 2, image.trailer(one.begin).checksum});
  CHECK(image.trailer(two.begin).generation == 3);
  CHECK(image.trailer(image.start("BMAP")).generation == 3);
  for (uint64_t n = 0; n < 8; ++n) CHECK(image.trailer(n).generation == 3);
}

TEST_CASE("after-images that do not fit into the journal go to otherwise free blocks") {
  ImageBuilder image({512, 700, kAllModules});
  const auto volume = open_volume(image.file());
  Transaction transaction = must(volume->begin());
  const BlockRange staged = must(volume->allocator().allocate(transaction, 100));
  for (uint64_t n = staged.begin; n < staged.end; ++n)
    fill_block(transaction, n, static_cast<uint8_t>(n));
  const BlockRange direct = must(volume->allocator().allocate(transaction, 3));
  BlockBuffer blocks(3 * 512, 0xDD);
  must(transaction.write_direct(direct.begin, block_types::kData, blocks));
  must(volume->commit(transaction));

  // Once more, so that live after-images are replaced by others elsewhere.
  Transaction second = must(volume->begin());
  const BlockRange more = must(volume->allocator().allocate(second, 100));
  for (uint64_t n = more.begin; n < more.end; ++n) fill_block(second, n, static_cast<uint8_t>(n));
  fill_block(second, staged.begin, 0xAA);
  must(volume->commit(second));
  for (int pass = 0; pass < 2; ++pass) {
    Transaction reader = must(volume->begin());
    CHECK(first_byte(reader, staged.begin) == 0xAA);
    for (uint64_t n = staged.begin + 1; n < staged.end; ++n)
      CHECK(first_byte(reader, n) == static_cast<uint8_t>(n));
    for (uint64_t n = more.begin; n < more.end; ++n)
      CHECK(first_byte(reader, n) == static_cast<uint8_t>(n));
    for (uint64_t n = direct.begin; n < direct.end; ++n) CHECK(first_byte(reader, n) == 0xDD);
    must(volume->close());
  }
}

TEST_CASE("a commit whose block list does not fit is refused with no space") {
  ImageBuilder image({512, 2000, kAllModules});
  const auto volume = open_volume(image.file());
  Transaction transaction = must(volume->begin());
  const BlockRange run = must(volume->allocator().allocate(transaction, 700));
  for (uint64_t n = run.begin; n < run.end; ++n) fill_block(transaction, n, 1);
  CHECK(volume->commit(transaction).error().code == ErrorCode::kNoSpace);
  CHECK(commit_data(*volume, 3, 1).count() == 3);
}
