// Lost writes: each block in turn has its content from before the last commit, with a valid
// trailer. Verify detects that if another block contradicts it. If none does, the region is listed
// here.
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "damage/detection/full_image.h"
#include "format/hash.h"
#include "format/region/module_entry.h"
#include "format/region/snapshot_entry.h"
#include "format/tag/tag_index.h"
#include "support/tree_image.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

// Regions with a block whose previous content is not detected.
const std::map<std::string, std::string> kSilent = {
    {"SNAP", "an older table is a table"},
    {"DATA", "nothing refers to the blocks"},
};

void rewrite(ImageBuilder& image, uint64_t block) {
  image.set_generation(block, 2).rehash(block);
}

// One commit: changes every region, the counts, and the sequence.
void commit(ImageBuilder& image) {
  const uint64_t tags = image.start("TAGI");
  edit(image, tags, 0, kTagIndexHeaderLayout, [](TagIndexHeader& header) { ++header.entry_count; });
  TagNode leaf;
  leaf.entries = {{"k", "v", 7, 200}, {"k", "w", 8, 201}};
  REQUIRE(encode_tag_node(leaf, image.payload(tags + 1)).has_value());
  const uint64_t snapshots = image.start("SNAP");
  image.patch(snapshots, 16 + 32, "01");
  const uint64_t modules = image.start("CODE");
  const uint64_t tree = image.start("MTRK");
  make_tree(image, 2);
  image.patch(200, 0, "77").data_block(250, 0x33);
  edit(image, modules, 16, kModuleEntryLayout,
       [&](ModuleEntry& module) { module.hash = sha256(image.payload(200)); });
  for (const uint64_t block : {tags, tags + 1, snapshots, modules, tree, tree + 1, uint64_t{200},
                               uint64_t{250}, image.start("BMAP")})
    rewrite(image, block);
  image.slot(image.slot_of("TAGI"), [](RegionSlot& slot) { slot.used = 3; });
  image.superblock([](Superblock& superblock) { ++superblock.checkpoint_sequence; });
  for (uint64_t block = 0; block < kFirstRegionBlock; ++block) rewrite(image, block);
}

std::string region_of(ImageBuilder& image, uint64_t block) {
  if (block < kFirstRegionBlock) return "fixed";
  for (const RegionSlot& slot : image.slots())
    if (!slot.is_free() && block >= static_cast<uint64_t>(slot.start) &&
        block < static_cast<uint64_t>(slot.start + slot.count))
      return to_string(slot.type);
  return "none";
}

void copy_block(ImageBuilder& from, ImageBuilder& to, uint64_t block) {
  const MutableBytes bytes = from.block(block);
  std::copy(bytes.begin(), bytes.end(), to.block(block).begin());
}

void put_back_each(uint32_t block_size) {
  FullImage old(block_size);
  FullImage image(block_size);
  commit(image);
  REQUIRE_FALSE(verified(image.file()).complains());
  const std::vector<uint8_t> sound = image.bytes();
  std::map<std::string, size_t> noticed;
  std::set<std::string> silent;
  for (const uint64_t block : image.written_blocks()) {
    copy_block(old, image, block);
    if (image.bytes() == sound) continue;
    const std::string region = region_of(image, block);
    if (verified(image.file()).complains())
      ++noticed[region];
    else
      silent.insert(region);
    image.bytes() = sound;
  }
  for (const auto& [region, count] : noticed)
    MESSAGE(block_size, "-byte blocks: ", count, " older blocks noticed in ", region);
  std::set<std::string> listed;
  for (const auto& [region, why] : kSilent) listed.insert(region);
  CHECK(silent == listed);
  CHECK(noticed["fixed"] == kFirstRegionBlock);
  CHECK(noticed["BMAP"] == 1);
}

}  // namespace

TEST_CASE("previous content of a block is detected if another block contradicts it, at 512 bytes") {
  put_back_each(512);
}

TEST_CASE(
    "previous content of a block is detected if another block contradicts it, at 4096 bytes") {
  put_back_each(4096);
}

TEST_CASE("a complete older group or directory is detected") {
  FullImage old(4096);
  FullImage image(4096);
  commit(image);
  const std::vector<uint8_t> sound = image.bytes();
  struct Case {
    uint64_t first;
    uint64_t count;
    const char* code;
  };
  for (const Case& lost :
       {Case{kPrimaryGroup, kGroupBlocks, "SUPB-004"}, Case{kMirrorGroup, kGroupBlocks, "SUPB-004"},
        Case{kDirectoryStart, kDirectoryBlocks, "RMAP-003"}}) {
    image.bytes() = sound;
    for (uint64_t i = 0; i < lost.count; ++i) copy_block(old, image, lost.first + i);
    const Verified result = verified(image.file());
    std::string found;
    for (const std::string& code : result.codes) found += code + " ";
    INFO("from block ", lost.first, ": ", found);
    CHECK(std::set(result.codes.begin(), result.codes.end()).contains(lost.code));
  }
}
