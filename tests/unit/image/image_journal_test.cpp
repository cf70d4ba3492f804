// Images with live records in the journal, while readers are open and other changes begin. The
// commits are larger than the journal: after-images lie in free blocks, which the next change may
// allocate.
#include "image_look.h"
#include "journal/committed_view.h"
#include "support/check_clean.h"

namespace vde::test {
namespace {

constexpr int kTags = 4000;

void fill_tags(Image& image, const std::string& value, bool checkpoint) {
  Change change = must(image.begin());
  for (int64_t i = 0; i < kTags; ++i)
    must(change.tags().set({"key" + std::to_string(100'000 + i), value, i, 0}));
  must(change.commit({.checkpoint = checkpoint}));
}

// Of an image with `kTags` tags, all of them "old".
std::vector<uint8_t> image_of_old_tags() {
  ImageShape shape;
  shape.blocks = 2048;
  ImageBuilder builder(shape);
  Image image = opened(builder.file());
  fill_tags(image, "old", true);
  return builder.bytes();
}

// The number of tags with this value that `reader` returns; an error if it stops early.
Result<uint64_t> count_values(TagReader& reader, std::string_view value) {
  uint64_t count = 0;
  VDE_TRY(reader.find({}, [&](const TagView& tag) {
    if (tag.value == value) ++count;
    return true;
  }));
  return count;
}

uint64_t count_values(const Image& image, std::string_view value) {
  TagReader reader = must(image.tags());
  return must(count_values(reader, value));
}

// Allocates blocks that a recovery or a checkpoint freed, and drops the change.
void stage_and_drop_module(Image& image) {
  Change change = must(image.begin());
  ModuleFile module = module_of_size(3'000'000);
  Activity activity;
  must(change.modules().add(module, activity));
}

// An image after a crash, with the commit that sets all tags to "new" in its journal.
std::vector<uint8_t> crashed_image() {
  MemoryFile file(image_of_old_tags());
  Image image = opened(file);
  fill_tags(image, "new", false);
  return file.bytes();
}

}  // namespace

TEST_CASE("a volume is not truncated while the tail holds live after-images") {
  MemoryFile file(image_of_old_tags());
  Image image = opened(file);
  fill_tags(image, "new", false);
  bool cut = false;
  for (uint64_t blocks = 400; !cut && blocks < 2048; blocks += 50)
    cut = image.resize(blocks * image.block_size()).has_value();
  CHECK(cut);
  CHECK(count_values(image, "new") == kTags);
  check_clean(file);
}

TEST_CASE("readers of a crashed image see a consistent state after a change has recovered it") {
  MemoryFile file(crashed_image());
  Image image = opened(file);
  TagReader early = must(image.tags());
  CHECK(must(count_values(early, "new")) == kTags);
  stage_and_drop_module(image);
  CHECK(code_of(count_values(early, "new")) == ErrorCode::kChangedSince);
  CHECK(count_values(image, "new") == kTags);
  check_clean(file);
}

TEST_CASE("a change that recovered a crashed image uses the recovered state") {
  MemoryFile file(crashed_image());
  Image image = opened(file);
  Change change = must(image.begin());
  ModuleFile module = module_of_size(3'000'000);
  Activity activity;
  must(change.modules().add(module, activity));
  TagBatch batch;
  for (uint64_t i = 0; i < 1000; ++i)
    must(batch.add({"z" + std::to_string(i), "more", 1, 0}, i + 1));
  must(change.tags().import(batch, {}, activity));
  must(change.commit());
  CHECK(count_values(image, "new") == kTags);
  CHECK(count_values(image, "more") == 1000);
  check_clean(file);
}

TEST_CASE("a reader reports that a checkpoint invalidated it") {
  MemoryFile file(image_of_old_tags());
  Image image = opened(file);
  fill_tags(image, "new", false);
  TagReader reader = must(image.tags());
  CHECK(must(count_values(reader, "new")) == kTags);
  must(image.checkpoint());
  stage_and_drop_module(image);
  CHECK(code_of(count_values(reader, "new")) == ErrorCode::kChangedSince);
  CHECK(count_values(image, "new") == kTags);
}

TEST_CASE("a checkpoint of a crashed image writes back its live commits") {
  MemoryFile file(crashed_image());
  Image image = opened(file);
  must(image.checkpoint());
  CHECK(count_values(image, "new") == kTags);
  MemoryFile copy(file.bytes());
  CHECK(must(view_committed(copy, must(probe_to_judge(copy)))).plan.records == 0);
}

TEST_CASE("a reader whose visitor commits reports that the image was changed") {
  MemoryFile file(image_of_old_tags());
  Image image = opened(file);
  TagReader reader = must(image.tags());
  uint64_t visited = 0;
  const auto found = reader.find({}, [&](const TagView&) {
    if (++visited == 50) fill_tags(image, "new", true);
    return true;
  });
  CHECK(code_of(found) == ErrorCode::kChangedSince);
}

TEST_CASE("so does a list of children whose visitor commits") {
  ImageBuilder builder;
  Image image = opened(builder.file());
  {
    Change change = must(image.begin());
    must(change.snapshots().create({}));
    must(change.commit());
  }
  SnapshotReader reader = must(image.snapshots());
  const auto listed = reader.children({}, [&](const Snapshot&) {
    Change change = must(image.begin());
    must(change.set_label("meanwhile"));
    must(change.commit());
    return true;
  });
  CHECK(code_of(listed) == ErrorCode::kChangedSince);
}

TEST_CASE("an import without room for a new tree does not silently drop changes") {
  ImageBuilder builder;
  Image image = opened(builder.file());
  // Until there are no large runs of free blocks.
  for (size_t size = 600'000; size > 10'000; size = size * 3 / 4) {
    Change change = must(image.begin());
    ModuleFile module = module_of_size(size);
    Activity activity;
    if (change.modules().add(module, activity)) must(change.commit());
  }
  Change change = must(image.begin());
  must(change.set_label("staged"));
  TagBatch batch;
  for (uint64_t i = 0; i < 20; ++i) must(batch.add({"k" + std::to_string(i), "v", 0, 0}, i + 1));
  Activity activity;
  CHECK(code_of(change.tags().import(batch, {}, activity)) == ErrorCode::kNoSpace);
  CHECK(code_of(change.commit()) == ErrorCode::kUsage);
  CHECK(image.label() == "damage");
  CHECK(tag_count(image) == 0);
}

TEST_CASE("a change whose first call cannot begin has ended") {
  ImageBuilder builder;
  builder.slot(builder.slot_of("BMAP"), [](RegionSlot& slot) { slot = {}; });
  Image image = opened(builder.file());
  Change change = must(image.begin());
  CHECK(code_of(change.set_label("lost")) == ErrorCode::kDamaged);
  CHECK(code_of(change.commit()) == ErrorCode::kUsage);
}

TEST_CASE("an image whose groups a torn write destroyed is read, verified and recovered") {
  ImageBuilder builder({512, 512, kAllModules});
  {
    Image image = opened(builder.file());
    Change change = must(image.begin());
    must(change.tags().set(tag_of(7)));
    must(change.commit({.checkpoint = false}));
  }
  std::fill_n(builder.bytes().begin(), 8 * 512, uint8_t{0xa5});
  Image image = opened(builder.file());
  CHECK(tag_count(image) == 1);
  const Verified found = verified(builder.file());
  CHECK(found.codes == std::vector<std::string>{"MWAL-004"});
  CHECK(found.findings.at(0).message.find("both superblock groups are torn") != std::string::npos);
  Change change = must(image.begin());
  must(change.tags().set({"another", "value", 8, 0}));
  must(change.commit());
  CHECK(tag_count(image) == 2);
  CHECK(verified(builder.file()).codes.empty());
  CHECK(std::equal(builder.bytes().begin(), builder.bytes().begin() + 4 * 512,
                   builder.bytes().begin() + 4 * 512));
}

}  // namespace vde::test
