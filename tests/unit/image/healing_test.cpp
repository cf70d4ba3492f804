// A superblock group that no crash damaged: put in order by the first change, with an undo file.
#include <doctest/doctest.h>

#include "image/volume.h"
#include "io/undo_file.h"
#include "support/files/borrowed_file.h"
#include "support/files/failing_file.h"
#include "support/image_builder.h"
#include "support/memory_undo.h"
#include "support/session.h"
#include "support/temporary_folder.h"
#include "support/verify_list.h"
#include "vde/repair.h"

using namespace vde;
using namespace vde::test;

namespace {

// Lets several owners keep one undo file.
class SharedUndo : public UndoTarget {
 public:
  SharedUndo(std::shared_ptr<MemoryUndo> undo, Result<void> outcome)
      : undo_(std::move(undo)), outcome_(std::move(outcome)) {}
  BlockFile& file() override { return undo_->file(); }
  Result<void> publish() override {
    VDE_TRY(outcome_);
    return undo_->publish();
  }

 private:
  std::shared_ptr<MemoryUndo> undo_;
  Result<void> outcome_;
};

// Opens an image for changes, and keeps what it says about its groups.
struct Healing {
  explicit Healing(Result<void> published = {}) {
    options.mode = OpenMode::kReadWrite;
    options.clock = clock_of(kSomeOptions);
    options.undo = [this, published]() -> Result<UndoFile> {
      ++asked;
      return UndoFile{"the undo file", std::make_unique<SharedUndo>(undo, published)};
    };
    options.healed = [this](const HealedGroup& group) { healed.push_back(group); };
  }
  // Stages a change, and commits it unless `drop`.
  Result<void> change(BlockFile& file, bool drop = false) {
    VDE_TRY_ASSIGN(image, Image::open(std::make_unique<BorrowedFile>(file), options));
    VDE_TRY_ASSIGN(change, image.begin());
    VDE_TRY(change.set_label("changed"));
    return drop ? Result<void>{} : change.commit();
  }
  // Puts the group in order, and commits nothing.
  Result<void> put_in_order(BlockFile& file) {
    VDE_TRY_ASSIGN(probe, probe_to_judge(file));
    VDE_TRY_ASSIGN(plan, plan_recovery(BlockIo(file, probe.block_size), probe));
    VDE_TRY_ASSIGN(volume, Volume::open(file, probe, plan,
                                        {false, options.clock, options.undo, options.healed}));
    return volume->release();
  }

  OpenOptions options;
  std::shared_ptr<MemoryUndo> undo = std::make_shared<MemoryUndo>();
  std::vector<HealedGroup> healed;
  int asked = 0;
};

uint64_t tags_of(const Image& image) {
  Activity activity;
  return must(must(image.tags()).stats(activity)).entries;
}

// Neither the bytes nor anything else may have changed.
void check_refused(Healing& healing, ImageBuilder& image, ErrorCode code, const std::string& why) {
  const std::vector<uint8_t> before = image.bytes();
  const Result<void> refused = healing.change(image.file());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == code);
  CHECK_MESSAGE(refused.error().message.find(why) != std::string::npos, refused.error().message);
  CHECK(healing.healed.empty());
  CHECK_FALSE(healing.undo->published);
  CHECK(image.bytes() == before);
}

// The image with a commit that waits, and a damaged mirror group that the commit does not explain.
std::vector<uint8_t> waiting_and_damaged() {
  ImageBuilder image;
  {
    const auto volume = open_volume(image.file());
    commit_data(*volume, 3, 7);
  }
  image.flip(6, 100);
  return image.bytes();
}

}  // namespace

TEST_CASE("a damaged group is replaced, reported, and its blocks are kept") {
  for (const uint64_t block : {1u, 5u}) {
    CAPTURE(block);
    ImageBuilder image;
    image.flip(block, 100);
    const std::vector<uint8_t> damaged = image.bytes();
    Healing healing;
    must(healing.change(image.file()));
    REQUIRE(healing.healed.size() == 1);
    const uint64_t group = block / kGroupBlocks * kGroupBlocks;
    CHECK(healing.healed[0].blocks == BlockRange{group, group + kGroupBlocks});
    CHECK(healing.healed[0].was_damaged);
    CHECK(healing.healed[0].undo_file == "the undo file");
    CHECK_FALSE(verified(image.file()).complains());
    // The label came later, so the undo file reverts nothing any more; but it has the old blocks.
    CHECK(undo_repair(image.file(), healing.undo->file(), nullptr).error().code ==
          ErrorCode::kChangedSince);
    const UndoContent content = must(read_undo(healing.undo->file()));
    CHECK(content.state == UndoState::kDone);
    must(each_old_piece(healing.undo->file(), content, [&](uint64_t at, Bytes bytes) {
      CHECK(std::ranges::equal(bytes, Bytes(damaged).subspan(at, bytes.size())));
      return Result<void>{};
    }));
    CHECK(content.ranges.front().begin <= block * 4096);
    CHECK(content.ranges.back().end >= (block + 1) * 4096);
  }
}

TEST_CASE("undo restores the exact bytes as long as nothing else was changed") {
  ImageBuilder image;
  image.flip(2, 100);
  const std::vector<uint8_t> damaged = image.bytes();
  Healing healing;
  must(healing.put_in_order(image.file()));
  CHECK(image.bytes() != damaged);
  must(undo_repair(image.file(), healing.undo->file(), nullptr));
  CHECK(image.bytes() == damaged);
}

TEST_CASE("undo also reverts the recovery of commits that were waiting") {
  ImageBuilder image(waiting_and_damaged(), 4096);
  Healing healing;
  must(healing.put_in_order(image.file()));
  CHECK(healing.healed.size() == 1);
  CHECK_FALSE(verified(image.file()).complains());
  must(undo_repair(image.file(), healing.undo->file(), nullptr));
  CHECK(image.bytes() == waiting_and_damaged());
  CHECK(must(plan_recovery(BlockIo(image.file(), 4096), must(probe_to_judge(image.file()))))
            .records == 1);
}

TEST_CASE("an undo file whose state was not updated reverts no later commit") {
  ImageBuilder image(waiting_and_damaged(), 4096);
  Healing healing;
  must(healing.put_in_order(image.file()));
  // As after a crash right before that.
  BlockFile& undo = healing.undo->file();
  must(set_undo_state(undo, must(read_undo(undo)).header, UndoState::kUnderWay));
  {
    const auto volume = open_volume(image.file());
    commit_data(*volume, 1, 9);
  }
  const std::vector<uint8_t> before = image.bytes();
  CHECK(undo_repair(image.file(), undo, nullptr).error().code == ErrorCode::kChangedSince);
  CHECK(image.bytes() == before);
}

TEST_CASE("undo is refused while a later commit waits in the journal") {
  ImageBuilder image;
  image.flip(2, 100);
  Healing healing;
  must(healing.put_in_order(image.file()));
  {
    const auto volume = open_volume(image.file());
    commit_data(*volume, 1, 9);
  }
  const std::vector<uint8_t> before = image.bytes();
  CHECK(undo_repair(image.file(), healing.undo->file(), nullptr).error().code ==
        ErrorCode::kChangedSince);
  CHECK(image.bytes() == before);
}

TEST_CASE("a change that is dropped leaves the damage as it is") {
  for (const auto& damaged : {ImageBuilder().flip(2, 100).bytes(), waiting_and_damaged()}) {
    ImageBuilder image(damaged, 4096);
    Healing healing;
    must(healing.change(image.file(), true));
    CHECK(image.bytes() == damaged);
    CHECK(healing.asked == 0);
    CHECK(healing.healed.empty());
    must(healing.change(image.file()));
    CHECK(healing.healed.size() == 1);
    CHECK_FALSE(verified(image.file()).complains());
  }
}

TEST_CASE("readers show the last commit while the damage is left, and after it is put in order") {
  ImageBuilder built(waiting_and_damaged(), 4096);
  Healing healing;
  Image image = must(Image::open(std::make_unique<BorrowedFile>(built.file()), healing.options));
  const std::string label = image.label();
  {
    Change dropped = must(image.begin());
    must(dropped.tags().set({"key", "value", 7}));
    CHECK(tags_of(image) == 0);
  }
  CHECK(healing.healed.empty());
  CHECK(image.label() == label);
  Change change = must(image.begin());
  must(change.tags().set({"key", "value", 7}));
  must(change.commit());
  CHECK(healing.healed.size() == 1);
  CHECK(tags_of(image) == 1);
}

TEST_CASE("an import puts a group in order when it writes, also if it is dropped") {
  ImageBuilder built(waiting_and_damaged(), 4096);
  Healing healing;
  Image image = must(Image::open(std::make_unique<BorrowedFile>(built.file()), healing.options));
  TagBatch batch((TagBatchOptions()));
  must(batch.add(TagView{"key", "value", 7, 0}, 1));
  {
    Activity activity;
    Change dropped = must(image.begin());
    must(dropped.tags().import(batch, {}, activity));
  }
  CHECK(healing.healed.size() == 1);
  CHECK(tags_of(image) == 0);
  CHECK_FALSE(verified(built.file()).complains());
}

TEST_CASE("a group that a crash explains is put in order silently") {
  ImageBuilder image;
  {
    const auto volume = open_volume(image.file());
    commit_data(*volume, 3, 7);
  }
  image.flip(2, 100);
  Healing healing;
  must(healing.change(image.file()));
  CHECK(healing.asked == 0);
  CHECK(healing.healed.empty());
  CHECK_FALSE(verified(image.file()).complains());
}

TEST_CASE("without an undo file the change is refused, and nothing is written") {
  ImageBuilder image;
  image.flip(5, 100);
  Healing no_place;
  no_place.options.undo = nullptr;
  check_refused(no_place, image, ErrorCode::kUnsupported, "blocks 4 to 7 is damaged");
  Healing full(fail(ErrorCode::kNoSpace, "no space left"));
  check_refused(full, image, ErrorCode::kIo, "no space left");
  Healing none;
  none.options.undo = []() -> Result<UndoFile> { return fail(ErrorCode::kExists, "all exist"); };
  check_refused(none, image, ErrorCode::kIo, "all exist");
  ImageBuilder waiting(waiting_and_damaged(), 4096);
  check_refused(full, waiting, ErrorCode::kIo, "no space left");
}

TEST_CASE("damage that a writer refuses anyway makes no undo file") {
  ImageBuilder image;
  image.flip(5, 100).flip(8, 102);
  Healing healing;
  check_refused(healing, image, ErrorCode::kDamaged, "directory");
  CHECK(healing.asked == 0);
}

TEST_CASE("after any failing call the undo file brings back the exact bytes") {
  for (const auto& start : {waiting_and_damaged(), ImageBuilder().flip(5, 100).bytes()})
    for (const FileCall call : {FileCall::kRead, FileCall::kWrite, FileCall::kSync})
      for (uint64_t nth = 1;; nth += call == FileCall::kRead ? 7 : 1) {
        MemoryFile memory(start);
        FailingFile file(memory, Failure{call, nth, true, ErrorCode::kIo, false});
        Healing healing;
        const Result<void> done = healing.put_in_order(file);
        if (file.failures() == 0) break;
        CAPTURE(nth);
        if (call != FileCall::kRead) CHECK_FALSE(done.has_value());
        CHECK(file.changes_after_failed_sync() == 0);
        if (healing.undo->published) {
          const auto undone = undo_repair(memory, healing.undo->file(), nullptr);
          if (!undone) CHECK(undone.error().code == ErrorCode::kUnchanged);
        }
        CHECK(memory.bytes() == start);
      }
}

TEST_CASE("an image that is opened by its path gets the undo file of a repair") {
  const TemporaryFolder folder;
  const std::string path = folder / "image";
  write_file(path, ImageBuilder().flip(5, 100).bytes());
  write_file(path + ".undo", "another");
  std::string named;
  OpenOptions options;
  options.mode = OpenMode::kReadWrite;
  options.healed = [&](const HealedGroup& group) { named = group.undo_file; };
  Image image = must(Image::open(path, options));
  Change change = must(image.begin());
  must(change.set_label("changed"));
  CHECK(named.empty());
  must(change.commit());
  CHECK(named == path + ".undo.1");
  CHECK(read_file(named).size() > 4 * 4096);
}
