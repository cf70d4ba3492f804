// Rescues of images with hostile values in every field: they end quickly and within bounded memory,
// with and without blocks 0 to 9, and never write to the source.
#include <doctest/doctest.h>

#include <ctime>

#include "damage/hostile/hostile_fields.h"
#include "format/superblock.h"
#include "support/allocation_watch.h"
#include "support/effort.h"
#include "support/rescue_image.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr uint64_t kSeed = 20261129;
constexpr double kLongest = kSlowness;  // CPU seconds
// A rescue takes long compared with a verification; odd, so that images with and without corrected
// checksums alternate.
constexpr uint64_t kStep = 17;
constexpr size_t kBuffers = size_t{4} << 20;

double processor_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

void check_rescue(BlockFile& file, size_t size) {
  const double begin = processor_seconds();
  reset_largest_allocation();
  Activity activity;
  const auto ignore = [](const RescueItem&) { return Result<void>(); };
  const auto rescue = Rescue::plan(file, some_rescue(), ignore, activity);
  // What a repair refuses is kept as it is.
  CHECK_MESSAGE(rescue.has_value(), (rescue ? "" : rescue.error().message));
  CHECK(largest_allocation() <= size + kBuffers);
  CHECK(processor_seconds() - begin < kLongest);
}

}  // namespace

TEST_CASE("hostile field values cause no crash or hang of a rescue") {
  for (const uint32_t block_size : {512u, 4096u}) {
    CAPTURE(block_size);
    ImageBuilder image({block_size, 256, kAllModules});
    fill_regions(image);
    const size_t size = image.bytes().size();
    uint64_t images = 0;
    spoil_each(image, kSeed, [&](const Target& target, bool) {
      if (++images % stretched(kStep) != 0) return;
      CAPTURE(target.field.name);
      CAPTURE(target.blocks.front());
      const std::vector<uint8_t> before = image.bytes();
      check_rescue(image.file(), size);
      CHECK(image.bytes() == before);
      MemoryFile headless(before);
      must(headless.zero({0, uint64_t{kFirstRegionBlock} * block_size}));
      check_rescue(headless, size);
    });
    CHECK(images > 100);
  }
}
