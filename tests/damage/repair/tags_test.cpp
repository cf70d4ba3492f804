// The tag tree rebuilt from its leaves: the tags of intact leaves are kept, lost ones are reported,
// and every reader accepts the new tree.
#include <doctest/doctest.h>

#include <algorithm>

#include "format/tag/tag_index.h"
#include "support/repair_image.h"
#include "support/strict/strict_reader.h"
#include "support/verify_list.h"
#include "vde/tags.h"

using namespace vde;
using namespace vde::test;

namespace {

// An image of 512-byte blocks, whose journal has room for commits of about 30 blocks.
class TaggedImage {
 public:
  explicit TaggedImage(uint64_t blocks = 4096) : image({512, blocks, kAllModules}) {}

  TaggedImage& set(const std::vector<TagEntry>& entries) {
    const auto writer = must(TagWriter::open(image.file(), kSomeOptions));
    for (const TagEntry& entry : entries) must(writer->set(entry));
    must(writer->commit());
    must(writer->close());
    return *this;
  }

  [[nodiscard]] uint64_t region() { return image.start("TAGI"); }

  // The leaves below the root's first child, as blocks of the image.
  [[nodiscard]] std::vector<uint64_t> some_leaves() {
    uint64_t number = region() + kTagRoot;
    TagNode node = must(decode_tag_node(image.payload(number)));
    std::vector<uint64_t> leaves;
    while (!node.leaf) {
      leaves.clear();
      for (const int32_t child : node.children)
        leaves.push_back(region() + static_cast<uint64_t>(child));
      node = must(decode_tag_node(image.payload(leaves.front())));
    }
    return leaves;
  }

  // Repairs the index twice, undoes that and repairs it again; returns the losses of the first
  // repair.
  std::string repair() {
    const Repaired repaired = repair_and_back(image);
    REQUIRE(repaired.plan.steps.size() == 1);
    CHECK(repaired.plan.notes.empty());
    CHECK(repaired.left.empty());
    return repaired.plan.steps[0].loses;
  }

  // In the order of key, inode and value, as vdetool and the strict reader agree to list them.
  [[nodiscard]] std::vector<TagEntry> tags() {
    std::vector<TagEntry> all;
    const auto reader = open_tags(image.file());
    must(reader->find({}, [&](const TagView& entry) {
      all.push_back({std::string(entry.key), std::string(entry.value), entry.inode, entry.block});
      return true;
    }));
    CHECK(StrictReader(image.bytes()).tags().size() == all.size());
    return all;
  }

  ImageBuilder image;
};

std::string padded(int64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(6 - digits.size(), '0') + digits;
}

std::vector<TagEntry> numbered_tags(int64_t count) {
  std::vector<TagEntry> entries;
  for (int64_t i = 0; i < count; ++i) entries.push_back({"key" + padded(i), "value", i, 100});
  return entries;
}

}  // namespace

TEST_CASE("a tag tree too large for one commit is rebuilt in free blocks, with both filters") {
  const std::vector<TagEntry> entries = numbered_tags(3000);
  TaggedImage tagged;
  tagged.set(entries);
  const std::vector<uint8_t> whole = tagged.image.bytes();
  for (const uint64_t block : {uint64_t{0}, uint64_t{1}}) {
    CAPTURE(block);
    tagged.image.bytes() = whole;
    const uint64_t old = tagged.region();
    tagged.image.flip(old + block, 9);
    CHECK(tagged.repair() == "");
    CHECK(tagged.region() != old);
    CHECK(tagged.tags() == entries);
    const auto reader = open_tags(tagged.image.file());
    Activity activity;
    CHECK(must(reader->stats(activity)).bloom.extended);
  }
}

TEST_CASE("a damaged leaf loses only its own tags, and they are reported") {
  const std::vector<TagEntry> entries = numbered_tags(3000);
  TaggedImage tagged;
  tagged.set(entries);
  const uint64_t leaf = tagged.some_leaves()[1];
  const TagNode node = must(decode_tag_node(tagged.image.payload(leaf)));
  tagged.image.flip(leaf, 480, 7);
  const std::string loses = tagged.repair();
  CAPTURE(loses);
  const std::vector<TagEntry>& lost = node.entries;
  REQUIRE(lost.size() > 3);
  CHECK(loses.find(std::to_string(lost.size()) + " of 3000 tags (block " + std::to_string(leaf) +
                   "); readable there (unverified): ") == 0);
  CHECK(loses.find("'" + lost[0].key + "' of inode " + std::to_string(lost[0].inode)) !=
        std::string::npos);
  std::vector<TagEntry> kept = entries;
  std::erase_if(kept, [&](const TagEntry& e) { return std::ranges::find(lost, e) != lost.end(); });
  CHECK(tagged.tags() == kept);
}

TEST_CASE("a repair keeps runs of equal keys around the length of a leaf") {
  for (const int64_t longest : {40, 400}) {
    CAPTURE(longest);
    std::vector<TagEntry> entries;
    for (int64_t length = 1; length <= longest; length += longest / 10)
      for (int64_t inode = 0; inode < length; ++inode)
        entries.push_back({"run" + padded(length), "v", inode, 0});
    TaggedImage tagged;
    tagged.set(entries);
    tagged.image.flip(tagged.region(), 100);
    CHECK(tagged.repair() == "");
    CHECK(tagged.tags() == entries);
    const auto reader = open_tags(tagged.image.file());
    for (int64_t length = 1; length <= longest; length += longest / 10) {
      int64_t count = 0;
      TagQuery query;
      query.prefix = "run" + padded(length);
      must(reader->find(query, [&](const TagView&) {
        ++count;
        return true;
      }));
      CHECK(count == length);
    }
  }
}

TEST_CASE("old leaves are not used if the tree has all tags") {
  TaggedImage tagged(256);
  const uint64_t region = tagged.region();
  const auto put = [&](uint64_t number, TagNode node, uint32_t generation) {
    tagged.image.write(region + number, "TAGI", "");
    must(encode_tag_node(node, tagged.image.payload(region + number)));
    tagged.image.set_generation(region + number, generation).rehash(region + number);
  };
  const auto leaf = [](std::vector<TagEntry> entries) {
    TagNode node;
    node.entries = std::move(entries);
    return node;
  };
  // The same tag twice and unsorted, as other programs may write it.
  put(1, leaf({{"b", "2", 5, 0}, {"b", "1", 5, 0}, {"b", "0", 3, 0}}), 1);
  put(2, leaf({{"a", "old", 1, 0}, {"c", "old", 1, 0}}), 1);
  put(3, leaf({{"a", "new", 1, 0}}), 2);

  SUBCASE("the count is wrong") {
    tagged.image.patch(region, 0, "02").rehash(region);
    CHECK(tagged.repair() == "");
    CHECK(tagged.tags() ==
          std::vector<TagEntry>{{"b", "0", 3, 0}, {"b", "2", 5, 0}, {"b", "1", 5, 0}});
  }
  SUBCASE("the only leaf is lost") {
    tagged.image.patch(region, 0, "03").rehash(region).flip(region + 1, 200);
    const std::string loses = tagged.repair();
    CHECK(loses.find("3 of 3 tags (block ") == 0);
    CHECK(loses.find(" 'b' of inode 3, 'b' of inode 5") != std::string::npos);
    CHECK(tagged.tags().empty());
  }
  SUBCASE("an inner node is lost, and the newest of the leaves are used") {
    tagged.image.patch(region, 0, "0200000001").rehash(region).flip(region + 1, 200);
    CHECK(tagged.repair() == "");
    CHECK(tagged.tags() == std::vector<TagEntry>{{"a", "new", 1, 0}, {"c", "old", 1, 0}});
  }
}

TEST_CASE("an intact leaf that claims too many entries keeps those that it has") {
  TaggedImage tagged(256);
  tagged.set(numbered_tags(5));
  const uint64_t root = tagged.region() + kTagRoot;
  tagged.image.patch(root, 1, "ffff").rehash(root);
  CHECK(tagged.repair() == "");
  CHECK(tagged.tags() == numbered_tags(5));
}

TEST_CASE("a large tag tree is not repaired without free space, and the reason is given") {
  TaggedImage tagged;
  tagged.set(numbered_tags(3000));
  {
    const auto volume = open_volume(tagged.image.file());
    Transaction transaction = must(volume->begin());
    const auto free = static_cast<uint64_t>(transaction.superblock().free_blocks);
    for (uint64_t taken = 0; taken < free; ++taken)
      must(volume->allocator().allocate(transaction, 1));
    must(volume->commit(transaction));
    must(volume->close());
  }
  tagged.image.flip(tagged.region(), 100);
  Activity activity;
  const RepairPlan plan = must(plan_repair(tagged.image.file(), kSomeRepair, activity));
  CHECK(plan.steps.empty());
  REQUIRE(plan.notes.size() == 1);
  CHECK(plan.notes[0].find("the tag tree cannot be rebuilt") == 0);
  for (const Finding& finding : verified(tagged.image.file()).findings)
    CHECK_FALSE(finding.fixable);
}

TEST_CASE("an empty index whose first block was never written is rebuilt") {
  ImageBuilder image({512, 256, kAllModules});
  const uint64_t region = image.start("TAGI");
  std::ranges::fill(image.block(region), uint8_t{0});
  image.write(region + 1, "TAGI", "");
  CHECK(verified(image.file()).codes == std::vector<std::string>{"BLCK-009"});
  CHECK(repair_and_back(image).left.empty());
}
