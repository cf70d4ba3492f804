// Verification of a stream: its findings, the checks that it lists as not done, and its memory.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "damage/recipes/recipe_image.h"
#include "support/allocation_watch.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;

namespace {

// Findings in a form that can be compared, without those of passes that are skipped for a stream.
using Told = std::multiset<std::pair<std::string, std::optional<uint64_t>>>;

Told told(const Verified& result, const std::set<std::string>& left_out) {
  Told told;
  for (const Finding& finding : result.findings) {
    const std::string code(finding.kind->code);
    const bool of_journal = finding.region == "MWAL" && !code.starts_with("BLCK");
    if (!left_out.contains(code.substr(0, 4)) && !of_journal) told.emplace(code, finding.block);
  }
  return told;
}

const std::set<std::string> kNotStreamed = {"TAGI", "SNAP", "CODE"};

}  // namespace

TEST_CASE("a stream has the same findings as the file, except for checks that need random access") {
  size_t compared = 0;
  for (auto family : {block_recipes, dictionary_recipes, origin_recipes, region_recipes,
                      record_recipes, state_recipes, superblock_recipes, table_recipes})
    for (const Recipe& recipe : family()) {
      // A stream has no unreadable sectors, and commits in the journal change the image.
      if (!recipe.unreadable.empty() || recipe.code.starts_with("MWAL")) continue;
      // The code cache is not read from a stream.
      if (recipe.code == "DICT-007" && recipe.name.find("module") != std::string::npos) continue;
      // Of the data area, a stream keeps nothing.
      if (recipe.code == "ORIG-006") continue;
      CAPTURE(recipe.code);
      CAPTURE(recipe.name);
      RecipeImage image(recipe);
      const Verified whole = verified(image.file());
      const Verified passed = streamed(reader_of(image.bytes()));
      CHECK(passed.error.has_value() == whole.error.has_value());
      CHECK(told(passed, kNotStreamed) == told(whole, kNotStreamed));
      ++compared;
    }
  CHECK(compared > 50);
}

TEST_CASE("a clean stream has no findings, and skipped checks are listed") {
  for (uint32_t block_size = kMinBlockSize; block_size <= kMaxBlockSize; block_size *= 2) {
    CAPTURE(block_size);
    ImageBuilder image({block_size, 256, kAllModules});
    const Verified passed = streamed(reader_of(image.bytes()));
    CHECK_FALSE(passed.error.has_value());
    CHECK(passed.codes.empty());
    const auto& left = passed.summary.not_checked;
    CHECK(std::count(left.begin(), left.end(), "journal") == 1);
    CHECK(std::count(left.begin(), left.end(), "data blocks") == 0);
    CHECK(std::count(left.begin(), left.end(), "block trailers") == 0);
    CHECK(passed.summary.intact == verified(image.file()).summary.intact);
  }
}

TEST_CASE("a stream may arrive in pieces of any size") {
  ImageBuilder image({512, 256, kAllModules});
  image.data_block(200, 1).flip(200, 0).flip(image.start("TAGI") + 1, 0).flip(0, 0);
  const std::vector<std::string> expected = streamed(reader_of(image.bytes())).codes;
  CHECK(expected.size() == 3);
  for (const size_t most : {1u, 7u, 511u, 512u, 513u, 4095u, 100'000u})
    CHECK(streamed(reader_of(image.bytes(), most)).codes == expected);
}

TEST_CASE("checks that the scope excludes are listed for a stream too") {
  ImageBuilder image;
  image.data_block(200, 1).flip(200, 0);
  const Verified passed = streamed(reader_of(image.bytes()), {VerifyScope::kMetadata, 1});
  CHECK(passed.codes == std::vector<std::string>{"BMAP-007"});
  CHECK(passed.summary.not_checked.back() == "data blocks");
}

TEST_CASE("data blocks under a damaged bitmap block are not checked, and that is reported") {
  ImageBuilder image;
  image.data_block(200, 1).flip(200, 0).flip(10, 20);
  const Verified passed = streamed(reader_of(image.bytes()));
  CHECK(passed.codes == std::vector<std::string>{"BLCK-001"});
  CHECK(passed.findings.front().block == 10);
  CHECK(passed.summary.not_checked.back() == "data blocks");
}

TEST_CASE(
    "one byte is read after the volume, and little of an endless stream that is not an image") {
  ImageBuilder image({4096, 256, kAllModules});
  uint64_t taken = 0;
  const auto endless = [&taken](const std::vector<uint8_t>& start) {
    taken = 0;
    return [&taken, start](MutableBytes out) -> Result<size_t> {
      for (size_t i = 0; i < out.size(); ++i)
        out[i] = taken + i < start.size() ? start[taken + i] : uint8_t{0};
      taken += out.size();
      return out.size();
    };
  };
  CHECK(streamed(endless(image.bytes())).codes == std::vector<std::string>{"GEOM-002"});
  CHECK(taken == image.bytes().size() + 1);
  CHECK(streamed(endless({})).error->code == ErrorCode::kNotAnImage);
  CHECK(taken == size_t{512} << 10);
}

TEST_CASE("a stream that ends early is an image that is too short") {
  ImageBuilder image;
  image.bytes().resize(150 * 4096 + 5);
  const Verified passed = streamed(reader_of(image.bytes()));
  CHECK(passed.codes == std::vector<std::string>{"GEOM-001"});
  for (const size_t size : {0u, 100u, 4096u, 9u * 4096}) {
    image.bytes().resize(size);
    CAPTURE(size);
    const Verified whole = verified(image.file());
    const Verified cut = streamed(reader_of(image.bytes()));
    CHECK(cut.error.has_value() == whole.error.has_value());
    CHECK((cut.error.has_value() || cut.complains()));
  }
}

TEST_CASE("a stream that is not an image or fails is an error") {
  const std::vector<uint8_t> text(100'000, 'x');
  CHECK(streamed(reader_of(text)).error->code == ErrorCode::kNotAnImage);
  const StreamReader failing = [](MutableBytes) -> Result<size_t> {
    return fail(ErrorCode::kIo, "Input/output error");
  };
  CHECK(streamed(failing).error->code == ErrorCode::kIo);
  ImageBuilder image;
  Activity activity;
  activity.stop = true;
  const auto stopped =
      verify_stream(reader_of(image.bytes(), 1), {}, activity, [](const Finding&) {});
  CHECK(stopped.error().code == ErrorCode::kInterrupted);
}

TEST_CASE("little of a long stream is kept in memory") {
  ImageBuilder image({4096, 16384, "none"});
  const std::vector<uint8_t> bytes = image.bytes();
  const StreamReader read = reader_of(bytes, SIZE_MAX);
  reset_largest_allocation();
  CHECK(streamed(read).codes.empty());
  // The ten fixed blocks at their largest.
  CHECK(largest_allocation() <= size_t{10} * kMaxBlockSize);
}
