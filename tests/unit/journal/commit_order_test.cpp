// The order of writes and syncs that the rules of journal.h require.
#include <doctest/doctest.h>

#include "journal/journal.h"
#include "support/files/failing_file.h"
#include "support/image_builder.h"
#include "support/session.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;

namespace {

using Log = std::vector<std::string>;

// An image, and a log of the operations on its file, in words.
class Stage {
 public:
  explicit Stage(const ImageShape& shape = {4096, 700, kAllModules})
      : image_(shape), file_(image_.file()), block_size_(image_.block_size()) {
    const RegionSlot slot = image_.slots()[image_.slot_of("MWAL")];
    journal_ = {static_cast<uint64_t>(slot.start), static_cast<uint64_t>(slot.start + slot.count)};
  }

  [[nodiscard]] ImageBuilder& image() { return image_; }
  [[nodiscard]] FailingFile& file() { return file_; }

  // The operations since the last call; equal words in a row are merged.
  [[nodiscard]] Log take_log() {
    Log story;
    for (const LoggedCall& call : file_.log()) {
      std::string words(to_string(call.call));
      if (call.call != FileCall::kSync && call.call != FileCall::kResize)
        words.append(" ").append(place_of(call));
      if (story.empty() || story.back() != words || call.call == FileCall::kSync)
        story.push_back(words);
    }
    file_.arm(std::nullopt);
    return story;
  }

 private:
  [[nodiscard]] std::string place_of(const LoggedCall& call) const {
    const BlockRange blocks{call.bytes.begin / block_size_, call.bytes.end / block_size_};
    if (call.call == FileCall::kAllocate && journal_.contains(blocks.begin)) return "journal";
    if (blocks == BlockRange{0, 8}) return "groups";
    if (blocks == BlockRange{0, 4}) return "primary";
    if (blocks == BlockRange{4, 8}) return "mirror";
    if (blocks == BlockRange{journal_.begin, journal_.begin + 1}) return "header";
    if (blocks.begin + 5 >= journal_.end && blocks.end == journal_.end) return "last";
    if (journal_.contains(blocks.begin)) return "record";
    return blocks.begin >= 8 ? "home" : "somewhere odd";
  }

  ImageBuilder image_;
  FailingFile file_;
  uint32_t block_size_;
  BlockRange journal_;
};

const Log kCheckpoint = {"write home", "write primary", "sync",       "write mirror",
                         "sync",       "write header",  "write last", "sync"};

Log operator+(Log left, const Log& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

}  // namespace

TEST_CASE("opening, reading and closing a clean image writes nothing") {
  Stage stage;
  const auto volume = open_volume(stage.file());
  Transaction transaction = must(volume->begin());
  must(volume->close());
  CHECK(stage.take_log() == Log{});
}

TEST_CASE("the first commit reserves space, marks the journal and writes its record: one sync") {
  Stage stage;
  const auto volume = open_volume(stage.file());
  const BlockRange run = commit_data(*volume, 3, 1);
  CHECK(stage.take_log() == Log{"allocate journal", "allocate groups", "allocate home",
                                "write last", "write record", "sync"});
  SUBCASE("further ones write a record each") {
    commit_change(*volume, run, 2);
    CHECK(stage.take_log() == Log{"write record", "sync"});
    commit_data(*volume, 1, 3);
    CHECK(stage.take_log() == Log{"allocate home", "write record", "sync"});
  }
  SUBCASE(
      "a checkpoint is home locations and primary, mirror, header, each synced before the next") {
    must(volume->close());
    CHECK(stage.take_log() == kCheckpoint);
    must(volume->close());
    CHECK(stage.take_log() == Log{});
    commit_change(*volume, run, 2);
    CHECK(stage.take_log() == Log{"write last", "write record", "sync"});
  }
}

TEST_CASE("a commit that changes only the superblock writes back no block") {
  Stage stage;
  must(set_label(stage.file(), "new", kSomeOptions));
  Log checkpoint = kCheckpoint;
  checkpoint.erase(checkpoint.begin());
  CHECK(stage.take_log() ==
        Log{"allocate journal", "allocate groups", "write last", "write record", "sync"} +
            checkpoint);
}

TEST_CASE("direct writes are synced before the first byte of the record") {
  Stage stage;
  const auto volume = open_volume(stage.file());
  commit_data(*volume, 1, 1);
  static_cast<void>(stage.take_log());
  Transaction transaction = must(volume->begin());
  const BlockRange run = must(volume->allocator().allocate(transaction, 4));
  BlockBuffer blocks(2 * 4096, 7);
  must(transaction.write_direct(run.begin, block_types::kData, blocks));
  must(transaction.wipe_direct({run.begin + 2, run.end}));
  must(volume->commit(transaction));
  CHECK(stage.take_log() == Log{"write home", "zero home", "sync", "write record", "sync"});
}

TEST_CASE("direct writes of a dropped transaction are synced before the next record") {
  Stage stage;
  const auto volume = open_volume(stage.file());
  BlockRange run;
  {
    Transaction dropped = must(volume->begin());
    run = must(volume->allocator().allocate(dropped, 1));
    BlockBuffer block(4096, 7);
    must(dropped.write_direct(run.begin, block_types::kData, block));
  }
  CHECK(stage.take_log() == Log{"write home"});
  // The next after-image overwrites what was written there, and must not find an older version.
  Transaction transaction = must(volume->begin());
  REQUIRE(must(volume->allocator().allocate(transaction, 1, run.begin)) == run);
  fill_block(transaction, run.begin, 1);
  must(volume->commit(transaction));
  CHECK(stage.take_log() ==
        Log{"allocate journal", "allocate groups", "sync", "write last", "write record", "sync"});
}

TEST_CASE("after-images outside of the journal are synced before the record that lists them") {
  Stage stage;
  const auto volume = open_volume(stage.file());
  commit_data(*volume, 70, 1);
  CHECK(stage.take_log() == Log{"write home", "allocate journal", "allocate groups",
                                "allocate home", "sync", "write last", "write record", "sync"});
}

TEST_CASE("a full journal is emptied before the record that does not fit") {
  Stage stage({4096, 256, kAllModules});
  const auto volume = open_volume(stage.file());
  const BlockRange run = commit_data(*volume, 3, 1);
  // Records take 5, then 4 of 62 blocks.
  for (uint8_t i = 0; i < 14; ++i) commit_change(*volume, run, i);
  static_cast<void>(stage.take_log());
  commit_change(*volume, run, 77);
  CHECK(stage.take_log() == kCheckpoint + Log{"write last", "write record", "sync"});
  CHECK(volume->journal().live_records() == 1);
}

TEST_CASE("recovery uses the order of a checkpoint, and a second one has nothing to do") {
  Stage stage;
  {
    const auto volume = open_volume(stage.file());
    commit_change(*volume, commit_data(*volume, 3, 1), 2);
  }
  static_cast<void>(stage.take_log());
  const uint64_t before = stage.file().count(FileCall::kSync);
  CHECK(before == 0);
  static_cast<void>(must(try_open_journal(stage.file())));
  CHECK(stage.take_log() == kCheckpoint);
  static_cast<void>(must(try_open_journal(stage.file())));
  CHECK(stage.take_log() == Log{});
}

TEST_CASE("a journal without the mark gets it, synced, only before a record") {
  MemoryFile memory(vector_image("tags-64"));
  FailingFile file(memory);
  const auto journal = must(try_open_journal(file));
  CHECK(file.log().empty());
  Transaction transaction(*journal);
  must(journal->commit(transaction, [](uint64_t) { return std::vector<uint64_t>{}; }));
  REQUIRE(file.log().size() > 2);
  CHECK(file.log()[0].call == FileCall::kWrite);
  CHECK(file.log()[0].bytes.length() == 4096);
  CHECK(file.log()[1].call == FileCall::kSync);
}

TEST_CASE("growing extends the file first, shrinking zeroes first and truncates last") {
  Stage stage({4096, 300, kAllModules});
  must(resize_volume(stage.file(), 400 * 4096, kSomeOptions));
  Log checkpoint = kCheckpoint;
  CHECK(stage.take_log() == Log{"resize", "sync", "allocate journal", "allocate groups",
                                "write last", "write record", "sync"} +
                                checkpoint);
  must(resize_volume(stage.file(), 300 * 4096, kSomeOptions));
  CHECK(stage.take_log() == Log{"zero home", "allocate journal", "allocate groups", "sync",
                                "write last", "write record", "sync"} +
                                checkpoint + Log{"resize", "sync"});
}

TEST_CASE("blocks of several pages get their space even if they were written before") {
  Stage stage({8192, 256, "none"});
  const auto volume = open_volume(stage.file());
  const BlockRange run = commit_data(*volume, 1, 1);
  static_cast<void>(stage.take_log());
  // A sparse copy may have turned pages of zeros into holes in between.
  commit_change(*volume, run, 2);
  CHECK(stage.take_log() == Log{"allocate home", "write record", "sync"});
}

TEST_CASE("blocks that stay unwritten beside a target get their space, too") {
  Stage stage({512, 700, kAllModules});
  const auto volume = open_volume(stage.file());
  const uint64_t block = commit_data(*volume, 1, 1).begin;
  const BlockRange sector = sector_of(block, 8);
  for (uint64_t number = sector.begin; number < sector.end; ++number) {
    CAPTURE(number);
    const bool has_space = std::ranges::any_of(stage.file().log(), [&](const LoggedCall& call) {
      return call.call == FileCall::kAllocate && call.bytes.begin <= number * 512 &&
             (number + 1) * 512 <= call.bytes.end;
    });
    CHECK(has_space == all_zero(stage.image().block(number)));
  }
}

TEST_CASE("if the groups share a sector, the directory is synced before them") {
  Stage stage({512, 700, kAllModules});
  const auto volume = open_volume(stage.file());
  const BlockRange run = commit_data(*volume, 3, 1);
  static_cast<void>(stage.take_log());
  // The bitmap is in the directory's sector.
  must(volume->close());
  CHECK(stage.take_log() == Log{"write home", "sync", "write primary", "sync", "write mirror",
                                "sync", "write header", "write last", "sync"});
  commit_change(*volume, run, 2);
  static_cast<void>(stage.take_log());
  must(volume->close());
  CHECK(stage.take_log() == kCheckpoint);
}

TEST_CASE(
    "a group that shares its sector is copied over the other one after it is in the journal") {
  Stage stage({512, 700, kAllModules});
  stage.image().flip(kMirrorGroup, 100);
  static_cast<void>(must(try_open_journal(stage.file())));
  CHECK(stage.take_log() ==
        Log{"write last", "sync", "write mirror", "sync", "write last", "sync"});
}
