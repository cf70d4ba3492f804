// Changes of an image: one at a time, atomic, visible only to readers that are opened later.
#include <doctest/doctest.h>

#include "image_look.h"
#include "support/check_clean.h"
#include "support/files/failing_file.h"
#include "support/image_state.h"

using namespace vde;
using namespace vde::test;

TEST_CASE("a reader that is opened after a commit sees it, in the journal or not") {
  for (const bool checkpoint : {true, false}) {
    CAPTURE(checkpoint);
    ImageBuilder builder;
    Image image = opened(builder.file());
    for (int64_t inode = 1; inode <= 3; ++inode) {
      Change change = must(image.begin());
      CHECK(must(change.tags().set(tag_of(inode))));
      CHECK(tag_count(image) == static_cast<uint64_t>(inode - 1));
      must(change.commit({.checkpoint = checkpoint}));
      CHECK(tag_count(image) == static_cast<uint64_t>(inode));
    }
    CHECK(open_tags(builder.file())->entry_count() == 3);
    must(image.checkpoint());
    CHECK(tag_count(image) == 3);
    check_clean(builder.file());
  }
}

TEST_CASE("an image allows one change at a time") {
  ImageBuilder builder;
  Image image = opened(builder.file());
  const uint64_t size = image.size();
  {
    Change change = must(image.begin());
    CHECK(code_of(image.begin()) == ErrorCode::kChangeOpen);
    CHECK(code_of(image.resize(size * 2)) == ErrorCode::kChangeOpen);
    must(change.set_label("first"));
    CHECK(code_of(image.begin()) == ErrorCode::kChangeOpen);
    CHECK(code_of(image.resize(size * 2)) == ErrorCode::kChangeOpen);
  }
  Change second = must(image.begin());
  must(second.set_label("second"));
  must(second.commit());
  CHECK(image.label() == "second");
  // The change has ended, although the object still exists.
  CHECK(code_of(second.set_label("more")) == ErrorCode::kUsage);
  CHECK(code_of(second.commit()) == ErrorCode::kUsage);
  const Resized resized = must(image.resize(size * 2));
  CHECK(resized.old_size == size);
  CHECK(image.size() == size * 2);
  CHECK(must(image.begin()).set_label("third").has_value());
  CHECK(image.label() == "second");
}

TEST_CASE("a reader reports that the image was changed since it was opened") {
  for (const bool checkpoint : {true, false}) {
    CAPTURE(checkpoint);
    ImageBuilder builder;
    Image image = opened(builder.file());
    TagReader tags = must(image.tags());
    SnapshotReader snapshots = must(image.snapshots());
    ModuleReader modules = must(image.modules());
    const auto any = [](const auto&) { return true; };
    Change change = must(image.begin());
    stage_all(change);
    CHECK(must(tags.find({}, any)) == 0);
    must(snapshots.list(any));
    must(modules.list(any));
    must(change.commit({.checkpoint = checkpoint}));
    Activity activity;
    CHECK(code_of(tags.find({}, any)) == ErrorCode::kChangedSince);
    CHECK(code_of(tags.get("key", std::nullopt, any)) == ErrorCode::kChangedSince);
    CHECK(code_of(tags.stats(activity)) == ErrorCode::kChangedSince);
    CHECK(code_of(snapshots.list(any)) == ErrorCode::kChangedSince);
    CHECK(code_of(snapshots.find("@latest")) == ErrorCode::kChangedSince);
    CHECK(code_of(modules.list(any)) == ErrorCode::kChangedSince);
    CHECK(code_of(modules.find("00000000")) == ErrorCode::kChangedSince);
    CHECK(tag_count(image) == 1);
  }
}

TEST_CASE("all of a change is one commit") {
  ImageBuilder builder;
  const int64_t sequence = superblock_of(builder.file()).checkpoint_sequence;
  {
    Image image = opened(builder.file());
    Change change = must(image.begin());
    stage_all(change);
    must(change.set_label("all of it"));
    must(change.commit());
  }
  CHECK(superblock_of(builder.file()).checkpoint_sequence == sequence + 1);
  const Image image = must(open_to_read(builder.file()));
  CHECK(tag_count(image) == 1);
  CHECK(snapshot_count(image) == 1);
  CHECK(modules_in(builder.file()).size() == 1);
  CHECK(image.label() == "all of it");
  check_clean(builder.file());
}

TEST_CASE("a change that is dropped leaves nothing") {
  ImageBuilder builder;
  const std::vector<uint8_t> before = builder.bytes();
  const uint64_t state = *state_digest(builder.file());
  Image image = opened(builder.file());
  {
    Change change = must(image.begin());
    must(change.tags().set(tag_of(1)));
    must(change.snapshots().create({.label = "one"}));
    must(change.set_label("dropped"));
  }
  CHECK(builder.bytes() == before);
  {
    Change change = must(image.begin());
    stage_all(change);
  }
  // The bytes of a module are written directly to free blocks.
  const auto data = static_cast<ptrdiff_t>(builder.start("DATA") * builder.block_size());
  CHECK(std::equal(before.begin(), before.begin() + data, builder.bytes().begin()));
  CHECK(state_digest(builder.file()) == state);
  CHECK(tag_count(image) == 0);
  CHECK(snapshot_count(image) == 0);
  CHECK(image.label() == "damage");
  Change change = must(image.begin());
  stage_all(change);
  must(change.commit());
  CHECK(tag_count(image) == 1);
  check_clean(builder.file());
}

TEST_CASE("a staging call that fails half-way ends the change") {
  ImageBuilder builder;
  const uint64_t state = *state_digest(builder.file());
  FailingFile file(builder.file());
  Image image = opened(file);
  {
    Change change = must(image.begin());
    must(change.tags().set(tag_of(1)));
    ModuleFile large = module_of_size(2 * builder.bytes().size());
    Activity activity;
    CHECK(code_of(change.modules().add(large, activity)) == ErrorCode::kNoSpace);
    CHECK(code_of(change.tags().set(tag_of(2))) == ErrorCode::kUsage);
    CHECK(code_of(change.commit()) == ErrorCode::kUsage);
  }
  // While the table is opened for changes, and while a reference is looked up.
  for (const auto& parent : {std::optional<std::string>(), std::optional<std::string>("@latest")}) {
    Change change = must(image.begin());
    must(change.tags().set(tag_of(1)));
    file.arm(Failure{FileCall::kRead, 1, true, ErrorCode::kIo, false});
    CHECK(code_of(change.snapshots().create({.parent = parent})) == ErrorCode::kIo);
    file.arm(std::nullopt);
    CHECK(code_of(change.commit()) == ErrorCode::kUsage);
    // Another change can begin.
    must(must(image.begin()).set_label("another"));
  }
  CHECK(tag_count(image) == 0);
  CHECK(snapshot_count(image) == 0);
  CHECK(state_digest(builder.file()) == state);
}

TEST_CASE("a refused call stages nothing, and the change continues") {
  ImageBuilder builder;
  Image image = opened(builder.file());
  Change change = must(image.begin());
  const Snapshot made = must(change.snapshots().create({.label = "one"}));
  ModuleFile module = module_of_size(300);
  Activity activity;
  must(change.modules().add(module, activity));
  const std::string nobody[] = {"ffffffff"};
  CHECK(code_of(change.tags().set({std::string(256, 'k'), "", 1, 0})) == ErrorCode::kUsage);
  CHECK(code_of(change.set_label(std::string(65, 'l'))) == ErrorCode::kUsage);
  CHECK(code_of(change.snapshots().create({.parent = "nobody"})) == ErrorCode::kNotFound);
  CHECK(code_of(change.snapshots().create({.id = made.id})) == ErrorCode::kExists);
  CHECK(code_of(change.snapshots().undelete("one")) == ErrorCode::kUnchanged);
  CHECK(code_of(change.snapshots().remove(nobody)) == ErrorCode::kNotFound);
  CHECK(code_of(change.modules().remove(nobody)) == ErrorCode::kNotFound);
  CHECK(code_of(change.modules().add(module, activity)) == ErrorCode::kUnchanged);
  must(change.tags().set(tag_of(1)));
  must(change.commit());
  CHECK(tag_count(image) == 1);
  CHECK(snapshot_count(image) == 1);
  CHECK(modules_in(builder.file()).size() == 1);
  CHECK(image.label() == "damage");
}

TEST_CASE("a change can refer to what it created") {
  ImageBuilder builder;
  Image image = opened(builder.file());
  Change change = must(image.begin());
  const Snapshot parent = must(change.snapshots().create({.label = "parent"}));
  const Snapshot child = must(change.snapshots().create({.label = "child", .parent = "parent"}));
  CHECK(child.parent == parent.id);
  const std::string refs[] = {"parent"};
  CHECK(must(change.snapshots().remove(refs)).front().id == parent.id);
  ModuleFile module = module_of_size(300);
  Activity activity;
  const std::string id[] = {to_string(must(change.modules().add(module, activity)).id)};
  CHECK(must(change.modules().remove(id)).size() == 1);
  must(change.commit());
  CHECK(snapshot_count(image) == 2);
  CHECK(must(must(image.snapshots()).find(to_string(parent.id))).is_deleted());
  CHECK(modules_in(builder.file()).empty());
  check_clean(builder.file());
}
