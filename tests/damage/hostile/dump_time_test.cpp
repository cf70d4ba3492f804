// Blocks made so that they hold as many entries as possible: they are shown as quickly as others.
#include <doctest/doctest.h>

#include <ctime>

#include "support/effort.h"
#include "support/image_builder.h"
#include "vde/inspect.h"

using namespace vde;
using namespace vde::test;

namespace {

// The maximum CPU time for one block, in seconds.
constexpr double kLongestDump = kSanitized ? 50 : 1;

}  // namespace

TEST_CASE("blocks full of the smallest entries are shown as quickly as others") {
  ImageBuilder image({65536, 256, kAllModules});
  const uint64_t nodes = image.start("TAGI");
  // An inner node of 8190 empty keys, a leaf of 3639 empty entries.
  image.write(nodes + 1, "TAGI", "00fe1f").write(nodes + 2, "TAGI", "01370e");
  const MutableBytes bits = image.payload(image.start("BMAP"));
  std::fill(bits.begin(), bits.end(), uint8_t{0x55});
  image.rehash(image.start("BMAP"));
  // 963 snapshots without labels.
  const uint64_t table = image.start("SNAP") + 1;
  for (size_t at = 0; at + 68 <= payload_size(65536); at += 68) image.patch(table, at, "01");
  image.rehash(table);

  const std::pair<uint64_t, size_t> blocks[] = {
      {nodes + 1, 8192}, {nodes + 2, 3640}, {image.start("BMAP"), 1}, {table, 963}};
  for (const auto& expected : blocks) {
    const auto block = expected.first;
    CAPTURE(block);
    BlockSelection selection;
    selection.kind = BlockSelection::Kind::kBlocks;
    selection.blocks = {block, block + 1};
    const std::clock_t begin = std::clock();
    const auto shown = dump_blocks(image.file(), selection, Activity{}, [&](const Json& json) {
      CHECK(json["structures"].size() == expected.second);
      CHECK_FALSE(block_text(json).empty());
      return Result<void>();
    });
    CHECK(shown.has_value());
    const double took = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    MESSAGE("block ", block, ": ", took, " s");
    CHECK(took < kLongestDump);
  }
}
