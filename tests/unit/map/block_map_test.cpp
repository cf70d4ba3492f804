#include <doctest/doctest.h>
#include <fmt/format.h>

#include "format/region/bitmap.h"
#include "support/image_builder.h"
#include "support/must.h"
#include "support/random.h"
#include "support/vectors.h"
#include "support/verify_list.h"
#include "vde/map.h"

using namespace vde;
using namespace vde::test;

namespace {

struct Drawn {
  explicit Drawn(BlockFile& file) {
    for (const Finding& finding : verified(file).findings) found.add(finding);
    map.emplace(must(BlockMap::read(file, found, activity)));
  }

  // "0-3 SUPB allocated", with code and owner if there are any.
  [[nodiscard]] std::vector<std::string> runs(BlockRange within) const {
    std::vector<std::string> lines;
    must(map->each_run(within, [&](const MapRun& run) {
      std::string line =
          fmt::format("{}-{} {} {}", run.blocks.begin, run.blocks.end - 1,
                      run.region == nullptr ? "-" : run.region->type, block_use_name(run.use));
      if (run.finding != nullptr) line += fmt::format(" {}", run.finding->code);
      if (run.owner != nullptr) line += fmt::format(" {}", owner_kind_name(run.owner->kind));
      if (run.owners > 1) line += fmt::format(" x{}", run.owners);
      lines.push_back(std::move(line));
      return Result<void>{};
    }));
    return lines;
  }
  [[nodiscard]] std::vector<std::string> runs() const { return runs(map->all()); }
  [[nodiscard]] const MapRegion& region(std::string_view type) const {
    for (const MapRegion& region : map->regions())
      if (region.type == type) return region;
    throw MustFailure("no such region");
  }

  MapFindings found;
  Activity activity;
  std::optional<BlockMap> map;
};

// Sets bits of the first bitmap block; nothing else in the image agrees with it afterwards.
void mark(ImageBuilder& image, BlockRange blocks) {
  const uint64_t bitmap = image.start("BMAP");
  set_bits(image.payload(bitmap), blocks.begin, blocks.end);
  image.rehash(bitmap);
}

}  // namespace

TEST_CASE("the runs of a new image are its regions and one free stretch") {
  ImageBuilder image;
  const Drawn drawn(image.file());
  CHECK(drawn.runs() == std::vector<std::string>{
                            "0-3 SUPB allocated", "4-7 SUPB allocated", "8-9 RMAP allocated",
                            "10-10 BMAP allocated", "11-11 INOD allocated", "12-75 MWAL allocated",
                            "76-79 TAGI allocated", "80-83 CODE allocated", "84-87 MTRK allocated",
                            "88-91 SNAP allocated", "92-255 DATA free"});
  CHECK(drawn.map->is_verified());
  CHECK(drawn.map->label() == "damage");
}

TEST_CASE("a run ends where the bitmap changes, and where only a part is asked for") {
  ImageBuilder image;
  mark(image, {100, 110});
  const Drawn drawn(image.file());
  CHECK(drawn.runs({90, 105}) == std::vector<std::string>{"90-91 SNAP allocated", "92-99 DATA free",
                                                          "100-104 DATA allocated"});
  CHECK(drawn.region("DATA").allocated == 10);
  CHECK(drawn.region("DATA").free == 154);
}

TEST_CASE("a damaged block is a run of its own, with the worst finding about it") {
  ImageBuilder image;
  image.flip(77, 100);
  const Drawn drawn(image.file());
  CHECK(drawn.runs({76, 80}) == std::vector<std::string>{"76-76 TAGI allocated",
                                                         "77-77 TAGI allocated BLCK-001",
                                                         "78-79 TAGI allocated"});
  CHECK(drawn.region("TAGI").damaged == 1);
  CHECK(drawn.region("TAGI").findings.errors > 0);
}

TEST_CASE("without a valid bitmap block the data area is unknown, regions are not") {
  ImageBuilder image;
  SUBCASE("damaged") {
    image.flip(image.start("BMAP"), 3);
  }
  SUBCASE("all zero") {
    const uint64_t bitmap = image.start("BMAP");
    image.clear_payload(bitmap).rehash(bitmap);
  }
  SUBCASE("never written") {
    image.wipe(image.start("BMAP"));
  }
  const Drawn drawn(image.file());
  CHECK(drawn.runs({88, 256}) ==
        std::vector<std::string>{"88-91 SNAP allocated", "92-255 DATA unknown"});
}

TEST_CASE("blocks past the end of a file that was cut are missing") {
  ImageBuilder image;
  image.bytes().resize(size_t{200} * 4096);
  const Drawn drawn(image.file());
  CHECK(drawn.map->all().end == 256);
  CHECK(drawn.runs({92, 256}) == std::vector<std::string>{"92-199 DATA free",
                                                          "200-200 DATA missing GEOM-001",
                                                          "201-255 DATA missing"});
  CHECK(drawn.region("DATA").missing == 56);
}

TEST_CASE("without groups and directory the map shows what the blocks suggest") {
  ImageBuilder image;
  for (uint64_t block = 0; block < 10; ++block) image.wipe(block);
  const Drawn drawn(image.file());
  CHECK(drawn.map->is_from_blocks());
  CHECK_FALSE(drawn.map->is_verified());
  CHECK(drawn.region("MWAL").blocks.begin == 12);
  CHECK(drawn.region("SNAP").blocks.begin == 88);
}

TEST_CASE("regions that overlap give each block to the first slot") {
  ImageBuilder image;
  image.slot(image.slot_of("CODE"), [](RegionSlot& slot) { slot.start = 78; });
  const Drawn drawn(image.file());
  CHECK(drawn.region("TAGI").count == 4);
  CHECK(drawn.region("CODE").count == 2);
}

TEST_CASE("modules and inode tables of snapshots own blocks of the data area") {
  ImageBuilder image(vector_image("everything-1"), 4096);
  const Drawn drawn(image.file());
  uint64_t modules = 0;
  uint64_t blocks = 0;
  must(drawn.map->each_run(drawn.map->all(), [&](const MapRun& run) {
    if (run.owner == nullptr || run.owner->kind != OwnerKind::kModule) return Result<void>{};
    CHECK(run.region->is_data_area);
    CHECK(run.owner->id.size() == 64);
    ++modules;
    blocks += run.blocks.count();
    return Result<void>{};
  }));
  const auto listing = vector_listing("everything-1");
  uint64_t listed = 0;
  for (const auto& module : listing.at("modules"))
    listed += module.at("block_count").get<uint64_t>();
  CHECK(modules == listing.at("modules").size());
  CHECK(blocks == listed);
}

// Any part of the map is the same as that part of the whole, and cells count what the runs hold.
TEST_CASE("runs and cells of random images agree block by block") {
  Random random(7);
  for (int round = 0; round < 20; ++round) {
    ImageBuilder image;
    for (int i = 0; i < 6; ++i) {
      const uint64_t begin = 92 + random.below(150);
      mark(image, {begin, begin + 1 + random.below(13)});
    }
    for (int i = 0; i < 3; ++i) image.flip(11 + random.below(200), random.below(4000));
    const Drawn drawn(image.file());
    std::vector<MapRun> of_block;
    must(drawn.map->each_run(drawn.map->all(), [&](const MapRun& run) {
      CHECK(run.blocks.begin == of_block.size());
      of_block.resize(run.blocks.end, run);
      return Result<void>{};
    }));
    REQUIRE(of_block.size() == 256);
    const uint64_t from = random.below(256);
    uint64_t next = from;
    must(drawn.map->each_run({from, 256}, [&](const MapRun& run) {
      CHECK(run.blocks.begin == next);
      for (; next < run.blocks.end; ++next) CHECK(run.is_like(of_block[next]));
      return Result<void>{};
    }));
    const MapCells cells = must(drawn.map->cells({from, 256}, 1 + random.below(60)));
    next = from;
    for (const MapCell& cell : cells.cells) {
      CHECK(cell.blocks.begin == next);
      CHECK(cell.blocks.count() <= cells.blocks_per_cell);
      uint64_t allocated = 0;
      uint64_t damaged = 0;
      for (; next < cell.blocks.end; ++next) {
        const MapRun& run = of_block[next];
        CHECK(run.region == cell.region);
        allocated += run.use == BlockUse::kAllocated ? 1 : 0;
        damaged += run.finding != nullptr && run.finding->severity == Severity::kError ? 1 : 0;
      }
      CHECK(cell.allocated == allocated);
      CHECK(cell.damaged == damaged);
      CHECK(cell.allocated + cell.free + cell.unknown + cell.missing == cell.blocks.count());
    }
    CHECK(next == 256);
  }
}

TEST_CASE("a map stops when it is asked to") {
  ImageBuilder image;
  const MapFindings found;
  Activity activity;
  const BlockMap map = must(BlockMap::read(image.file(), found, activity));
  activity.stop = true;
  CHECK(map.cells(map.all(), 10).error().code == ErrorCode::kInterrupted);
  CHECK(map.each_run(map.all(), [](const MapRun&) { return Result<void>{}; }).error().code ==
        ErrorCode::kInterrupted);
}
