// The behavior of a session and its next commits after a failure, and what a failed creation of an
// image leaves.
#include <doctest/doctest.h>

#include <algorithm>

#include "image/write_image.h"
#include "io/memory_file.h"
#include "support/files/failing_file.h"
#include "support/image_builder.h"
#include "support/image_state.h"
#include "support/try_open.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

std::unique_ptr<Volume> open_volume(BlockFile& file) {
  auto volume = try_open_volume(file);
  REQUIRE_MESSAGE(volume.has_value(), volume.error().message);
  return std::move(*volume);
}

uint64_t digest_of(BlockFile& file) {
  const auto digest = state_digest(file);
  REQUIRE_MESSAGE(digest.has_value(), digest.error().message);
  return *digest;
}

// `count` new blocks of data as one commit.
Result<void> commit_blocks(Volume& volume, uint64_t count) {
  VDE_TRY_ASSIGN(transaction, volume.begin());
  VDE_TRY_ASSIGN(run, volume.allocator().allocate(transaction, count));
  for (uint64_t n = run.begin; n < run.end; ++n) {
    VDE_TRY_ASSIGN(payload, transaction.replace(n, block_types::kData));
    payload[0] = 1;
  }
  return volume.commit(transaction);
}

// As much as fits into the journal, and more.
constexpr uint64_t kFits = 3;
constexpr uint64_t kSpills = 70;

ImageShape small_shape() {
  return {512, 700, kAllModules};
}

// Opens a session, lets its Nth call fail with "no space" during one commit, and returns the error
// of the commit; nothing if the call was not reached. A refused commit must change nothing and not
// prevent the next one.
std::optional<Error> commit_without_space(FileCall call, uint64_t nth, uint64_t blocks) {
  ImageBuilder image(small_shape());
  FailingFile file(image.file());
  const auto volume = open_volume(file);
  const uint64_t before = digest_of(image.file());
  file.arm(Failure{call, nth, false, ErrorCode::kNoSpace, true});
  const auto result = commit_blocks(*volume, blocks);
  if (file.failures() == 0) return std::nullopt;
  REQUIRE_FALSE(result.has_value());
  CHECK(digest_of(image.file()) == before);
  file.arm(std::nullopt);
  const auto again = commit_blocks(*volume, blocks);
  CHECK(again.has_value() == (result.error().code == ErrorCode::kNoSpace));
  if (again) {
    const uint64_t after = digest_of(image.file());
    CHECK(after != before);
    file.lose_unsynced();
    CHECK(digest_of(image.file()) == after);
    CHECK(volume->close().has_value());
    CHECK(describe_trouble(image.file(), std::array{after}) == "");
  } else {
    CHECK(again.error().message == "refusing to change the image after a failed write");
    CHECK(describe_trouble(image.file(), std::array{before}) == "");
  }
  return result.error();
}

}  // namespace

TEST_CASE("a commit that gets no space changes nothing, and the next one works") {
  for (const uint64_t blocks : {kFits, kSpills}) {
    uint64_t nth = 1;
    while (const auto error = commit_without_space(FileCall::kAllocate, nth, blocks)) {
      CHECK(error->code == ErrorCode::kNoSpace);
      ++nth;
    }
    // The journal, the groups, and every unwritten block.
    CHECK(nth > blocks);
  }
}

TEST_CASE("spilled after-images that get no space change nothing") {
  uint64_t nth = 1;
  for (; nth <= kSpills; ++nth) {
    const auto error = commit_without_space(FileCall::kWrite, nth, kSpills);
    REQUIRE(error.has_value());
    CHECK(error->code == ErrorCode::kNoSpace);
  }
}

TEST_CASE("a record that gets no space despite the reservation ends the session") {
  uint64_t nth = 1;
  while (const auto error = commit_without_space(FileCall::kWrite, nth, kFits)) {
    CHECK(error->code == ErrorCode::kIo);
    CHECK(error->message.starts_with("the outcome of the commit is unknown: "));
    ++nth;
  }
  // The journal's last block, and the record.
  CHECK(nth == 3);
}

TEST_CASE("after a failed sync nothing is written, and the outcome is reported as unknown") {
  for (const bool durable : {false, true}) {
    ImageBuilder image(small_shape());
    FailingFile file(image.file());
    const auto volume = open_volume(file);
    REQUIRE(commit_blocks(*volume, kFits).has_value());
    file.arm(Failure{FileCall::kSync, 1, false, ErrorCode::kIo, durable});
    const uint64_t before = digest_of(image.file());
    const auto result = commit_blocks(*volume, kFits);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == ErrorCode::kIo);
    CHECK(result.error().message == "the outcome of the commit is unknown: Input/output error");
    CHECK_FALSE(commit_blocks(*volume, kFits).has_value());
    CHECK_FALSE(volume->close().has_value());
    CHECK(file.changes_after_failed_sync() == 0);
    CHECK((digest_of(image.file()) == before) != durable);
  }
}

TEST_CASE("a checkpoint that fails loses nothing, and ends the session") {
  for (const FileCall call : {FileCall::kWrite, FileCall::kSync})
    for (uint64_t nth = 1; nth <= 3; ++nth) {
      ImageBuilder image(small_shape());
      FailingFile file(image.file());
      const auto volume = open_volume(file);
      REQUIRE(commit_blocks(*volume, kFits).has_value());
      const uint64_t committed = digest_of(image.file());
      file.arm(Failure{call, nth, false, ErrorCode::kNoSpace, true});
      const auto result = volume->close();
      REQUIRE_FALSE(result.has_value());
      CHECK(result.error().code == ErrorCode::kIo);
      const size_t calls = file.log().size();
      CHECK_FALSE(commit_blocks(*volume, kFits).has_value());
      CHECK_FALSE(volume->close().has_value());
      CHECK(file.log().size() == calls);
      CHECK(describe_trouble(image.file(), std::array{committed}) == "");
    }
}

TEST_CASE("a view of a crashed image fails if a read fails, or is right; it never writes") {
  ImageBuilder image(small_shape());
  {
    const auto volume = open_volume(image.file());
    REQUIRE(commit_blocks(*volume, kFits).has_value());
    REQUIRE(commit_blocks(*volume, kSpills).has_value());
  }
  const uint64_t committed = digest_of(image.file());
  FailingFile file(image.file());
  uint64_t failed = 0;
  for (uint64_t nth = 1;; ++nth) {
    file.arm(Failure{FileCall::kRead, nth, false, ErrorCode::kIo, false});
    const auto digest = state_digest(file);
    CHECK(file.log().empty());
    if (file.failures() == 0) break;
    if (digest) CHECK(*digest == committed);
    if (!digest) ++failed;
  }
  CHECK(failed > kSpills);
}

TEST_CASE("a failed creation is reported, and leaves either a complete image or none") {
  const auto plan = plan_image([] {
    CreateOptions options;
    options.size = 512 * 256;
    options.block_size = 512;
    options.uuid.bytes[0] = 1;
    options.modules = *parse_modules(kAllModules);
    return options;
  }());
  REQUIRE(plan.has_value());
  for (const FileCall call : {FileCall::kWrite, FileCall::kSync, FileCall::kResize})
    for (const bool takes_effect : {false, true})
      for (uint64_t nth = 1;; ++nth) {
        MemoryFile memory;
        FailingFile file(memory, Failure{call, nth, true, ErrorCode::kNoSpace, takes_effect});
        const Activity activity;
        const auto result = write_image(file, *plan, activity);
        CHECK(file.changes_after_failed_sync() == 0);
        if (file.failures() == 0) break;
        REQUIRE_FALSE(result.has_value());
        CHECK(result.error().code == ErrorCode::kNoSpace);
        if (const auto view = committed_view(memory)) {
          const Verified found = verified(**view);
          for (const Finding& finding : found.findings)
            if (finding.kind->severity != Severity::kNote) CHECK(finding.block >= kMirrorGroup);
        }
        file.lose_unsynced();
        CHECK_FALSE(committed_view(memory).has_value());
      }
}
