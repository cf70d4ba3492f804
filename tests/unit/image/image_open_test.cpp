// The conditions for opening an image, and that opening has no side effects.
#include <doctest/doctest.h>

#include "image_look.h"
#include "support/files/borrowed_file.h"
#include "support/files/failing_file.h"
#include "support/image_state.h"
#include "support/temporary_folder.h"

using namespace vde;
using namespace vde::test;

TEST_CASE("a refused change does not recover the journal") {
  ImageBuilder builder;
  leave_open(builder);
  const std::vector<uint8_t> before = builder.bytes();
  const uint64_t state = *state_digest(builder.file());
  {
    Image image = opened(builder.file());
    CHECK(code_of(image.resize(image.size())) == ErrorCode::kUnchanged);
    CHECK(code_of(image.resize(1)) == ErrorCode::kUsage);
    Change change = must(image.begin());
    const std::string nobody[] = {"ffffffff"};
    CHECK(code_of(change.snapshots().create({.parent = "nobody"})) == ErrorCode::kNotFound);
    CHECK(code_of(change.snapshots().remove(nobody)) == ErrorCode::kNotFound);
    CHECK(code_of(change.snapshots().undelete("nobody")) == ErrorCode::kNotFound);
    CHECK(code_of(change.modules().remove(nobody)) == ErrorCode::kNotFound);
    CHECK(code_of(change.set_label(std::string(65, 'l'))) == ErrorCode::kUsage);
    CHECK(code_of(change.snapshots().create({.label = std::string(65, 'l')})) == ErrorCode::kUsage);
    CHECK(code_of(change.tags().set({std::string(256, 'k'), "", 1, 0})) == ErrorCode::kUsage);
  }
  CHECK(builder.bytes() == before);
  Image image = opened(builder.file());
  CHECK(tag_count(image) == 0);
  CHECK(builder.bytes() == before);
  must(must(image.begin()).set_label("not committed"));
  CHECK(builder.bytes() != before);
  CHECK(state_digest(builder.file()) == state);
}

TEST_CASE("an image that is open for reading is not changed") {
  ImageBuilder builder;
  leave_open(builder);
  const std::vector<uint8_t> before = builder.bytes();
  Image image = must(open_to_read(builder.file()));
  CHECK(code_of(image.begin()) == ErrorCode::kUsage);
  CHECK(code_of(image.resize(image.size() * 2)) == ErrorCode::kUsage);
  static_cast<void>(image.checkpoint());
  CHECK(tag_count(image) == 0);
  CHECK(builder.bytes() == before);
}

TEST_CASE("no command reads more of an intact image than it needs") {
  ImageBuilder builder;
  {
    Image image = opened(builder.file());
    Change change = must(image.begin());
    for (int64_t i = 0; i < 300; ++i)
      must(change.tags().set({"key" + std::to_string(i), "value", i, 0}));
    for (int i = 0; i < 20; ++i) must(change.snapshots().create({}));
    must(change.commit());
  }
  FailingFile file(builder.file());
  {
    const auto reader = must(try_open_tags(file));
    CHECK(must(reader->get("key77", 77, [](const TagView&) { return true; })) == 1);
  }
  const uint64_t get = file.count(FileCall::kRead);
  file.arm(std::nullopt);
  {
    const auto writer = must(TagWriter::open(file, kSomeOptions));
    must(writer->set({"key77", "another", 77, 0}));
    must(writer->commit());
    must(writer->close());
  }
  const uint64_t set = file.count(FileCall::kRead);
  file.arm(std::nullopt);
  must(create_snapshot(file, {}, kSomeOptions));
  const uint64_t create = file.count(FileCall::kRead);
  MESSAGE("reads: ", get, " for a tag, ", set, " for a change of one, ", create, " for a snapshot");
  CHECK(get <= 20);
  CHECK(set <= 30);
  CHECK(create <= 30);
}

TEST_CASE("the clock is read at each commit") {
  ImageBuilder builder;
  int64_t second = 0;
  OpenOptions options;
  options.mode = OpenMode::kReadWrite;
  options.clock = [&]() -> Result<Ticks> { return from_unix_seconds(1'800'000'000 + ++second); };
  Image image = must(Image::open(std::make_unique<BorrowedFile>(builder.file()), options));
  Ticks last = superblock_of(builder.file()).modified;
  for (int i = 0; i < 2; ++i) {
    Change change = must(image.begin());
    must(change.set_label(std::to_string(i)));
    must(change.commit());
    const Ticks modified = superblock_of(builder.file()).modified;
    CHECK(modified > last);
    last = modified;
  }
  Change change = must(image.begin());
  const Snapshot one = must(change.snapshots().create({}));
  CHECK(one.created > last);
  CHECK(must(change.snapshots().create({})).created > one.created);
}

TEST_CASE("a clock that fails keeps a change from being committed") {
  ImageBuilder builder;
  const std::vector<uint8_t> before = builder.bytes();
  OpenOptions options;
  options.mode = OpenMode::kReadWrite;
  options.clock = []() -> Result<Ticks> { return fail(ErrorCode::kUsage, "no time"); };
  Image image = must(Image::open(std::make_unique<BorrowedFile>(builder.file()), options));
  Change change = must(image.begin());
  must(change.set_label("never"));
  CHECK(code_of(change.commit()) == ErrorCode::kUsage);
  CHECK(image.label() == "damage");
  CHECK(builder.bytes() == before);
}

TEST_CASE("an image is locked while it is open, and can be moved") {
  const TemporaryFolder folder;
  const std::string path = folder / "image";
  write_file(path, ImageBuilder().bytes());
  OpenOptions to_change;
  to_change.mode = OpenMode::kReadWrite;
  {
    Image first = must(Image::open(path));
    CHECK(Image::open(path).has_value());
    CHECK(code_of(Image::open(path, to_change)) == ErrorCode::kInUse);
    std::optional<TagReader> tags(must(first.tags()));
    const Image moved = std::move(first);
    CHECK(must(tags->find({}, [](const TagView&) { return true; })) == 0);
    CHECK(moved.block_size() == 4096);
    tags.reset();
  }
  const auto writer = Image::open(path, to_change);
  CHECK(writer.has_value());
  CHECK(code_of(Image::open(path)) == ErrorCode::kInUse);
  CHECK(code_of(Image::open(folder / "missing")) == ErrorCode::kIo);
}
