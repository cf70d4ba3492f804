#include "fuzz/play_index.h"

#include <array>

#include "check/exact/search.h"
#include "check/passes.h"
#include "fuzz/play_parts.h"
#include "support/must.h"
#include "tags/foreign_tags.h"

namespace vde::test {
namespace {

constexpr uint32_t kIndexBlock = 512;
constexpr uint64_t kIndexBlocks = 256;

std::vector<TagEntry> few_tags() {
  std::vector<TagEntry> tags;
  for (int i = 0; i < 8; ++i) tags.push_back({"k" + std::to_string(i * 7), "", i, 0});
  for (int i = 0; i < 6; ++i) tags.push_back({"many", std::to_string(i), i, i});
  for (int i = 0; i < 4; ++i)
    tags.push_back({std::string(150, static_cast<char>('m' + i)), std::string(90, 'v'), -i, 255});
  return tags;
}

std::unique_ptr<ImageBuilder> own_index() {
  auto image = std::make_unique<ImageBuilder>(ImageShape{kIndexBlock, kIndexBlocks, "tags"});
  const auto writer = must(TagWriter::open(image->file(), kSomeOptions));
  for (const TagEntry& tag : few_tags()) must(writer->set(tag));
  must(writer->commit());
  must(writer->remove("k7", 1));
  must(writer->commit());
  must(writer->close());
  return image;
}

std::unique_ptr<ImageBuilder> foreign_index() {
  auto image = own_index();
  const RegionSlot slot = image->slots()[image->slot_of("TAGI")];
  const MutableBytes region = MutableBytes(image->bytes())
                                  .subspan(static_cast<size_t>(slot.start) * kIndexBlock,
                                           static_cast<size_t>(slot.count) * kIndexBlock);
  std::vector<TagEntry> tags;
  for (int i = 10; i < 20; ++i) tags.push_back({"k" + std::to_string(i), "v", i, 0});
  promise(write_as_foreign(region, kIndexBlock, tags, {5, 7}), "the tags do not fit the region");
  return image;
}

ImageBuilder& base_of(uint8_t number) {
  static const std::array<std::unique_ptr<ImageBuilder>, 2> bases = {own_index(), foreign_index()};
  return *bases[number % bases.size()];
}

// The number of findings; nothing if there is no image or no index.
std::optional<size_t> check_index(BlockFile& file) {
  const auto probe = probe_to_judge(file);
  if (!probe) return std::nullopt;
  size_t findings = 0;
  const std::function<void(const Finding&)> count = [&](const Finding& finding) {
    if (!finding.message.empty()) ++findings;
  };
  Activity activity;
  VerifyOptions options;
  options.jobs = 1;
  Reporter reporter(count, nullptr, probe->block_size);
  const JournalOnDisk no_journal;
  ExactSearch nothing(0, activity);
  VerifyContext context{BlockIo(file, probe->block_size),
                        *probe,
                        options,
                        activity,
                        reporter,
                        no_journal,
                        nothing,
                        {}};
  for (const Pass pass : {check_regions, find_sound_tags, check_blocks, check_tags})
    promise(pass(context).has_value(), "damage stops a verification");
  if (context.find(block_types::kTagIndex) == nullptr) return std::nullopt;
  return findings;
}

// The number of entries in one direction; nothing if a part cannot be read.
std::optional<uint64_t> count_tags(TagReader& reader, bool reverse, uint64_t limit) {
  TagQuery query;
  query.reverse = reverse;
  uint64_t count = 0;
  const auto found = reader.find(query, [&](const TagView&) {
    promise(++count <= limit, "a walk over the tags is endless");
    return true;
  });
  return found ? std::optional(*found) : std::nullopt;
}

void look_up(TagReader& reader, uint64_t limit) {
  for (const std::string_view key : {"k49", "many", "", "nnn"}) {
    uint64_t visited = 0;
    static_cast<void>(reader.get(key, std::nullopt, [&](const TagView& view) {
      promise(view.key == key, "get returns another key");
      promise(++visited <= limit, "a run of equal keys is endless");
      return true;
    }));
  }
}

}  // namespace

void play_index_input(Bytes input) {
  if (input.empty()) return;
  ImageBuilder& sound = base_of(input[0]);
  ImageBuilder image(sound.bytes(), kIndexBlock);
  apply_edits(image, "TAGI", input.subspan(1));
  const auto findings = check_index(image.file());
  const bool clean = findings == size_t{0};
  const auto reader = try_open_tags(image.file());
  if (!reader) return;
  const uint64_t limit = image.bytes().size();
  const auto forward = count_tags(**reader, false, limit);
  const auto backward = count_tags(**reader, true, limit);
  look_up(**reader, limit);
  if (!clean) return;
  promise(forward.has_value() && forward == backward, "a clean index cannot be read");
  promise(*forward == (*reader)->entry_count(), "the header has a wrong count");
}

}  // namespace vde::test
