// The order in which blocks are written and synced, as the rules of journal.h demand it.
#include <doctest/doctest.h>

#include "journal/journal.h"
#include "support/files/failing_file.h"
#include "support/image_builder.h"
#include "support/session.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;

namespace {

using Story = std::vector<std::string>;

// An image, and what was done to its file, in words.
class Stage {
 public:
  explicit Stage(const ImageShape& shape = {512, 700, kAllModules})
      : image_(shape), file_(image_.file()), block_size_(image_.block_size()) {
    const RegionSlot slot = image_.slots()[image_.slot_of("MWAL")];
    journal_ = {static_cast<uint64_t>(slot.start), static_cast<uint64_t>(slot.start + slot.count)};
  }

  [[nodiscard]] ImageBuilder& image() { return image_; }
  [[nodiscard]] FailingFile& file() { return file_; }

  // What was done since the last call; the same words in a row are one.
  [[nodiscard]] Story told() {
    Story story;
    for (const LoggedCall& call : file_.log()) {
      std::string words(to_string(call.call));
      if (call.call != FileCall::kSync && call.call != FileCall::kResize)
        words += " " + place_of(call);
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
    if (blocks == BlockRange{journal_.end - 1, journal_.end}) return "last";
    if (journal_.contains(blocks.begin)) return "record";
    return blocks.begin >= 8 ? "home" : "somewhere odd";
  }

  ImageBuilder image_;
  FailingFile file_;
  uint32_t block_size_;
  BlockRange journal_;
};

const Story kCheckpoint = {"write home", "write primary", "sync",       "write mirror",
                           "sync",       "write header",  "write last", "sync"};

Story operator+(Story left, const Story& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

}  // namespace

TEST_CASE("opening a clean image, looking, and closing it writes nothing") {
  Stage stage;
  const auto volume = open_volume(stage.file());
  Transaction transaction = must(volume->begin());
  must(volume->close());
  CHECK(stage.told() == Story{});
}

TEST_CASE("the first commit takes the room, marks the journal and writes its record: one sync") {
  Stage stage;
  const auto volume = open_volume(stage.file());
  const BlockRange run = commit_data(*volume, 3, 1);
  CHECK(stage.told() == Story{"allocate journal", "allocate groups", "allocate home", "write last",
                              "write record", "sync"});
  SUBCASE("further ones write a record each") {
    commit_change(*volume, run, 2);
    CHECK(stage.told() == Story{"write record", "sync"});
    commit_data(*volume, 1, 3);
    CHECK(stage.told() == Story{"allocate home", "write record", "sync"});
  }
  SUBCASE("a checkpoint is home and primary, mirror, header, each synced before the next") {
    must(volume->close());
    CHECK(stage.told() == kCheckpoint);
    must(volume->close());
    CHECK(stage.told() == Story{});
    commit_change(*volume, run, 2);
    CHECK(stage.told() == Story{"write last", "write record", "sync"});
  }
}

TEST_CASE("a commit that changes the superblock alone takes no block home") {
  Stage stage;
  must(set_label(stage.file(), "new", kSomeOptions));
  Story checkpoint = kCheckpoint;
  checkpoint.erase(checkpoint.begin());
  CHECK(stage.told() ==
        Story{"allocate journal", "allocate groups", "write last", "write record", "sync"} +
            checkpoint);
}

TEST_CASE("what is written straight home is synced before the first byte of the record") {
  Stage stage;
  const auto volume = open_volume(stage.file());
  commit_data(*volume, 1, 1);
  static_cast<void>(stage.told());
  Transaction transaction = must(volume->begin());
  const BlockRange run = must(volume->allocator().allocate(transaction, 4));
  BlockBuffer blocks(2 * 512, 7);
  must(transaction.write_direct(run.begin, block_types::kData, blocks));
  must(transaction.wipe_direct({run.begin + 2, run.end}));
  must(volume->commit(transaction));
  CHECK(stage.told() == Story{"write home", "zero home", "sync", "write record", "sync"});
}

TEST_CASE("what a dropped transaction wrote straight home is synced before the next record") {
  Stage stage;
  const auto volume = open_volume(stage.file());
  BlockRange run;
  {
    Transaction dropped = must(volume->begin());
    run = must(volume->allocator().allocate(dropped, 1));
    BlockBuffer block(512, 7);
    must(dropped.write_direct(run.begin, block_types::kData, block));
  }
  CHECK(stage.told() == Story{"write home"});
  // The next image replaces what was written there, and must not find something older.
  Transaction transaction = must(volume->begin());
  REQUIRE(must(volume->allocator().allocate(transaction, 1, run.begin)) == run);
  fill_block(transaction, run.begin, 1);
  must(volume->commit(transaction));
  CHECK(stage.told() ==
        Story{"allocate journal", "allocate groups", "sync", "write last", "write record", "sync"});
}

TEST_CASE("images outside of the journal are synced before the record that lists them") {
  Stage stage;
  const auto volume = open_volume(stage.file());
  commit_data(*volume, 70, 1);
  CHECK(stage.told() == Story{"write home", "allocate journal", "allocate groups", "allocate home",
                              "sync", "write last", "write record", "sync"});
}

TEST_CASE("a full journal is emptied before the record that does not fit") {
  Stage stage({4096, 256, kAllModules});
  const auto volume = open_volume(stage.file());
  const BlockRange run = commit_data(*volume, 3, 1);
  // Records take 5, then 4 of 62 blocks.
  for (uint8_t i = 0; i < 14; ++i) commit_change(*volume, run, i);
  static_cast<void>(stage.told());
  commit_change(*volume, run, 77);
  CHECK(stage.told() == kCheckpoint + Story{"write last", "write record", "sync"});
  CHECK(volume->journal().live_records() == 1);
}

TEST_CASE("recovery goes the way of a checkpoint, and a second one finds nothing to do") {
  Stage stage;
  {
    const auto volume = open_volume(stage.file());
    commit_change(*volume, commit_data(*volume, 3, 1), 2);
  }
  static_cast<void>(stage.told());
  const uint64_t before = stage.file().count(FileCall::kSync);
  CHECK(before == 0);
  static_cast<void>(must(try_open_journal(stage.file())));
  CHECK(stage.told() == kCheckpoint);
  static_cast<void>(must(try_open_journal(stage.file())));
  CHECK(stage.told() == Story{});
}

TEST_CASE("a journal without the mark gets it, synced, before any record, and not for nothing") {
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

TEST_CASE("growing makes the file longer first, shrinking zeroes first and cuts last") {
  Stage stage({512, 300, kAllModules});
  must(resize_volume(stage.file(), 400 * 512, kSomeOptions));
  Story checkpoint = kCheckpoint;
  CHECK(stage.told() == Story{"resize", "sync", "allocate journal", "allocate groups", "write last",
                              "write record", "sync"} +
                            checkpoint);
  must(resize_volume(stage.file(), 300 * 512, kSomeOptions));
  CHECK(stage.told() == Story{"zero home", "allocate journal", "allocate groups", "sync",
                              "write last", "write record", "sync"} +
                            checkpoint + Story{"resize", "sync"});
}

TEST_CASE("blocks of several pages get their room even where they were written before") {
  Stage stage({8192, 256, "none"});
  const auto volume = open_volume(stage.file());
  const BlockRange run = commit_data(*volume, 1, 1);
  static_cast<void>(stage.told());
  // A sparse copy may have made holes of pages of zeros in between.
  commit_change(*volume, run, 2);
  CHECK(stage.told() == Story{"allocate home", "write record", "sync"});
}
