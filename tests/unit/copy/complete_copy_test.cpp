// Complete copies of the samples, and copies of their metadata.
#include <doctest/doctest.h>

#include "copy_in_memory.h"
#include "format/region/module_entry.h"
#include "support/effort.h"
#include "support/image_builder.h"
#include "support/session.h"
#include "support/vectors.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

// The part of `count` samples that effort takes.
size_t part_of(uint64_t count) {
  return scaled(count, std::min(1.0, test_effort()));
}

// That part of all samples, of any of them.
std::vector<std::string> some_samples() {
  std::vector<std::string> names = all_vector_names();
  Random random(1);
  for (size_t count = part_of(names.size()); names.size() > count;)
    names.erase(names.begin() + static_cast<ptrdiff_t>(random.below(names.size())));
  return names;
}

bool has_block_damage(const Verified& verified) {
  return std::ranges::any_of(verified.findings, is_block_damage);
}

// The codes of a verification of the metadata, without those of the journal's state.
std::vector<std::string> metadata_codes(std::vector<uint8_t> bytes) {
  MemoryFile file(std::move(bytes));
  std::vector<std::string> codes = verified(file, {VerifyScope::kMetadata, 1, 0}).codes;
  std::erase(codes, "MWAL-004");
  std::erase(codes, "ORIG-006");  // of the data area and what follows it
  return codes;
}

}  // namespace

TEST_CASE("a complete copy of a sample equals it, unless verify finds a damaged block") {
  size_t equal = 0;
  size_t refused = 0;
  for (const std::string& name : some_samples()) {
    CAPTURE(name);
    MemoryFile image(vector_image(name));
    const Verified found = verified(image);
    const auto copy = try_copy(image, CopyContent::kAll);
    if (found.error) {
      CHECK_FALSE(copy.has_value());
    } else if (has_block_damage(found)) {
      REQUIRE_FALSE(copy.has_value());
      CHECK(copy.error().code == ErrorCode::kDamaged);
      ++refused;
    } else {
      REQUIRE(copy.has_value());
      // Without commits in the journal.
      if (copy->summary.commits == 0) CHECK(copy->bytes == image.bytes());
      ++equal;
    }
  }
  CHECK(equal > part_of(60));
  CHECK(refused > 0);
}

TEST_CASE("verify says of the copied metadata of a sample what it says of the sample's") {
  size_t compared = 0;
  for (const std::string& name : some_samples()) {
    CAPTURE(name);
    MemoryFile image(vector_image(name));
    const auto copy = try_copy(image, CopyContent::kMetadata);
    if (!copy) continue;
    CHECK(metadata_codes(copy->bytes) == metadata_codes(image.bytes()));
    ++compared;
  }
  CHECK(compared > part_of(80));
}

TEST_CASE("scrubbing a sample adds no finding to those of its metadata") {
  size_t compared = 0;
  for (const std::string& name : some_samples()) {
    CAPTURE(name);
    MemoryFile image(vector_image(name));
    const auto copy = try_copy(image, CopyContent::kScrubbed);
    if (!copy) continue;
    std::vector<std::string> before = metadata_codes(image.bytes());
    // A damaged block becomes one that was never written.
    if (has_block_damage(verified(image))) before.insert(before.end(), {"BLCK-007", "BLCK-009"});
    MemoryFile scrubbed(copy->bytes);
    for (const Finding& finding : verified(scrubbed, {VerifyScope::kMetadata, 1, 0}).findings) {
      if (finding.kind->severity == Severity::kNote) continue;
      CAPTURE(std::string(finding.kind->code));
      CAPTURE(finding.message);
      CHECK(std::ranges::count(before, finding.kind->code) > 0);
    }
    ++compared;
  }
  CHECK(compared > part_of(80));
}

TEST_CASE("data blocks and the bytes of modules become holes in a copy of metadata") {
  ImageBuilder image;
  image.data_block(200, 0x55);
  const CopyResult copy = copied(image.bytes(), CopyContent::kMetadata);
  CHECK(all_zero(Bytes(copy.bytes).subspan(200 * 4096, 4096)));
  // Everything before the data area is there.
  CHECK(std::equal(copy.bytes.begin(), copy.bytes.begin() + 92 * 4096, image.bytes().begin()));
}

TEST_CASE("a damaged block that is in use ends a complete copy, and is named") {
  for (const uint64_t block : {0u, 3u, 5u, 8u, 9u, 10u, 11u, 12u, 76u, 80u, 84u, 88u, 200u}) {
    CAPTURE(block);
    ImageBuilder image;
    image.data_block(200, 0x55).flip(block, 40);
    const auto copy = try_copy(image.file(), CopyContent::kAll);
    REQUIRE_FALSE(copy.has_value());
    CHECK(copy.error().code == ErrorCode::kDamaged);
    CHECK(copy.error().block == block);
    CHECK(copy.error().hint.find("vdetool rescue IMAGE --output NEW") != std::string::npos);
  }
}

TEST_CASE("garbage in free blocks, in the journal and after the volume is copied as it is") {
  ImageBuilder image;
  hide_secret(image.block(150));  // free
  hide_secret(image.block(40));   // in the journal, after its header
  std::vector<uint8_t> bytes = image.bytes();
  bytes.resize(bytes.size() + 1000, 0x77);
  CHECK(copied(bytes, CopyContent::kAll).bytes == bytes);
}

TEST_CASE("the block of a module that the bitmap marks free is verified too") {
  ImageBuilder image(vector_image("code-1"), 4096);
  REQUIRE(try_copy(image.file(), CopyContent::kAll).has_value());
  const uint64_t table = image.start("CODE");
  const auto entry = must(decode_module_entry(Bytes(image.payload(table)).subspan(16))).entry;
  const auto first = static_cast<uint64_t>(entry.first_block);
  image.bits(first, first + 1, false).flip(first, 100);
  const auto copy = try_copy(image.file(), CopyContent::kAll);
  REQUIRE_FALSE(copy.has_value());
  CHECK(copy.error().block == first);
}

TEST_CASE("every damaged block of the metadata is reported, and copied as it is") {
  ImageBuilder image;
  image.flip(0, 40).flip(76, 40).flip(88, 40);
  const CopyResult copy = copied(image.bytes(), CopyContent::kMetadata);
  std::vector<uint64_t> blocks;
  for (const DamagedBlock& damage : copy.damaged) blocks.push_back(damage.block);
  CHECK(blocks == std::vector<uint64_t>{0, 76, 88});
  CHECK(copy.summary.damaged == 3);
  for (const uint64_t block : blocks)
    CHECK(std::equal(image.block(block).begin(), image.block(block).end(),
                     copy.bytes.begin() + static_cast<ptrdiff_t>(block * 4096)));
}

TEST_CASE("a damaged block of the metadata becomes zeros when it is scrubbed") {
  ImageBuilder image;
  image.flip(76, 40).flip(4, 40);
  const CopyResult copy = copied(image.bytes(), CopyContent::kScrubbed);
  for (const uint64_t block : {4u, 76u})
    CHECK(all_zero(Bytes(copy.bytes).subspan(block * 4096, 4096)));
  CHECK(copy.summary.damaged == 2);
}

TEST_CASE("commits that wait in the journal are applied in every copy, whose journal is empty") {
  for (const CopyContent content :
       {CopyContent::kAll, CopyContent::kMetadata, CopyContent::kScrubbed}) {
    ImageBuilder image;
    auto tags = must(TagWriter::open(image.file(), kSomeOptions));
    must(tags->set({"a key", "a value", 42, 0}));
    must(tags->commit());
    const std::vector<uint8_t> waiting = image.bytes();
    MemoryFile source(waiting);
    const auto copy = try_copy(source, content);
    REQUIRE(copy.has_value());
    CHECK(copy->summary.commits == 1);
    CHECK(source.bytes() == waiting);
    MemoryFile file(copy->bytes);
    const Verified found = verified(file, {VerifyScope::kMetadata, 1, 0});
    CHECK(found.summary.errors == 0);
    CHECK(std::ranges::count(found.codes, "MWAL-004") == 0);
    const Image opened = must(Image::open(std::make_unique<MemoryFile>(copy->bytes)));
    TagReader reader = must(opened.tags());
    Activity activity;
    CHECK(must(reader.stats(activity)).entries == 1);
  }
}
