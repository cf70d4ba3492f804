// The images of the repair campaign: vdetool's own at either block size, as small as they can be,
// with and without commits that wait in the journal, and samples of the existing SDK.
#include <algorithm>

#include "base/checked.h"
#include "damage/campaign/campaign_maker.h"
#include "damage/campaign/known_image.h"
#include "journal/recovery.h"
#include "support/must.h"
#include "support/verify_list.h"

namespace vde::test {
namespace {

// Three commits that stay in the journal.
void leave_waiting(ImageMaker& maker, int first) {
  maker.leave_waiting(first, 12, 3);
}

// Every table in its first block, the tree a root.
CampaignBase few(const std::string& name, uint32_t block_size, bool waits) {
  ImageMaker maker(block_size, 600, "tags,snapshot,compute");
  maker.set_tags(0, 5).add_snapshots(2).add_modules(2, 300).keep();
  maker.set_tags(5, 3).remove_tags(1, 2).add_snapshots(2).remove_module(0).add_modules(1, 900);
  if (waits) leave_waiting(maker, 8);
  return maker.make(name);
}

// Three levels, free nodes, tables of several blocks.
CampaignBase deep_512(const std::string& name, bool waits) {
  ImageMaker maker(512, 1600, "tags,snapshot,compute,integrity");
  maker.set_tags(0, 300).add_snapshots(15).add_modules(8, 700).keep();
  maker.set_tags(300, 500).remove_tags(100, 150).add_snapshots(25).keep();
  maker.set_tags(800, 60).remove_module(2).add_modules(6, 400).add_snapshots(3);
  if (waits) leave_waiting(maker, 860);
  return maker.make(name);
}

CampaignBase deep_4096(const std::string& name, bool waits) {
  ImageMaker maker(4096, 900, "tags,snapshot,compute,integrity");
  maker.import_tags(0, 2500).add_snapshots(60).add_modules(30, 900).keep();
  maker.set_tags(2500, 300).remove_tags(50, 300).add_snapshots(70).keep();
  maker.set_tags(2800, 60).remove_module(4).add_modules(25, 500);
  if (waits) leave_waiting(maker, 2860);
  return maker.make(name);
}

// A sample of the existing SDK.
CampaignBase sample(const std::string& name) {
  return ImageMaker(name).make(name);
}

// One that vdetool has written to since.
CampaignBase changed_sample(const std::string& name) {
  constexpr std::string_view kEnding = "-changed";
  ImageMaker maker(name.substr(0, name.size() - kEnding.size()));
  maker.keep().set_tags(0, 60).add_snapshots(3).add_modules(3, 9000).keep();
  maker.set_tags(60, 120).remove_tags(0, 20).add_snapshots(2).add_modules(1, 500);
  return maker.make(name);
}

using Name = const std::string&;
struct Entry {
  std::string name;
  CampaignBase (*make)(Name name);
};

const std::vector<Entry>& entries() {
  static const std::vector<Entry> kEntries = {
      {"few-512", [](Name name) { return few(name, 512, false); }},
      {"few-4096", [](Name name) { return few(name, 4096, false); }},
      {"few-512-waiting", [](Name name) { return few(name, 512, true); }},
      {"few-4096-waiting", [](Name name) { return few(name, 4096, true); }},
      {"deep-512", [](Name name) { return deep_512(name, false); }},
      {"deep-4096", [](Name name) { return deep_4096(name, false); }},
      {"deep-512-waiting", [](Name name) { return deep_512(name, true); }},
      {"deep-4096-waiting", [](Name name) { return deep_4096(name, true); }},
      {"everything-1", sample},
      {"code-12", sample},
      {"snap-150-unlabelled", sample},
      {"snap-chain-30", sample},
      {"tags-1000", sample},
      {"tags-order3", sample},
      {"tags-equal", sample},
      {"all-regions", sample},
      {"everything-1-changed", changed_sample},
      {"code-leftover-changed", changed_sample},
      {"snap-leftover-changed", changed_sample},
      {"tags-1000-changed", changed_sample},
  };
  return kEntries;
}

uint64_t waiting_records(CowFile& file) {
  const Probe probe = must(probe_to_judge(file));
  return must(plan_recovery(BlockIo(file, probe.block_size), probe)).records;
}

std::shared_ptr<const FrozenImage> settled(const std::shared_ptr<const FrozenImage>& image) {
  CowFile file(image);
  if (waiting_records(file) == 0) return image;
  must(try_open_journal(file));
  return file.freeze();
}

// Blocks of regions that only their owners understand, and of records in the journal.
void add_other_parts(KnownImage& known) {
  constexpr BlockType kFound[] = {block_types::kSuperblock, block_types::kRegionMap,
                                  block_types::kBitmap,     block_types::kInodes,
                                  block_types::kSnapshots,  block_types::kCode,
                                  block_types::kTagIndex};
  constexpr size_t kMaxBlocks = 32;
  const auto file = known.open();
  const auto& slots = known.base.slots;
  for (size_t i = 0; i < slots.size(); ++i) {
    const auto range = block_range(slots[i].start, slots[i].count);
    const bool is_found = std::ranges::find(kFound, slots[i].type) != std::end(kFound);
    if (slots[i].is_free() || !range || is_found || data_area_slot(slots, 0) == i) continue;
    const bool is_journal = slots[i].type == block_types::kMetadataWal;
    if (is_journal && !known.before) continue;
    BasePart part{to_string(slots[i].type), is_journal ? uint64_t{4} : uint64_t{1}, {}};
    for (uint64_t n = range->begin; n < range->end && part.blocks.size() < kMaxBlocks; ++n)
      if (!all_zero(Bytes(file->block(n, known.base.block_size))
                        .first(payload_size(known.base.block_size))))
        part.blocks.push_back(n);
    if (!part.blocks.empty()) known.base.parts.push_back(std::move(part));
  }
}

KnownImage make_known(const Entry& entry) {
  const CampaignBase made = entry.make(entry.name);
  KnownImage known;
  known.name = entry.name;
  known.image = made.image;
  const auto image = settled(made.image);
  known.base = image == made.image ? made : make_base(entry.name, image, made.older);
  known.now = find_holdings(image);
  if (image != made.image) {
    const auto before =
        std::ranges::find_if(made.older.rbegin(), made.older.rend(), [](const auto& older) {
          CowFile file(older);
          return waiting_records(file) == 0;
        });
    known.before = find_holdings(*before);
    CowFile home(image);
    // Pages that both have in common are the same objects.
    CowFile raw(made.image);
    for (uint64_t n = 0; n < known.base.blocks; ++n)
      if (!known.is_journal(n) &&
          raw.block(n, known.base.block_size) != home.block(n, known.base.block_size))
        known.journaled.insert(n);
  }
  add_other_parts(known);
  for (const Finding& finding : verified(*known.open()).findings)
    if (finding.kind->severity != Severity::kNote)
      known.findings.emplace(finding.kind->code, finding.region);
  return known;
}

}  // namespace

size_t known_image_count() {
  return entries().size();
}

const KnownImage& known_image(size_t index) {
  static std::vector<std::unique_ptr<KnownImage>> images(entries().size());
  auto& image = images.at(index);
  if (!image) image = std::make_unique<KnownImage>(make_known(entries()[index]));
  return *image;
}

}  // namespace vde::test
