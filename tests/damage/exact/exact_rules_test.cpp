// What a block that was found must pass before it is written: each rule refuses a block whose
// checksum fits, and without the rule the block is taken. Built with the checks that can be
// switched off.
#include "damage/exact/exact_image.h"

#include "check/exact/exact_rule.h"
#include "format/hash.h"
#include "format/region/module_entry.h"

using namespace vde;
using namespace vde::test;

namespace {

const ExactRule* g_rule_off = nullptr;

struct RuleCase {
  ExactRule rule;
  const char* name;
  // Makes a block that is wrong though its checksum fits; returns its number. A bit of it will
  // flip.
  std::function<uint64_t(ImageBuilder& image)> prepare;
};

uint64_t rehash(ImageBuilder& image, uint64_t number, size_t offset, std::string_view hex) {
  image.patch(number, offset, hex).rehash(number);
  return number;
}

// A module of one block of data.
uint64_t with_module(ImageBuilder& image, bool right_hash) {
  constexpr uint64_t kPlace = 205;
  image.data_block(kPlace, 0x77);
  ModuleEntry entry;
  const Bytes payload = image.payload(kPlace);
  entry.hash = sha256(payload);
  if (!right_hash) entry.hash[0] ^= 1;
  entry.id.bytes[0] = 1;
  entry.first_block = kPlace;
  entry.block_count = 1;
  entry.size = static_cast<int32_t>(payload.size());
  const uint64_t table = image.start("CODE");
  image.clear_payload(table);
  PackedTableHeader header;
  header.count = 1;
  kPackedTableHeaderLayout.encode(header, image.payload(table));
  encode(entry, image.payload(table).subspan(kPackedTableHeaderLayout.size()));
  image.rehash(table);
  return kPlace;
}

const RuleCase kCases[] = {
    {ExactRule::kType, "a block of another type",
     [](ImageBuilder& image) {
       const uint64_t leaf = image.start("TAGI") + 1;
       image.set_tag(leaf, "SNAP");
       return leaf;
     }},
    {ExactRule::kGeneration, "a block that is newer than the superblock",
     [](ImageBuilder& image) {
       const uint64_t leaf = image.start("TAGI") + 1;
       image.set_generation(leaf, 1'000'000);
       return leaf;
     }},
    {ExactRule::kFixed, "a superblock of another block size",
     [](ImageBuilder& image) { return rehash(image, 4, 0x34, "00020000"); }},
    {ExactRule::kFixed, "a directory header of another version",
     [](ImageBuilder& image) { return rehash(image, 9, 0, "07"); }},
    {ExactRule::kRegionCodec, "a tag node of no type",
     [](ImageBuilder& image) { return rehash(image, image.start("TAGI") + 1, 0, "07"); }},
    {ExactRule::kRegionCodec, "a tag header of a negative depth",
     [](ImageBuilder& image) { return rehash(image, image.start("TAGI"), 4, "ffff"); }},
    {ExactRule::kRegionCodec, "a snapshot table of a negative count",
     [](ImageBuilder& image) { return rehash(image, image.start("SNAP"), 0, "ffffffff"); }},
    {ExactRule::kRegionCodec, "a module whose text is too long",
     [](ImageBuilder& image) { return rehash(image, image.start("CODE"), 16 + 74, "ffff"); }},
    {ExactRule::kRegionCodec, "bits past the end of the volume",
     [](ImageBuilder& image) { return rehash(image, image.start("BMAP"), 300, "01"); }},
    {ExactRule::kRegionCodec, "an inode layout without a size",
     [](ImageBuilder& image) { return rehash(image, image.start("INOD"), 0, "0000"); }},
    {ExactRule::kRegionCodec, "a journal of another length",
     [](ImageBuilder& image) {
       return rehash(image, image.start("MWAL"), 46, "0700000000000000");
     }},
    {ExactRule::kRegionCodec, "an integrity tree of a negative count",
     [](ImageBuilder& image) { return rehash(image, image.start("MTRK"), 0, "ffffffff"); }},
    {ExactRule::kNoCopy, "a copy of another node",
     [](ImageBuilder& image) {
       const uint64_t leaf = image.start("TAGI") + 1;
       std::ranges::copy(image.block(leaf), image.block(leaf + 1).begin());
       return leaf + 1;
     }},
    {ExactRule::kModuleHash, "a module that has another hash",
     [](ImageBuilder& image) { return with_module(image, false); }},
};

bool is_taken(const RuleCase& rule_case) {
  FullImage image(4096);
  const uint64_t number = rule_case.prepare(image);
  image.flip(number, 3000, 4);
  Activity activity;
  return restores(must(plan_repair(image.file(), kExactRepair, activity)), number);
}

}  // namespace

// The findings of a whole structure would refuse some of the blocks, too.
bool vde::is_switched_off(ExactRule rule) {
  return g_rule_off != nullptr && (*g_rule_off == rule || rule == ExactRule::kStructure);
}

TEST_CASE("a block that cannot be what was there is not taken, and would be without the rule") {
  for (const RuleCase& rule_case : kCases) {
    CAPTURE(std::string(rule_case.name));
    CHECK_FALSE(is_taken(rule_case));
    g_rule_off = &rule_case.rule;
    CHECK(is_taken(rule_case));
    g_rule_off = nullptr;
  }
}

TEST_CASE("a block of a module that has its hash is taken") {
  FullImage image(4096);
  const uint64_t number = with_module(image, true);
  image.flip(number, 3000, 4);
  Activity activity;
  CHECK(restores(must(plan_repair(image.file(), kExactRepair, activity)), number));
}

TEST_CASE("without the rule a copy of another volume is used") {
  FullImage image(4096);
  ImageBuilder other(image.bytes(), 4096);
  other.superblock([](Superblock& superblock) { superblock.uuid.bytes[3] ^= 0xFF; });
  RepairOptions options = kExactRepair;
  options.sources = {{"other", &other.file()}};
  Random random(1);
  spoil_payload(image, 200, random);
  Activity activity;
  CHECK_FALSE(restores(must(plan_repair(image.file(), options, activity)), 200));
  const ExactRule rule = ExactRule::kOtherVolume;
  g_rule_off = &rule;
  CHECK(restores(must(plan_repair(image.file(), options, activity)), 200));
  g_rule_off = nullptr;
}

TEST_CASE("without the rule a table's block becomes what an empty block's trailer names") {
  ImageBuilder image;
  SnapshotOptions wish;
  wish.label = "one";
  must(create_snapshot(image.file(), wish, kSomeOptions));
  const uint64_t table = image.start("SNAP");
  // The journal's record would say what the block has to be.
  std::ranges::fill(image.block(image.start("MWAL") + 1), uint8_t{0});
  std::ranges::copy(image.block(table + 1).last(512), image.block(table).last(512).begin());
  Activity activity;
  CHECK_FALSE(restores(must(plan_repair(image.file(), kExactRepair, activity)), table));
  const ExactRule rule = ExactRule::kStructure;
  g_rule_off = &rule;
  CHECK(restores(must(plan_repair(image.file(), kExactRepair, activity)), table));
  g_rule_off = nullptr;
}
