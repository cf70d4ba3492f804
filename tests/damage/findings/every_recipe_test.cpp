// Causes every finding that verify can report: each recipe damages an intact image in one way and
// lists exactly what must be reported.
#include <doctest/doctest.h>

#include <set>

#include "damage/recipes/recipe_image.h"
#include "support/files/faulty_file.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

std::string joined(const std::vector<std::string>& codes) {
  std::string text;
  for (const std::string& code : codes) text += (text.empty() ? "" : " ") + code;
  return text;
}

}  // namespace

TEST_CASE("a new image has no findings, for every block size and set of features") {
  for (uint32_t block_size = kMinBlockSize; block_size <= kMaxBlockSize; block_size *= 2)
    for (const char* modules : {"none", "tags", "tags,snapshot,compute,integrity"}) {
      CAPTURE(block_size);
      CAPTURE(modules);
      ImageBuilder image({block_size, 256, modules});
      const Verified result = verified(image.file());
      CHECK(joined(result.codes) == "");
      CHECK_FALSE(result.error.has_value());
      CHECK(result.summary.blocks_checked > 0);
    }
}

TEST_CASE("each damage is reported with the right codes, and nothing else is reported") {
  for (const Recipe& recipe : all_recipes()) {
    CAPTURE(recipe.code);
    CAPTURE(recipe.name);
    RecipeImage image(recipe);
    FaultyFile file = image.faulty();
    const Verified result = verified(file, recipe.options());

    CHECK_MESSAGE(!result.error, (result.error ? result.error->message : ""));
    CHECK(joined(result.codes) == joined(recipe.expected));
    CHECK(std::set(result.codes.begin(), result.codes.end()).contains(recipe.code));
    if (!result.findings.empty()) CHECK(result.findings.front().block == recipe.block);
    for (const Finding& finding : result.findings) CHECK_FALSE(finding.message.empty());
    CHECK(image.bytes() == image.damaged());
  }
}

TEST_CASE("every kind of finding has a recipe") {
  std::set<std::string> covered;
  for (const Recipe& recipe : all_recipes()) covered.insert(recipe.code);
  for (const FindingKind& kind : finding_kinds()) {
    CAPTURE(kind.code);
    CHECK(covered.erase(std::string(kind.code)) == 1);
  }
  CHECK(covered.empty());
}

TEST_CASE("unreadable blocks are reported one by one, and the others are still checked") {
  ImageBuilder image;
  image.flip(81, 0).flip(89, 0);
  FaultyFile file(image.file(), image.block_size(), {77, 82, 90});
  const Verified result = verified(file);
  std::vector<std::pair<std::string, std::optional<uint64_t>>> found;
  for (size_t i = 0; i < result.codes.size(); ++i)
    found.emplace_back(result.codes[i], result.findings[i].block);
  const decltype(found) expected = {{"BLCK-006", 77}, {"BLCK-001", 81}, {"BLCK-006", 82},
                                    {"BLCK-001", 89}, {"BLCK-006", 90}, {"BLCK-009", 80},
                                    {"BLCK-009", 88}};
  CHECK(found == expected);
}

TEST_CASE("a policy vault without policies has an HMAC, and its header does not count as lost") {
  ImageBuilder image({4096, 256, "compute"});
  const uint64_t vault = image.start("CODE");
  image.slot(image.slot_of("CODE"), [](RegionSlot& slot) {
    slot.type = block_types::kPolicyVault;
    slot.count = 2;
  });
  image.superblock([](Superblock& superblock) { superblock.module_manifest = 0; });
  image.write(vault, "POLV", "").write(vault + 1, "POLV", "0102030405060708");
  // Two blocks of the former region are left over.
  CHECK(verified(image.file()).codes == std::vector<std::string>{"BMAP-007"});
}

TEST_CASE("the metadata scope excludes the data area") {
  ImageBuilder image;
  image.data_block(200, 1).flip(200, 0);
  CHECK(verified(image.file(), {VerifyScope::kMetadata, 1}).codes ==
        std::vector<std::string>{"BMAP-007"});
  CHECK(verified(image.file()).codes == std::vector<std::string>{"BLCK-001"});
}

TEST_CASE("a file that is not an image, or of another version, is an error") {
  MemoryFile empty;
  CHECK(verified(empty).error->code == ErrorCode::kNotAnImage);
  MemoryFile text(std::vector<uint8_t>(100'000, 'x'));
  CHECK(verified(text).error->code == ErrorCode::kNotAnImage);

  ImageBuilder signature_alone;
  for (uint64_t block = 0; block < 13; ++block) signature_alone.clear_trailer(block);
  CHECK(verified(signature_alone.file()).error->code == ErrorCode::kNotAnImage);

  ImageBuilder version_3;
  version_3.superblock([](Superblock& superblock) { superblock.major_version = 3; });
  CHECK(verified(version_3.file()).error->code == ErrorCode::kUnsupported);

  ImageBuilder feature;
  feature.superblock([](Superblock& superblock) { superblock.incompatible_features = 1u << 9; });
  CHECK(verified(feature.file()).error->code == ErrorCode::kUnsupported);
}
