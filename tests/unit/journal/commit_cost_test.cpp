// The costs of commits, in calls on the file.
#include <doctest/doctest.h>

#include "image/write_image.h"
#include "support/evidence_image.h"
#include "support/files/failing_file.h"
#include "support/files/sparse_file.h"
#include "support/image_builder.h"
#include "support/session.h"

using namespace vde;
using namespace vde::test;

namespace {

using Counts = std::array<uint64_t, kFileCalls>;

Counts counts_of(const FailingFile& file) {
  Counts counts{};
  for (size_t i = 0; i < kFileCalls; ++i) counts[i] = file.count(static_cast<FileCall>(i));
  return counts;
}

// The calls per commit that allocates a block, fills it, and frees the previous one, on a volume of
// `size` bytes with a journal of 64 blocks; without the session's first commit.
Counts cost_of_commits(uint64_t size) {
  CreateOptions options;
  options.size = size;
  options.uuid.bytes[0] = 1;
  options.modules = must(parse_modules("none"));
  options.journal_size = 64 * 4096;
  SparseFile memory;
  const Activity activity;
  must(write_image(memory, must(plan_image(options)), activity));
  FailingFile file(memory);
  const auto volume = open_volume(file);
  BlockRange last = commit_data(*volume, 1, 1);
  file.arm(std::nullopt);
  for (uint8_t i = 0; i < 40; ++i) {
    Transaction transaction = must(volume->begin());
    must(volume->allocator().release(transaction, last));
    last = must(volume->allocator().allocate(transaction, 1));
    fill_block(transaction, last.begin, i);
    must(volume->commit(transaction));
  }
  must(volume->close());
  return counts_of(file);
}

}  // namespace

TEST_CASE("N commits of 3 blocks cost N + 3 ceil(N / k) syncs, k commits a journal") {
  ImageBuilder image({4096, 256, "none"});
  FailingFile file(image.file());
  BlockRange run;
  {
    const auto volume = open_volume(file);
    run = commit_data(*volume, 3, 1);
    must(volume->close());
  }
  // 62 blocks for records; a commit takes one descriptor block and three after-images.
  constexpr uint64_t kCommitsInJournal = 62 / 4;
  for (const uint64_t commits : {1u, 2u, 15u, 16u, 30u, 31u, 100u}) {
    const auto volume = open_volume(file);
    file.arm(std::nullopt);
    for (uint64_t i = 0; i < commits; ++i) commit_change(*volume, run, static_cast<uint8_t>(i));
    must(volume->close());
    CAPTURE(commits);
    CHECK(file.count(FileCall::kSync) ==
          commits + 3 * ((commits + kCommitsInJournal - 1) / kCommitsInJournal));
  }
}

TEST_CASE("a metadata chain hash and a seal cost no further sync") {
  const auto syncs = [](bool is_proven) {
    ImageBuilder image({4096, 256, "none"});
    if (is_proven) chain_image(image);
    if (is_proven) seal_image(image, test_key());
    FailingFile file(image.file());
    EditOptions options = kSomeOptions;
    options.keys = {test_key()};
    const auto volume = must(try_open_volume(file, options));
    file.arm(std::nullopt);
    for (uint8_t i = 0; i < 3; ++i) (void)commit_data(*volume, 3, i);
    must(volume->close());
    return file.count(FileCall::kSync);
  };
  CHECK(syncs(true) == syncs(false));
}

TEST_CASE("a commit of 3 blocks is one write") {
  ImageBuilder image({4096, 256, "none"});
  FailingFile file(image.file());
  const auto volume = open_volume(file);
  const BlockRange run = commit_data(*volume, 3, 1);
  file.arm(std::nullopt);
  commit_change(*volume, run, 2);
  CHECK(file.count(FileCall::kWrite) == 1);
  CHECK(file.log()[0].bytes.length() == 4 * 4096);
  CHECK(file.count(FileCall::kSync) == 1);
}

TEST_CASE("a commit costs the same on the smallest volume and on one of 64 TiB") {
  CHECK(cost_of_commits(256 * 4096) == cost_of_commits(kMaxVolumeBytes));
}
