#include "fuzz/bases.h"

#include <array>
#include <stdexcept>

#include "io/memory_file.h"
#include "support/must.h"
#include "support/one_change.h"
#include "support/wasm_bytes.h"
#include "tags/foreign_tags.h"

namespace vde::test {
namespace {

constexpr uint32_t kBlock = 512;  // bytes, so that few entries make many nodes

// Enough short keys for the larger filter, one key on many inodes, and some that fill a leaf.
std::vector<TagEntry> some_tags() {
  std::vector<TagEntry> tags;
  for (int i = 0; i < 220; ++i) tags.push_back({"k" + std::to_string(i * 7), "", i, 0});
  for (int i = 0; i < 40; ++i) tags.push_back({"many", std::to_string(i), i, i});
  for (int i = 0; i < 12; ++i)
    tags.push_back({std::string(200, static_cast<char>('a' + i)), std::string(90, 'v'), -i, 255});
  tags.push_back({"", "", INT64_MIN, 0});
  tags.push_back({std::string("part\0two", 8), std::string(255, '\xff'), INT64_MAX, 1});
  return tags;
}

std::unique_ptr<ImageBuilder> tags_image() {
  auto image = std::make_unique<ImageBuilder>(ImageShape{kBlock, 512, "tags"});
  const auto writer = must(TagWriter::open(image->file(), kSomeOptions));
  for (const TagEntry& tag : some_tags()) must(writer->set(tag));
  must(writer->commit());
  // Removed tags leave free nodes.
  for (int i = 60; i < 120; ++i) must(writer->remove("k" + std::to_string(i * 7), i));
  must(writer->commit());
  must(writer->close());
  return image;
}

std::unique_ptr<ImageBuilder> foreign_tags_image() {
  // Grown by vdetool, then overwritten in the form of the SDK.
  auto image = tags_image();
  std::vector<TagEntry> tags;
  for (int i = 100; i < 160; ++i) tags.push_back({"k" + std::to_string(i), "v", i, 0});
  for (int i = 0; i < 20; ++i) tags.push_back({"many", std::to_string(i), i * 7 % 20, i});
  tags.push_back({"z", std::string(200, 'v'), 1, 2});
  const uint64_t start = image->start("TAGI");
  const auto slot = image->slots()[image->slot_of("TAGI")];
  const MutableBytes region =
      MutableBytes(image->bytes())
          .subspan(start * kBlock, static_cast<size_t>(slot.count) * kBlock);
  if (!write_as_foreign(region, kBlock, tags, {5, 7}))
    throw std::logic_error("the tags do not fit the region");
  return image;
}

std::unique_ptr<ImageBuilder> blank_tags_image() {
  auto image = std::make_unique<ImageBuilder>(ImageShape{kBlock, 256, "tags"});
  const uint64_t start = image->start("TAGI");
  image->wipe(start).wipe(start + 1);
  return image;
}

std::unique_ptr<ImageBuilder> snapshots_image() {
  auto image = std::make_unique<ImageBuilder>(ImageShape{kBlock, 256, "snapshot"});
  for (int i = 0; i < 20; ++i) {
    SnapshotOptions request;
    request.label = std::string(static_cast<size_t>(i * 7 % 65), static_cast<char>('a' + i));
    request.reproducible = true;
    request.base = i == 0;
    request.read_only = i % 5 == 1;
    if (i > 0 && i != 10) request.parent = "@latest";
    must(create_snapshot(image->file(), request, {Ticks{1'000'000 + i}, false}));
  }
  must(delete_snapshots(image->file(), std::vector<std::string>{"@latest"}, kSomeOptions));
  return image;
}

std::unique_ptr<ImageBuilder> modules_image() {
  auto image = std::make_unique<ImageBuilder>(ImageShape{kBlock, 256, "compute"});
  for (size_t i = 0; i < 12; ++i) {
    MemoryFile module(wasm_of_size(kMinWasm + i * 150, i));
    ModuleOptions request;
    request.force = i > 0;
    if (i > 0) request.entry = std::string(i * 37 % 129, 'e');
    Activity activity;
    must(register_module(image->file(), module, request, kSomeOptions, activity));
  }
  return image;
}

}  // namespace

ImageBuilder& fuzz_base(FuzzBase base) {
  static const std::array<std::unique_ptr<ImageBuilder>, kFuzzBases> images = {
      tags_image(), foreign_tags_image(), blank_tags_image(), snapshots_image(), modules_image()};
  return *images.at(static_cast<size_t>(base));
}

std::string_view fuzzed_region(FuzzBase base) {
  if (base == FuzzBase::kSnapshots) return "SNAP";
  return base == FuzzBase::kModules ? "CODE" : "TAGI";
}

}  // namespace vde::test
