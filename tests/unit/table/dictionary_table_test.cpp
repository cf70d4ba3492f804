// The table of compression dictionaries: its entries, and what it refuses.
#include "table/dictionary_table.h"

#include <doctest/doctest.h>

#include "base/checked.h"
#include "format/region_map.h"
#include "support/dictionary_image.h"
#include "support/session.h"
#include "support/vectors.h"
#include "support/verify_list.h"
#include "vde/text.h"

using namespace vde;
using namespace vde::test;

namespace {

// Blocks of 512 bytes; `count` dictionaries of one block each, with the ids 0, 1, 2...
struct TableImage {
  explicit TableImage(uint8_t count) : image({512, 256, kAllModules}) {
    add_dictionaries(image, count);
  }

  [[nodiscard]] FileSource source() {
    return {BlockIo(image.file(), 512),
            {kDictionaryTable, kDictionaryTable + 4},
            block_types::kDictionaries};
  }
  [[nodiscard]] Result<std::vector<Dictionary>> all() {
    FileSource blocks = source();
    std::vector<Dictionary> found;
    VDE_TRY(walk_dictionaries(blocks, [&](const Dictionary& entry) {
      found.push_back(entry);
      return true;
    }));
    return found;
  }
  [[nodiscard]] Result<std::vector<BlockRange>> blocks(uint64_t total = 256) {
    FileSource table = source();
    return dictionary_blocks(table, total);
  }

  ImageBuilder image;
};

Dictionary dictionary_of(const nlohmann::json& listed) {
  Dictionary entry;
  entry.id = listed.at("id");
  entry.algorithm = listed.at("algorithm");
  entry.first_block = listed.at("first_block");
  entry.block_count = listed.at("block_count");
  entry.size = listed.at("size");
  entry.trained = Ticks{listed.at("trained_ticks").get<int64_t>()};
  entry.samples = listed.at("samples");
  const std::vector<uint8_t> hash = from_hex(listed.at("hash").get<std::string>()).value();
  std::ranges::copy(hash, entry.hash.begin());
  return entry;
}

}  // namespace

TEST_CASE("samples hold the dictionaries of their listings, and verify reports them as expected") {
  for (const std::string name : {"dict-4", "dict-empty", "dict-references"}) {
    CAPTURE(name);
    const nlohmann::json listing = vector_listing(name);
    ImageBuilder image(vector_image(name), 4096);
    const RegionSlot slot = image.slots()[image.slot_of("DICT")];
    FileSource source(BlockIo(image.file(), 4096), block_range(slot.start, slot.count).value(),
                      block_types::kDictionaries);
    std::vector<Dictionary> found;
    must(walk_dictionaries(source, [&](const Dictionary& entry) {
      found.push_back(entry);
      return true;
    }));
    std::vector<Dictionary> listed;
    std::vector<BlockRange> blocks;
    for (const auto& entry : listing.at("compression_dictionaries").at("dictionaries")) {
      listed.push_back(dictionary_of(entry));
      const auto first = static_cast<uint64_t>(listed.back().first_block);
      blocks.push_back({first, first + 1});
    }
    CHECK(found == listed);
    CHECK(must(dictionary_blocks(source, listing.at("superblock").at("total_blocks"))) == blocks);

    const Verified result = verified(image.file());
    REQUIRE(listing.at("verdict") == "clean");
    CHECK(result.summary.errors == 0);
    CHECK(result.summary.warnings == 0);
    // Unwritten bytes cause a note; no block of the image is leaked.
    const auto unwritten = static_cast<size_t>(std::ranges::count(result.codes, "DICT-009"));
    CHECK(unwritten == (name == "dict-references" ? listed.size() : 0));
    CHECK(std::ranges::count(result.codes, "BMAP-007") == 0);
  }
}

TEST_CASE("dictionaries are visited in table order, over all blocks") {
  // Seven entries of 68 bytes in each payload of 496, also in the one with the header.
  TableImage image(20);
  const std::vector<Dictionary> found = must(image.all());
  REQUIRE(found.size() == 20);
  for (size_t i = 0; i < found.size(); ++i) {
    CHECK(found[i].id == i);
    CHECK(found[i].first_block == static_cast<int64_t>(200 + i));
  }
  CHECK(must(TableImage(0).all()).empty());
}

TEST_CASE("a count that no region can hold is damage, and no entry is visited") {
  CHECK(max_dictionaries(4, 512) == 28);
  CHECK(max_dictionaries(64, 4096) == kMaxDictionaries);
  CHECK(max_dictionaries(UINT64_MAX, 512) == kMaxDictionaries);
  for (const int32_t count : {-1, INT32_MIN, 29, INT32_MAX}) {
    CAPTURE(count);
    TableImage image(3);
    count_dictionaries(image.image, count);
    CHECK(image.all().error().code == ErrorCode::kDamaged);
    CHECK(image.blocks().error().code == ErrorCode::kDamaged);
  }
}

TEST_CASE("an invalid block of the table is damage, unless it is after the entries") {
  TableImage image(8);
  image.image.flip(kDictionaryTable + 2, 7);
  CHECK(must(image.all()).size() == 8);
  image.image.flip(kDictionaryTable + 1, 7);
  const auto found = image.all();
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error().code == ErrorCode::kDamaged);
  CHECK(found.error().block == kDictionaryTable + 1);
}

TEST_CASE("a table whose first block is lost is not empty") {
  TableImage spare(0);
  CHECK(must(spare.all()).empty());
  spare.image.wipe(kDictionaryTable);
  CHECK(spare.all().error().code == ErrorCode::kDamaged);
  TableImage content(8);
  content.image.write(kDictionaryTable, "DICT", "");
  CHECK(content.all().error().code == ErrorCode::kDamaged);
  TableImage none(0);
  for (uint64_t block = kDictionaryTable; block < kDictionaryTable + 4; ++block)
    none.image.wipe(block);
  CHECK(must(none.all()).empty());
}

TEST_CASE("the blocks of dictionaries are returned in order, and damage among them is an error") {
  TableImage image(3);
  const std::vector<BlockRange> three = {{200, 201}, {201, 202}, {202, 203}};
  CHECK(must(image.blocks()) == three);
  CHECK(image.blocks(202).error().code == ErrorCode::kDamaged);
  const auto with_first = [&](const std::function<void(Dictionary&)>& change) {
    Dictionary entry{0, 0, 200, 1, 100, {}, 0, {}};
    change(entry);
    put_dictionary(image.image, 0, entry);
    return image.blocks();
  };
  for (const auto& change : std::initializer_list<std::function<void(Dictionary&)>>{
           [](Dictionary& entry) { entry.first_block = -1; },
           [](Dictionary& entry) { entry.first_block = 9; },
           [](Dictionary& entry) { entry.first_block = INT64_MAX; },
           [](Dictionary& entry) { entry.first_block = 202; },
           [](Dictionary& entry) { entry.block_count = -1; },
           [](Dictionary& entry) { entry.block_count = 2; },
           [](Dictionary& entry) { entry.size = -1; }})
    CHECK(with_first(change).error().code == ErrorCode::kDamaged);
  CHECK(must(with_first([](Dictionary& entry) { entry.block_count = 0; })) ==
        std::vector<BlockRange>{{201, 202}, {202, 203}});
}
