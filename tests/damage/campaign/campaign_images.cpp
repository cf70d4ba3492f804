// The bases: images of vdetool's own, and samples of the existing SDK, whose bitmap knows blocks of
// nobody and leaves out those of regions.
#include <array>
#include <mutex>

#include "damage/campaign/campaign_maker.h"

namespace vde::test {
namespace {

// Every table in its first block, the tree a root.
CampaignBase few_512() {
  return ImageMaker(512, 1024, "tags,snapshot,compute")
      .set_tags(0, 3)
      .add_snapshots(1)
      .add_modules(1, 300)
      .keep()
      .set_tags(3, 3)
      .add_snapshots(1)
      .add_modules(1, 3000)
      .keep()
      .set_tags(6, 5)
      .remove_tags(1, 2)
      .add_snapshots(1)
      .remove_module(0)
      .add_modules(1, 900)
      .make("few-512");
}

// Three levels, free nodes, tables of several blocks.
CampaignBase deep_512() {
  return ImageMaker(512, 6000, "tags,snapshot,compute,integrity")
      .set_tags(0, 40)
      .add_snapshots(5)
      .add_modules(4, 700)
      .keep()
      .set_tags(40, 300)
      .add_snapshots(10)
      .add_modules(8, 2000)
      .keep()
      .set_tags(340, 900)
      .remove_tags(100, 150)
      .add_snapshots(20)
      .keep()
      .set_tags(1240, 40)
      .add_snapshots(3)
      .remove_module(2)
      .add_modules(5, 400)
      .keep()
      .remove_tags(300, 400)
      .set_tags(1280, 150)
      .add_modules(6, 5000)
      .keep()
      .set_tags(310, 60)
      .add_snapshots(8)
      .remove_module(7)
      .set_tags(500, 3)
      .make("deep-512");
}

// Nine bitmap blocks, of which some are holes, with modules beyond them.
CampaignBase far_512(bool punched) {
  ImageMaker maker(512, 32768, "tags,snapshot,compute");
  maker.set_tags(0, 150)
      .add_snapshots(4)
      .add_modules(3, 2000)
      .keep()
      .take(11'000)
      .add_modules(5, 9000)
      .keep()
      .take(9000)
      .add_modules(5, 20'000)
      .set_tags(150, 100)
      .keep()
      .give_back()
      .add_snapshots(5)
      .add_modules(2, 600)
      .keep();
  if (punched) maker.punch_bitmap();
  return maker.set_tags(250, 20).make(punched ? "far-512-holes" : "far-512");
}

// No room but in the bitmap's last blocks.
CampaignBase full_512() {
  return ImageMaker(512, 12'000, "tags,snapshot,compute")
      .set_tags(0, 60)
      .add_snapshots(3)
      .add_modules(3, 900)
      .keep()
      .add_modules(1, 3'600'000)
      .add_modules(4, 3000)
      .keep()
      .add_modules(6, 20'000)
      .set_tags(60, 140)
      .keep()
      .remove_module(5)
      .add_modules(2, 9000)
      .add_snapshots(3)
      .make("full-512");
}

// Blocks of another program between those of modules.
CampaignBase foreign_512() {
  return ImageMaker(512, 12'000, "tags,snapshot,compute")
      .set_tags(0, 100)
      .add_foreign(20)
      .add_modules(3, 2000)
      .add_snapshots(6)
      .keep()
      .take(4000)
      .add_foreign(12)
      .add_modules(3, 4000)
      .set_tags(100, 100)
      .keep()
      .take(3500)
      .add_foreign(9)
      .add_modules(2, 3000)
      .keep()
      .give_back()
      .remove_module(1)
      .set_tags(200, 90)
      .make("foreign-512");
}

CampaignBase deep_1024() {
  return ImageMaker(1024, 3000, "tags,snapshot,compute")
      .import_tags(0, 500)
      .add_snapshots(10)
      .add_modules(10, 3000)
      .keep()
      .set_tags(500, 200)
      .add_snapshots(20)
      .keep()
      .import_tags(700, 300)
      .remove_tags(0, 200)
      .add_modules(8, 1000)
      .keep()
      .set_tags(5, 30)
      .remove_module(3)
      .add_snapshots(2)
      .make("deep-1024");
}

CampaignBase large_4096() {
  return ImageMaker(4096, 1024, "tags,snapshot,compute,integrity")
      .import_tags(0, 2000)
      .add_snapshots(30)
      .add_modules(20, 6000)
      .keep()
      .set_tags(2000, 300)
      .add_snapshots(60)
      .add_modules(25, 1000)
      .keep()
      .remove_tags(50, 300)
      .add_snapshots(60)
      .remove_module(4)
      .keep()
      .set_tags(2300, 60)
      .add_modules(20, 500)
      .make("large-4096");
}

// More than 512 MiB: the bitmap's later blocks are holes but where modules lie far out.
CampaignBase wide_4096() {
  return ImageMaker(4096, 140'000, "tags,snapshot,compute")
      .import_tags(0, 300)
      .add_snapshots(10)
      .add_modules(4, 20'000)
      .keep()
      .take(70'000)
      .add_modules(4, 30'000)
      .set_tags(300, 50)
      .keep()
      .take(60'000)
      .add_modules(4, 40'000)
      .keep()
      .give_back()
      .punch_bitmap()
      .set_tags(350, 20)
      .add_snapshots(2)
      .make("wide-4096");
}

CampaignBase sample(const std::string& name) {
  return ImageMaker(name).make(name);
}

// A sample that vdetool has written to since.
CampaignBase changed_sample(const std::string& name) {
  return ImageMaker(name)
      .keep()
      .set_tags(0, 60)
      .add_snapshots(3)
      .add_modules(3, 9000)
      .keep()
      .set_tags(60, 120)
      .remove_tags(0, 20)
      .add_snapshots(2)
      .add_modules(1, 500)
      .make(name + "-changed");
}

using MakeBase = CampaignBase (*)();
constexpr MakeBase kBases[] = {
    few_512,
    deep_512,
    [] { return far_512(false); },
    [] { return far_512(true); },
    full_512,
    foreign_512,
    deep_1024,
    large_4096,
    wide_4096,
    [] { return sample("everything-1"); },
    [] { return changed_sample("everything-1"); },
    [] { return sample("code-12"); },
    [] { return changed_sample("code-leftover"); },
    [] { return sample("snap-150-unlabelled"); },
    [] { return changed_sample("snap-leftover"); },
    [] { return sample("tags-1000"); },
    [] { return changed_sample("tags-1000"); },
    [] { return changed_sample("tags-equal"); },
};

}  // namespace

size_t base_count() {
  return std::size(kBases);
}

const CampaignBase& campaign_base(size_t index) {
  static std::array<std::once_flag, std::size(kBases)> built;
  static std::array<CampaignBase, std::size(kBases)> bases;
  std::call_once(built.at(index), [&] { bases.at(index) = kBases[index](); });
  return bases.at(index);
}

}  // namespace vde::test
