// Blocks that changed places with others, or were copied over them: what they hold is found where
// it lies now.
#include <doctest/doctest.h>

#include <algorithm>

#include "format/tag/tag_index.h"
#include "format/tag/tag_leaf.h"
#include "support/module_session.h"
#include "support/repair_image.h"
#include "support/strict_entries.h"
#include "vde/snapshots.h"
#include "vde/tags.h"

using namespace vde;
using namespace vde::test;

namespace {

// With a search for what damaged blocks were.
const RepairOptions kSearching{
    from_unix_seconds(1'800'000'000), false, {VerifyScope::kAll, 1}, false};

// Blocks of 512 bytes: a tree of three levels, tables of several blocks.
class MovedImage : public ImageBuilder {
 public:
  MovedImage() : ImageBuilder({512, 4096, "tags,snapshot,compute"}) {
    const auto writer = must(TagWriter::open(file(), kSomeOptions));
    for (int64_t i = 0; i < 1500; ++i)
      must(writer->set({"key" + std::to_string(10'000 + i), "value", i, 0}));
    must(writer->commit());
    must(writer->close());
    for (int64_t i = 0; i < 20; ++i) {
      SnapshotOptions wish;
      wish.reproducible = true;
      must(create_snapshot(file(), wish, {Ticks{1'000'000 + i}, false}));
    }
    for (size_t i = 0; i < 12; ++i) {
      ModuleOptions options;
      options.force = true;
      MemoryFile bytes(wasm_of_size(kMinWasm + i, i));
      Activity activity;
      must(register_module(file(), bytes, options, kSomeOptions, activity));
    }
  }

  // A block of the tag index, by its number in the region.
  [[nodiscard]] uint64_t node(uint64_t number) { return start("TAGI") + number; }
  [[nodiscard]] TagNode read(uint64_t block) { return must(decode_tag_node(payload(block))); }
  // The block of a child of `block`.
  [[nodiscard]] uint64_t child(uint64_t block, size_t i) {
    return node(static_cast<uint64_t>(read(block).children.at(i)));
  }
  void set_child(uint64_t block, size_t i, uint64_t to) {
    TagNode changed = read(block);
    changed.children.at(i) = static_cast<int32_t>(to - node(0));
    must(encode_tag_node(changed, payload(block)));
    rehash(block);
  }
  // The leaf with the greatest keys.
  [[nodiscard]] uint64_t last_leaf() {
    uint64_t leaf = node(kTagRoot);
    while (!read(leaf).leaf) leaf = child(leaf, read(leaf).children.size() - 1);
    return leaf;
  }
  void exchange(uint64_t a, uint64_t b) { std::ranges::swap_ranges(block(a), block(b)); }
  void copy(uint64_t from, uint64_t to) { std::ranges::copy(block(from), block(to).begin()); }
};

void check_all_there(ImageBuilder& image, const StrictEntries& entries,
                     const RepairOptions& options = kSomeRepair) {
  const Repaired repaired = repair_and_back(image, options);
  for (const Finding& finding : repaired.left) CHECK(finding.kind->severity == Severity::kNote);
  const StrictEntries after = entries_in(image);
  CHECK(after.tags == entries.tags);
  // In the order of their blocks.
  CHECK(std::ranges::is_permutation(after.snapshots, entries.snapshots));
  CHECK(std::ranges::is_permutation(after.modules, entries.modules));
}

}  // namespace

TEST_CASE("the first block of a table is found in a later place, whatever is in its own") {
  MovedImage image;
  const StrictEntries entries = entries_in(image);
  const std::vector<uint8_t> sound = image.bytes();
  using Damage = void (*)(MovedImage & image, uint64_t first, uint64_t spare);
  const std::pair<std::string, Damage> kDamages[] = {
      {"a spare block of another type",
       [](MovedImage& moved, uint64_t first, uint64_t spare) {
         moved.exchange(first, spare);
         moved.set_tag(first, "TAGI");
       }},
      {"the inode layout, which is rebuilt",
       [](MovedImage& moved, uint64_t first, uint64_t spare) {
         moved.exchange(first, spare);
         moved.exchange(first, moved.start("INOD"));
       }},
      {"noise",
       [](MovedImage& moved, uint64_t first, uint64_t spare) {
         moved.exchange(first, spare);
         moved.flip(first, 3);
       }},
      {"another block of the table, and the header is there twice",
       [](MovedImage& moved, uint64_t first, uint64_t spare) {
         moved.exchange(first, first + 1);
         moved.copy(first + 1, spare);
       }},
      {"a spare block, and the header counts nothing",
       [](MovedImage& moved, uint64_t first, uint64_t spare) {
         moved.patch(first, 0, "00000000").rehash(first);
         moved.exchange(first, spare);
       }},
  };
  for (const std::string_view type : {"SNAP", "CODE"}) {
    for (const auto& damage : kDamages) {
      CAPTURE(type);
      CAPTURE(damage.first);
      image.bytes() = sound;
      const uint64_t first = image.start(type);
      REQUIRE(all_zero(image.payload(first + 20)));
      damage.second(image, first, first + 20);
      check_all_there(image, entries);
    }
  }
}

TEST_CASE("a bit that flipped in a header, or in the block it changed places with, costs nothing") {
  MovedImage image;
  const StrictEntries entries = entries_in(image);
  const std::vector<uint8_t> sound = image.bytes();
  for (const std::string_view type : {"SNAP", "CODE"})
    for (const uint64_t damaged : {uint64_t{0}, uint64_t{1}}) {
      CAPTURE(type);
      CAPTURE(damaged);
      image.bytes() = sound;
      const uint64_t first = image.start(type);
      image.exchange(first, first + 1);
      image.flip(first + damaged, 100);
      check_all_there(image, entries, kSearching);
    }
}

TEST_CASE("a spare block between blocks with entries gets a trailer, which the SDK demands") {
  MovedImage image;
  const std::vector<Module> modules = modules_in(image.file());
  const uint64_t table = image.start("CODE");
  image.exchange(table + 1, table + 20);
  image.wipe(table + 1).flip(image.start("TAGI"), 9);
  repair_and_back(image);
  CHECK(modules_in(image.file()).size() == modules.size());
  CHECK(StrictReader(image.bytes()).outcome("CODE") == Outcome::kReads);
}

TEST_CASE("a block of the tag index whose type is another one's does not become a snapshot") {
  MovedImage image;
  const size_t snapshots = entries_in(image).snapshots.size();
  image.exchange(image.node(kTagRoot), image.start("SNAP") + 1);
  repair_and_back(image);
  CHECK(entries_in(image).snapshots.size() == snapshots - 7);
}

TEST_CASE("a leaf in the place of the tag index's header is read") {
  MovedImage image;
  const StrictEntries entries = entries_in(image);
  const uint64_t leaf = image.child(image.child(image.node(kTagRoot), 0), 1);
  SUBCASE("they changed places") {
    image.exchange(image.node(0), leaf);
  }
  SUBCASE("it was copied there, and its own place was overwritten") {
    image.copy(leaf, image.node(0));
    image.wipe(leaf);
  }
  check_all_there(image, entries);
}

TEST_CASE("a leaf in the places of the header and of the root does not pass for the whole tree") {
  MovedImage image;
  const StrictEntries entries = entries_in(image);
  const uint64_t leaf = image.last_leaf();
  image.copy(leaf, image.node(kTagRoot));
  image.exchange(leaf, image.node(0));
  check_all_there(image, entries);
}

TEST_CASE("a child number of another node costs no tag") {
  MovedImage image;
  const StrictEntries entries = entries_in(image);
  const uint64_t root = image.node(kTagRoot);
  SUBCASE("a leaf in the place of the inner node above it") {
    image.set_child(root, 0, image.child(image.child(root, 0), 2));
  }
  SUBCASE("the inner node next to it") {
    image.set_child(root, 0, image.child(root, 1));
  }
  SUBCASE("the last child is not counted") {
    TagNode node = image.read(root);
    REQUIRE(node.children.size() > 1);
    const auto count = static_cast<uint16_t>(node.keys.size() - 1);
    store_le(image.payload(root), 1, count);
    image.rehash(root);
  }
  check_all_there(image, entries);
}

TEST_CASE("without a header, another node in the place of the root does not pass for it") {
  MovedImage image;
  const StrictEntries entries = entries_in(image);
  const uint64_t root = image.node(kTagRoot);
  SUBCASE("an inner node") {
    image.copy(image.child(root, 1), root);
  }
  SUBCASE("the last leaf, which changed places with it") {
    image.exchange(image.last_leaf(), root);
  }
  image.flip(image.node(0), 9);
  check_all_there(image, entries);
}

TEST_CASE("a copy of a leaf that has changed since gives no tag twice") {
  MovedImage image;
  const uint64_t inner = image.child(image.node(kTagRoot), 0);
  const uint64_t leaf = image.child(inner, 1);
  const uint64_t next = image.child(inner, 2);
  const size_t lost = image.read(leaf).entries.size();
  const size_t tags = entries_in(image).tags.size();
  image.copy(next, leaf);
  store_le(image.payload(next).last(kTagLinkSize), 0, int32_t{0});
  image.rehash(next);
  CHECK(repair_and_back(image).plan.lost.tags == lost);
  CHECK(entries_in(image).tags.size() == tags - lost);
}
