// The query index (BTRE) is a tag index in another region: it gets the same checks, and findings
// name its own region.
#include <doctest/doctest.h>

#include "format/tag/tag_index.h"
#include "support/must.h"
#include "support/table_image.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

// An index of one key with blocks of type TAGI, as the SDK writes it.
void make_query_index(ImageBuilder& image, int32_t counted) {
  make_table_region(image, block_types::kQueryIndex);
  for (uint64_t block = kTableStart; block < kTableStart + kTableBlocks; ++block)
    image.write(block, "TAGI", "");
  TagIndexHeader header;
  header.entry_count = counted;
  kTagIndexHeaderLayout.encode(header, image.payload(kTableStart));
  bloom_insert(image.payload(kTableStart).subspan(kTagIndexHeaderLayout.size()),
               static_cast<uint32_t>(header.bloom_bits), header.bloom_hashes, "idx:name");
  TagNode leaf;
  leaf.entries.push_back({"idx:name", "asc", 0, 0});
  must(encode_tag_node(leaf, image.payload(kTableStart + 1)));
  image.rehash(kTableStart).rehash(kTableStart + 1);
}

}  // namespace

TEST_CASE("a query index with blocks of type TAGI is valid") {
  ImageBuilder image;
  make_query_index(image, 1);
  CHECK(verified(image.file()).codes.empty());
}

TEST_CASE("the checks of the tag index find damage in the query index") {
  ImageBuilder image;
  make_query_index(image, 2);
  const Verified result = verified(image.file());
  REQUIRE(result.codes == std::vector<std::string>{"TAGI-009"});
  CHECK(result.findings[0].block == kTableStart);
  CHECK(result.findings[0].region == "BTRE");
}

TEST_CASE("the tag index and the query index are checked separately") {
  ImageBuilder image;
  make_query_index(image, 1);
  image.patch(kTableStart + 1, 0, "02").rehash(kTableStart + 1);
  image.patch(image.start("TAGI") + 1, 0, "02").rehash(image.start("TAGI") + 1);
  std::vector<std::string> regions;
  for (const Finding& finding : verified(image.file()).findings) regions.push_back(finding.region);
  CHECK(regions == std::vector<std::string>{"TAGI", "BTRE"});
}

TEST_CASE("blocks of another type in the region are still reported") {
  ImageBuilder image;
  make_query_index(image, 1);
  image.set_tag(kTableStart + 2, "SNAP");
  CHECK(verified(image.file()).codes == std::vector<std::string>{"BLCK-004"});
}
