// A volume of 64 TiB: its bitmap has 2 GiB, and is never loaded.
#include <doctest/doctest.h>

#include "image/write_image.h"
#include "support/files/failing_file.h"
#include "support/files/sparse_file.h"
#include "support/image_builder.h"
#include "support/session.h"

using namespace vde;
using namespace vde::test;

namespace {

void make_huge(BlockFile& file) {
  CreateOptions options;
  options.size = kMaxVolumeBytes;
  options.uuid.bytes[0] = 1;
  options.modules = must(parse_modules(kAllModules));
  const Activity activity;
  must(write_image(file, must(plan_image(options)), activity));
}

}  // namespace

TEST_CASE("allocating and setting the label on 64 TiB reads a few blocks and stores fewer") {
  SparseFile memory;
  make_huge(memory);
  FailingFile file(memory);
  const uint64_t stored = memory.stored();
  const auto volume = open_volume(file);
  const BlockRange run = commit_data(*volume, 3, 1);
  CHECK(run.begin > uint64_t{1} << 26);
  must(volume->close());
  must(set_label(file, "huge", kSomeOptions));
  CHECK(must(read_label(file)) == "huge");
  // The first transaction of a session reads the bits of all regions: one block of 8 million.
  CHECK(file.count(FileCall::kRead) < 10'000);
  CHECK(memory.stored() - stored < 1 << 20);
}

TEST_CASE("a run as long as the volume allows is found, marked and counted in pieces") {
  SparseFile file;
  make_huge(file);
  const auto volume = open_volume(file);
  Transaction transaction = must(volume->begin());
  const BlockRange run = must(volume->allocator().allocate(transaction, 3'000'000));
  CHECK(run.count() == 3'000'000);
  CHECK(must(volume->allocator().allocate(transaction, 1)).begin == run.end);
  must(volume->commit(transaction));
  must(volume->close());
  CHECK(must(volume->begin()).superblock().free_blocks ==
        volume->journal().superblock().total_blocks -
            volume->journal().superblock().total_allocated_blocks);
}
