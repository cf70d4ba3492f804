// A map of 64 TiB has as many runs and cells as the image has content, not as it has blocks.
#include <doctest/doctest.h>

#include "image/write_image.h"
#include "support/files/failing_file.h"
#include "support/files/sparse_file.h"
#include "support/image_builder.h"
#include "support/must.h"
#include "vde/map.h"

using namespace vde;
using namespace vde::test;

TEST_CASE("a sparse volume of 64 TiB is drawn with few reads") {
  SparseFile memory;
  CreateOptions options;
  options.size = kMaxVolumeBytes;
  options.uuid.bytes[0] = 1;
  options.modules = must(parse_modules(kAllModules));
  const Activity activity;
  must(write_image(memory, must(plan_image(options)), activity));
  FailingFile file(memory);
  const MapFindings found;
  const BlockMap map = must(BlockMap::read(file, found, activity));
  CHECK(map.all().count() == kMaxVolumeBytes / 4096);
  uint64_t runs = 0;
  must(map.each_run(map.all(), [&](const MapRun&) {
    ++runs;
    return Result<void>{};
  }));
  CHECK(runs == map.regions().size());
  const MapCells cells = must(map.cells(map.all(), 1000));
  CHECK(cells.cells.size() <= 1000);
  CHECK(cells.cells.size() > 500);
  CHECK(file.count(FileCall::kRead) < 2000);
}
