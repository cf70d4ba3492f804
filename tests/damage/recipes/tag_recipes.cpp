#include "damage/recipes/recipes.h"
#include "format/tag/tag_extension.h"
#include "format/tag/tag_filter.h"
#include "format/tag/tag_leaf.h"
#include "support/must.h"
#include "support/one_change.h"

namespace vde::test {
namespace {

// The region has blocks 76 to 79. The tree: a root with separator "m" and leaves in blocks 2 and 3.
constexpr uint64_t kHeader = 76;
constexpr uint64_t kRootBlock = 77;
constexpr uint64_t kLeftLeaf = 78;
constexpr uint64_t kRightLeaf = 79;
// The blocks of the large index of the last recipe.
constexpr uint64_t kLargeIndex = 77;

TagNode leaf_of(std::vector<TagEntry> entries, int32_t next) {
  TagNode node;
  node.entries = std::move(entries);
  node.next_leaf = next;
  return node;
}

TagNode inner_of(std::vector<std::string> keys, std::vector<int32_t> children) {
  TagNode node;
  node.leaf = false;
  node.keys = std::move(keys);
  node.children = std::move(children);
  return node;
}

void put_node(ImageBuilder& image, uint64_t number, const TagNode& node) {
  image.write(number, "TAGI", "");
  if (!encode_tag_node(node, image.payload(number)))
    throw std::logic_error("the node is too large");
  image.rehash(number);
}

void put_keys(ImageBuilder& image, const std::vector<std::string>& keys) {
  for (const std::string& key : keys)
    bloom_insert(image.payload(kHeader).subspan(16), kDefaultBloomBits, kDefaultBloomHashes, key);
  image.rehash(kHeader);
}

void change_header(ImageBuilder& image, const std::function<void(TagIndexHeader&)>& change) {
  edit(image, kHeader, 0, kTagIndexHeaderLayout, change).rehash(kHeader);
}

void plant(ImageBuilder& image) {
  put_node(image, kRootBlock, inner_of({"m"}, {2, 3}));
  put_node(image, kLeftLeaf, leaf_of({{"a", "1", 1, 0}, {"b", "2", 1, 0}}, 3));
  put_node(image, kRightLeaf, leaf_of({{"m", "3", 1, 0}, {"n", "4", 1, 0}}, 0));
  change_header(image, [](TagIndexHeader& header) {
    header.entry_count = 4;
    header.depth = 1;
  });
  put_keys(image, {"a", "b", "m", "n"});
}

void put_record(ImageBuilder& image, const std::function<void(TagExtension&)>& change) {
  TagExtension record;
  record.high_water = 4;
  change(record);
  encode_tag_extension(record, image.payload(kHeader));
  image.rehash(kHeader);
}

// The root is the only leaf and has one tag.
void plant_one(ImageBuilder& image) {
  put_node(image, kRootBlock, leaf_of({{"a", "1", 1, 0}}, 0));
  change_header(image, [](TagIndexHeader& header) {
    header.entry_count = 1;
    header.depth = 0;
  });
}

// A line filter of one line, in node `start`.
void put_filter(ImageBuilder& image, uint32_t start) {
  put_record(image, [=](TagExtension& record) {
    record.filter_start = start;
    record.filter_lines = 1;
  });
}

void put_free_list(ImageBuilder& image, int32_t head, uint32_t count) {
  put_record(image, [=](TagExtension& record) {
    record.free_head = head;
    record.free_count = count;
  });
}

void say_sorted(ImageBuilder& image) {
  put_record(image, [](TagExtension& record) { record.flags = kTagEqualKeysSorted; });
}

Recipe planted(std::string code, std::string name, std::function<void(ImageBuilder&)> damage,
               uint64_t block, std::vector<std::string> expected = {}) {
  if (expected.empty()) expected = {code};
  return {std::move(code), std::move(name),
          [damage = std::move(damage)](ImageBuilder& image) {
            plant(image);
            damage(image);
          },
          std::move(expected), block};
}

// Recipes with a wrong root.
Recipe rooted(std::string code, std::string name, std::string separator,
              std::vector<int32_t> children, uint64_t block) {
  return planted(
      std::move(code), std::move(name),
      [=](ImageBuilder& image) { put_node(image, kRootBlock, inner_of({separator}, children)); },
      block);
}

// A region of eight blocks, 76 to 83, for trees with more levels; the data area begins after it.
void widen(ImageBuilder& image) {
  for (uint64_t block = kRightLeaf + 1; block < kHeader + 8; ++block)
    image.data_block(block, 0).set_tag(block, "TAGI");
  image.slot(image.slot_of("TAGI"), [](RegionSlot& slot) { slot.count += 4; });
  image.slot(image.slot_of("DATA"), [](RegionSlot& slot) {
    slot.start += 4;
    slot.count -= 4;
  });
}

// Recipes with wrong separators or levels: `damage` rewrites the tree from the root.
Recipe widened(std::string code, std::string name, std::function<void(ImageBuilder&)> damage,
               uint64_t block) {
  return {code,
          std::move(name),
          [damage = std::move(damage)](ImageBuilder& image) {
            widen(image);
            damage(image);
          },
          {code},
          block,
          {4096, 256, "tags"}};
}

// The header of a tree of empty leaves.
void count_none(ImageBuilder& image, int16_t depth) {
  change_header(image, [=](TagIndexHeader& header) { header.depth = depth; });
}

void add_levels(std::vector<Recipe>& recipes) {
  recipes.push_back(widened(
      "TAGI-005", "separators of an inner node have changed places",
      [](ImageBuilder& image) {
        put_node(image, kRootBlock, inner_of({"m", "b"}, {2, 3, 4}));
        put_node(image, kHeader + 2, leaf_of({}, 3));
        put_node(image, kHeader + 3, leaf_of({}, 4));
        put_node(image, kHeader + 4, leaf_of({}, 0));
        count_none(image, 1);
      },
      kRootBlock));
  recipes.push_back(widened(
      "TAGI-006", "a separator is greater than the one above it",
      [](ImageBuilder& image) {
        put_node(image, kRootBlock, inner_of({"m"}, {2, 3}));
        put_node(image, kHeader + 2, inner_of({"n"}, {4, 5}));
        put_node(image, kHeader + 3, inner_of({}, {6}));
        put_node(image, kHeader + 4, leaf_of({}, 5));
        put_node(image, kHeader + 5, leaf_of({}, 6));
        put_node(image, kHeader + 6, leaf_of({}, 0));
        count_none(image, 2);
      },
      kHeader + 2));
  recipes.push_back(widened(
      "TAGI-007", "a leaf is one level higher than the one before",
      [](ImageBuilder& image) {
        put_node(image, kRootBlock, inner_of({"m"}, {2, 3}));
        put_node(image, kHeader + 2, inner_of({}, {4}));
        put_node(image, kHeader + 3, leaf_of({}, 0));
        put_node(image, kHeader + 4, leaf_of({}, 3));
        count_none(image, 2);
      },
      kHeader + 3));
}

void add_header(std::vector<Recipe>& recipes) {
  const auto header = [&](std::string name, void (*change)(TagIndexHeader&)) {
    recipes.push_back(planted(
        "TAGI-001", std::move(name), [=](ImageBuilder& image) { change_header(image, change); },
        kHeader));
  };
  header("a negative count", [](TagIndexHeader& h) { h.entry_count = -1; });
  header("a negative depth", [](TagIndexHeader& h) { h.depth = -1; });
  header("no Bloom bits", [](TagIndexHeader& h) { h.bloom_bits = 0; });
  header("no Bloom hashes", [](TagIndexHeader& h) { h.bloom_hashes = 0; });
  header("more Bloom bits than block 0 has", [](TagIndexHeader& h) { h.bloom_bits = 32513; });
  recipes.push_back(planted(
      "TAGI-001", "the region ends with the header",
      [](ImageBuilder& image) {
        image.slot(image.slot_of("TAGI"), [](RegionSlot& slot) { slot.count = 1; });
      },
      kHeader));
  recipes.push_back(lost(planted(
      "TAGI-001", "the region of an index that was never used is one block",
      [](ImageBuilder& image) {
        image.clear_payload(kHeader).rehash(kHeader);
        image.slot(image.slot_of("TAGI"), [](RegionSlot& slot) { slot.count = 1; });
      },
      kHeader)));
  recipes.push_back(planted(
      "SUPB-005", "the reserved bytes of the tag index",
      [](ImageBuilder& image) {
        change_header(image, [](TagIndexHeader& h) { h.reserved[4] = 1; });
      },
      kHeader));
  recipes.push_back(planted(
      "TAGI-007", "the header says another depth",
      [](ImageBuilder& image) { change_header(image, [](TagIndexHeader& h) { h.depth = 2; }); },
      kHeader));
  recipes.push_back(planted(
      "TAGI-009", "the header counts one more",
      [](ImageBuilder& image) {
        change_header(image, [](TagIndexHeader& h) { h.entry_count = 5; });
      },
      kHeader));
  recipes.push_back(planted(
      "TAGI-010", "one bit of the Bloom filter is lost",
      [](ImageBuilder& image) {
        const MutableBytes bits = image.payload(kHeader).subspan(16, 1024);
        std::fill(bits.begin(), bits.end(), uint8_t{0});
        put_keys(image, {"a", "b", "m"});
      },
      kRightLeaf));
}

void add_nodes(std::vector<Recipe>& recipes) {
  recipes.push_back(planted(
      "TAGI-002", "a leaf was never written", [](ImageBuilder& image) { image.wipe(kRightLeaf); },
      kRightLeaf));
  recipes.push_back(planted(
      "TAGI-002", "a leaf claims more entries than it has",
      [](ImageBuilder& image) { image.patch(kLeftLeaf, 1, "ff01").rehash(kLeftLeaf); }, kLeftLeaf));
  recipes.push_back(planted(
      "TAGI-002", "a node of type 7",
      [](ImageBuilder& image) { image.patch(kLeftLeaf, 0, "07").rehash(kLeftLeaf); }, kLeftLeaf));
  recipes.push_back(rooted("TAGI-003", "both children are the same leaf", "m", {2, 2}, kLeftLeaf));
  recipes.push_back(rooted("TAGI-004", "a child after the region", "m", {2, 4}, kRootBlock));
  recipes.push_back(rooted("TAGI-004", "the root is its own child", "m", {1, 3}, kRootBlock));
  recipes.push_back(planted(
      "TAGI-007", "a leaf and an inner node on one level",
      [](ImageBuilder& image) {
        put_node(image, kLeftLeaf, inner_of({}, {3}));
        put_node(image, kRightLeaf, leaf_of({}, 0));
        put_node(image, kRootBlock, inner_of({}, {2}));
        change_header(image, [](TagIndexHeader& h) { h.entry_count = 0; });
      },
      kHeader));
  recipes.push_back(planted(
      "TAGI-008", "the left leaf is the last of its chain",
      [](ImageBuilder& image) {
        put_node(image, kLeftLeaf, leaf_of({{"a", "1", 1, 0}, {"b", "2", 1, 0}}, 0));
      },
      kRightLeaf));
  recipes.push_back(planted(
      "TAGI-008", "the chain continues after the last leaf",
      [](ImageBuilder& image) {
        put_node(image, kRightLeaf, leaf_of({{"m", "3", 1, 0}, {"n", "4", 1, 0}}, 2));
      },
      kHeader));
}

void add_tag_entries(std::vector<Recipe>& recipes) {
  recipes.push_back(planted(
      "TAGI-005", "two entries of a leaf have changed places",
      [](ImageBuilder& image) {
        put_node(image, kLeftLeaf, leaf_of({{"b", "2", 1, 0}, {"a", "1", 1, 0}}, 3));
      },
      kLeftLeaf));
  recipes.push_back(rooted("TAGI-006", "the separator is greater than the first key after it", "n",
                           {2, 3}, kRightLeaf));
  for (const int64_t address : {int64_t{256}, int64_t{-1}, INT64_MIN})
    recipes.push_back(planted(
        "TAGI-016", "an address outside the volume",
        [=](ImageBuilder& image) {
          put_node(image, kRightLeaf, leaf_of({{"m", "3", 1, 255}, {"n", "4", 1, address}}, 0));
        },
        kRightLeaf));
  recipes.push_back(planted(
      "TAGI-015", "an unreachable leaf",
      [](ImageBuilder& image) {
        plant_one(image);
        image.wipe(kLeftLeaf);
      },
      kRightLeaf));
  recipes.push_back(planted(
      "TAGI-018", "an unreachable block of another kind",
      [](ImageBuilder& image) {
        plant_one(image);
        image.wipe(kLeftLeaf).write(kRightLeaf, "TAGI", "07");
      },
      kRightLeaf));
}

void add_leaf_counts(std::vector<Recipe>& recipes) {
  recipes.push_back(planted(
      "TAGI-009", "a leaf counts fewer entries than it holds",
      [](ImageBuilder& image) { image.patch(kLeftLeaf, 1, "0100").rehash(kLeftLeaf); }, kHeader));
}

void add_extension(std::vector<Recipe>& recipes) {
  recipes.push_back(planted(
      "TAGI-011", "the line filter has no bits",
      [](ImageBuilder& image) {
        plant_one(image);
        image.write(kLeftLeaf, "TAGI", "").write(kRightLeaf, "TAGI", "");
        put_filter(image, 2);
      },
      kLeftLeaf));
  recipes.push_back(planted(
      "TAGI-011", "a block of the line filter was never written",
      [](ImageBuilder& image) {
        plant_one(image);
        image.wipe(kLeftLeaf).write(kRightLeaf, "TAGI", "");
        put_filter(image, 2);
      },
      kLeftLeaf));
  recipes.push_back(planted(
      "TAGI-011", "the line filter lies outside the region",
      [](ImageBuilder& image) { put_filter(image, 4); }, kHeader));
  recipes.push_back(planted(
      "TAGI-012", "the index of a leaf has another fingerprint",
      [](ImageBuilder& image) {
        TagLeafWriter writer(image.payload(kRightLeaf));
        writer.add({"m", "3", 1, 0}, tag_key_hash("m"));
        writer.add({"n", "4", 1, 0}, tag_key_hash("o"));
        writer.finish(0);
        image.rehash(kRightLeaf);
      },
      kRightLeaf));
  recipes.push_back(planted(
      "TAGI-013", "the free list leads to a leaf",
      [](ImageBuilder& image) { put_free_list(image, 2, 1); }, kLeftLeaf));
  recipes.push_back(planted(
      "TAGI-013", "the free list has fewer nodes than it should",
      [](ImageBuilder& image) { put_free_list(image, 0, 1); }, kHeader));
  recipes.push_back(planted(
      "TAGI-013", "the free list leads out of the region",
      [](ImageBuilder& image) { put_free_list(image, 4, 1); }, kHeader));
  recipes.push_back(planted(
      "TAGI-013", "more blocks than the region has are said to be in use",
      [](ImageBuilder& image) {
        put_record(image, [](TagExtension& record) { record.high_water = 5; });
      },
      kHeader));
  recipes.push_back(planted(
      "TAGI-013", "a node lies after the blocks that are in use",
      [](ImageBuilder& image) {
        put_record(image, [](TagExtension& record) { record.high_water = 3; });
      },
      kRightLeaf));
  recipes.push_back(planted(
      "TAGI-017", "the header is older than the nodes",
      [](ImageBuilder& image) {
        put_record(image, [](TagExtension&) {});
        image.set_generation(kHeader, 0);
      },
      kRootBlock));
  recipes.push_back(planted(
      "TAGI-014", "a leaf of a sorted index is empty",
      [](ImageBuilder& image) {
        put_node(image, kLeftLeaf, leaf_of({}, 3));
        change_header(image, [](TagIndexHeader& h) { h.entry_count = 2; });
        say_sorted(image);
      },
      kHeader));
  recipes.push_back(planted(
      "TAGI-014", "equal keys are not by inode",
      [](ImageBuilder& image) {
        put_node(image, kRightLeaf, leaf_of({{"m", "3", 2, 0}, {"m", "4", 1, 0}}, 0));
        say_sorted(image);
      },
      kRightLeaf));
}

// A tree that does not fit into half the journal: it is rebuilt in other blocks.
void add_large(std::vector<Recipe>& recipes) {
  recipes.push_back({"TAGI-009",
                     "the header of a large index counts one less",
                     [](ImageBuilder& image) {
                       const auto writer = must(TagWriter::open(image.file(), {}));
                       for (int64_t i = 0; i < 500; ++i)
                         must(writer->set({"key" + std::to_string(i), "value", i, 0}));
                       must(writer->commit());
                       must(writer->close());
                       const uint64_t head = image.start("TAGI");
                       edit(image, head, 0, kTagIndexHeaderLayout, [](TagIndexHeader& header) {
                         --header.entry_count;
                       }).rehash(head);
                     },
                     {"TAGI-009"},
                     kLargeIndex,
                     {512, 512, "tags", true}});
}

}  // namespace

std::vector<Recipe> tag_recipes() {
  std::vector<Recipe> recipes;
  add_header(recipes);
  add_nodes(recipes);
  add_levels(recipes);
  add_tag_entries(recipes);
  add_leaf_counts(recipes);
  add_extension(recipes);
  add_large(recipes);
  // Not repairable: notes, bytes that a later revision may have set, and addresses without a copy.
  for (Recipe& recipe : recipes)
    if (recipe.code == "TAGI-015" || recipe.code == "TAGI-016" || recipe.code == "SUPB-005" ||
        recipe.name == "the region ends with the header")
      recipe = lost(std::move(recipe));
  return recipes;
}

}  // namespace vde::test
