// Another program, which does not know vdetool's journal, changes an image between a crash and the
// recovery: its state must neither be mixed with the live commits nor be overwritten.
#include <fmt/format.h>

#include <doctest/doctest.h>

#include "crash/foreign_image.h"
#include "crash/stage.h"
#include "support/one_change.h"

namespace vde::test {
namespace {

constexpr uint64_t kBlocks = 256;

// An image with three commits in its journal, and the blocks that they change.
struct Crashed {
  MemoryFile file;
  BlockRange data;  // blocks in use; every commit changed the first one
  uint64_t journal = 0;
  CommittedState state;  // after the last commit
};

std::unique_ptr<Crashed> crashed_image(uint32_t block_size) {
  auto crashed = std::make_unique<Crashed>();
  Stage stage("foreign writer", block_size, fresh_image(block_size, kBlocks));
  stage.open();
  Transaction one = stage.begin();
  crashed->data = stage.add_staged(one, 2);
  stage.commit(one);
  for (int i = 0; i < 2; ++i) {
    Transaction transaction = stage.begin();
    stage.set_label(transaction);
    stage.rewrite(transaction, crashed->data.begin);
    stage.commit(transaction);
  }
  crashed->state = must(committed_state(stage.volume().journal()));
  stage.crash();
  crashed->file.bytes() = stage.file().bytes();
  crashed->journal = ImageEditor(crashed->file).region(block_types::kMetadataWal).begin;
  return crashed;
}

// Readers and writers refuse the image for this reason, and do not change it.
void check_refused(MemoryFile& file, std::string_view reason) {
  const std::vector<uint8_t> before = file.bytes();
  const auto view = committed_view(file);
  REQUIRE_FALSE(view);
  CHECK(view.error().code == ErrorCode::kDamaged);
  CAPTURE(view.error().message);
  CHECK(view.error().message.find(reason) != std::string::npos);
  const auto volume = try_open_volume(file, {});
  REQUIRE_FALSE(volume);
  CHECK(volume.error().message == view.error().message);
  CHECK_FALSE(set_label(file, "mine", {}));
  CHECK_FALSE(resize_volume(file, 2 * file.bytes().size(), {}));
  CHECK(file.bytes() == before);
}

void change_label(ImageEditor& editor, uint64_t group, int64_t more) {
  editor.change_group(group, [&](Superblock& superblock) {
    superblock.checkpoint_sequence += more;
    superblock.label.bytes[0] = '!';
  });
}

}  // namespace

TEST_CASE("live commits are recovered if no other program interfered") {
  for (const uint32_t block_size : {512u, 4096u}) {
    const auto crashed = crashed_image(block_size);
    REQUIRE(try_open_volume(crashed->file, {}));
    CHECK(must(committed_digest(crashed->file)) == crashed->state.digest);
  }
}

TEST_CASE("a target block rewritten by another program is not overwritten") {
  for (const uint32_t block_size : {512u, 4096u}) {
    const auto crashed = crashed_image(block_size);
    ImageEditor editor(crashed->file);
    editor.payload(crashed->data.begin)[3] = 0x99;
    editor.rehash(crashed->data.begin, 2, block_types::kData);
    check_refused(crashed->file, "has neither its old nor its new content");
  }
}

TEST_CASE("the same payload with another generation also counts as another program's") {
  const auto crashed = crashed_image(512);
  ImageEditor editor(crashed->file);
  editor.rehash(editor.region(block_types::kBitmap).begin, 99);
  check_refused(crashed->file, "has neither its old nor its new content");
}

TEST_CASE("superblock groups with a new sequence are not overwritten") {
  for (const uint32_t block_size : {512u, 4096u})
    for (const int64_t more : {1, 3, 50}) {
      const auto crashed = crashed_image(block_size);
      ImageEditor editor(crashed->file);
      change_label(editor, kPrimaryGroup, more);
      change_label(editor, kMirrorGroup, more);
      check_refused(crashed->file, "the superblock is neither");
    }
}

TEST_CASE("one group changed by another program is enough") {
  for (const uint64_t group : {kPrimaryGroup, kMirrorGroup})
    for (const int64_t more : {0, 1}) {
      const auto crashed = crashed_image(512);
      ImageEditor editor(crashed->file);
      change_label(editor, group, more);
      check_refused(crashed->file, "the superblock is neither");
    }
}

TEST_CASE("a group with the same sequence but another payload in any of its blocks is detected") {
  for (uint64_t block = 0; block < kGroupBlocks; ++block) {
    const auto crashed = crashed_image(4096);
    ImageEditor editor(crashed->file);
    for (const uint64_t group : {kPrimaryGroup, kMirrorGroup}) {
      editor.payload(group + block)[4000] = 0x11;
      editor.rehash(group + block, 1);
    }
    check_refused(crashed->file, "the superblock is neither");
  }
}

TEST_CASE("a journal overwritten from its second block on, with a new header, is detected") {
  for (const bool clean : {false, true})
    for (const uint64_t bytes : {0u, 300u, 5000u}) {
      const auto crashed = crashed_image(512);
      ImageEditor editor(crashed->file);
      editor.overwrite_journal(bytes);
      editor.forget_journal(clean);
      check_refused(crashed->file, "another program wrote the journal's header");
    }
}

TEST_CASE("a superblock without trailers, as the SDK leaves it when it adds a module, is refused") {
  const auto crashed = crashed_image(512);
  ImageEditor editor(crashed->file);
  for (const uint64_t block : {0u, 1u, 4u}) {
    const MutableBytes bytes = MutableBytes(crashed->file.bytes()).subspan(block * 512, 512);
    std::fill(bytes.end() - kTrailerSize, bytes.end(), uint8_t{0});
  }
  check_refused(crashed->file, "no superblock group is intact");
}

TEST_CASE("an intact record after a damaged one is not dropped") {
  for (const uint32_t block_size : {512u, 4096u})
    for (const uint32_t index : {1u, 2u}) {
      const auto crashed = crashed_image(block_size);
      for (uint64_t block = crashed->journal; block < crashed->journal + 64; ++block) {
        const MutableBytes bytes =
            MutableBytes(crashed->file.bytes()).subspan(block * block_size, block_size);
        const RecordHead head = kRecordHeadLayout.decode(bytes);
        if (head.mark == RecordHead{}.mark && head.index == index) bytes[20] ^= 1;
      }
      check_refused(crashed->file, fmt::format("but the later record {} is intact", index + 1));
    }
}

TEST_CASE("an after-image in a free block is missed if another program overwrites the block") {
  Stage stage("foreign writer", 512, fresh_image(512, 400));
  stage.open();
  Transaction large = stage.begin();
  const BlockRange own = stage.add_staged(large, 66);
  stage.commit(large);
  const uint64_t place = stage.volume().journal().pinned().begin()->first;
  CHECK(place >= own.end);
  stage.crash();
  MemoryFile file(stage.file().bytes());
  ImageEditor editor(file);
  editor.payload(place)[0] ^= 1;
  editor.rehash(place, 7, block_types::kData);
  check_refused(file, "which holds a part of it, was overwritten");
}

TEST_CASE("after a clean end of the session other programs may write") {
  Stage stage("foreign writer", 512, fresh_image(512, kBlocks));
  stage.open();
  Transaction one = stage.begin();
  stage.set_label(one);
  stage.commit(one);
  stage.close();
  MemoryFile file(stage.file().bytes());
  ImageEditor editor(file);
  change_label(editor, kPrimaryGroup, 1);
  change_label(editor, kMirrorGroup, 1);
  editor.forget_journal(true);
  editor.overwrite_journal(700);
  REQUIRE(set_label(file, "mine again", {}));
  CHECK(must(read_label(file)) == "mine again");
}

}  // namespace vde::test
