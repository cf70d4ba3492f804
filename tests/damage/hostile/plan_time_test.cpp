// Images made so that a repair would read or compare the same things again and again: the plan is
// ready quickly all the same.
#include <doctest/doctest.h>

#include <ctime>

#include "format/region/module_entry.h"
#include "format/region/packed_table.h"
#include "format/region/snapshot_entry.h"
#include "image/write_image.h"
#include "support/effort.h"
#include "support/files/sparse_file.h"
#include "support/image_builder.h"
#include "support/must.h"
#include "vde/repair.h"

using namespace vde;
using namespace vde::test;

namespace {

// The maximum CPU time for one plan, in seconds.
constexpr double kLongestPlan = kSanitized ? 150 : 3;
constexpr uint32_t kLargeBlock = 65536;

void check_quick_plan(BlockFile& file) {
  Activity activity;
  const RepairOptions options{
      from_unix_seconds(1'800'000'000), false, {VerifyScope::kMetadata, 1, 0}, true};
  const std::clock_t begin = std::clock();
  const RepairPlan plan = must(plan_repair(file, options, activity));
  CHECK(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC < kLongestPlan);
  CHECK_FALSE(plan.steps.empty());
}

// Moves a region to the start of the data area, with `blocks` blocks; returns the first of them.
uint64_t enlarge(ImageBuilder& image, std::string_view type, uint64_t blocks) {
  const uint64_t start = image.start("DATA");
  image.slot(image.slot_of(type), [&](RegionSlot& slot) {
    slot.start = static_cast<int64_t>(start);
    slot.count = static_cast<int64_t>(blocks);
    slot.used = 0;
  });
  image.slot(image.slot_of("DATA"), [&](RegionSlot& slot) {
    slot.start += static_cast<int64_t>(blocks);
    slot.count -= static_cast<int64_t>(blocks);
  });
  return start;
}

void set_count(ImageBuilder& image, uint64_t head, size_t count) {
  edit(image, head, 0, kPackedTableHeaderLayout, [&](PackedTableHeader& header) {
    header.count = static_cast<int32_t>(count);
  }).rehash(head);
}

template <class Bytes>
void set_number(Bytes& bytes, size_t number) {
  for (size_t i = 0; i < 4; ++i) bytes[i] = static_cast<uint8_t>((number + 1) >> 8 * i);
}

}  // namespace

TEST_CASE("blocks of a table whose only byte is the last one") {
  constexpr uint64_t kBlocks = 20;
  ImageBuilder image({kLargeBlock, 400, kAllModules});
  const uint64_t table = enlarge(image, "SNAP", kBlocks);
  image.write(table, "SNAP", "00");
  set_count(image, table, 5);
  for (uint64_t i = 1; i < kBlocks; ++i) image.payload(table + i).back() = 1;
  check_quick_plan(image.file());
}

TEST_CASE("entries of a damaged block that all name the same large module") {
  constexpr int32_t kBlocks = 256;
  ImageBuilder image({kLargeBlock, 700, kAllModules});
  const uint64_t table = image.start("CODE");
  const uint64_t data = image.start("DATA");
  for (uint64_t i = 0; i < uint64_t{kBlocks}; ++i) image.write(data + i, "DATA", "01");
  const MutableBytes payload = image.payload(table);
  ModuleEntry entry;
  entry.first_block = static_cast<int64_t>(data);
  entry.size = kBlocks * static_cast<int32_t>(payload.size());
  entry.block_count = kBlocks;
  const size_t size = encoded_size(entry);
  size_t count = 0;
  for (size_t at = kPackedTableHeaderLayout.size(); at + size <= payload.size(); at += size) {
    set_number(entry.hash, ++count);
    set_number(entry.id.bytes, count);
    encode(entry, payload.subspan(at));
  }
  set_count(image, table, count);
  image.flip(table, kPackedTableHeaderLayout.size() + 5);
  check_quick_plan(image.file());
}

TEST_CASE("many snapshots with an impossible field") {
  constexpr size_t kSnapshots = 4000;
  ImageBuilder image({4096, 800, kAllModules});
  const uint64_t table = enlarge(image, "SNAP", kSnapshots / 40);
  SnapshotEntry entry;
  entry.created = Ticks{1'000'000};
  entry.inode_table_start = static_cast<int64_t>(image.start("INOD"));
  entry.inode_table_blocks = 1;
  bool no_id = false;
  SUBCASE("no id") {
    no_id = true;
  }
  SUBCASE("an inode table outside the volume") {
    entry.inode_table_start = int64_t{1} << 40;
  }
  uint64_t block = table;
  size_t at = kPackedTableHeaderLayout.size();
  image.write(block, "SNAP", "00");
  for (size_t i = 0; i < kSnapshots; ++i) {
    set_number(no_id ? entry.parent.bytes : entry.id.bytes, i);
    if (image.payload(block).size() - at < encoded_size(entry)) {
      image.rehash(block);
      image.write(++block, "SNAP", "00");
      at = 0;
    }
    encode(entry, image.payload(block).subspan(at));
    at += encoded_size(entry);
  }
  image.rehash(block);
  set_count(image, table, kSnapshots);
  check_quick_plan(image.file());
}

TEST_CASE("blocks of a table that all hold one snapshot, and another one each") {
  constexpr uint64_t kBlocks = 4000;
  ImageBuilder image({512, 10'000, kAllModules});
  const uint64_t table = enlarge(image, "SNAP", kBlocks);
  SnapshotEntry entry;
  entry.created = Ticks{1'000'000};
  entry.inode_table_start = static_cast<int64_t>(image.start("INOD"));
  entry.inode_table_blocks = 1;
  for (uint64_t i = 0; i < kBlocks; ++i) {
    image.write(table + i, "SNAP", "00");
    size_t at = i == 0 ? kPackedTableHeaderLayout.size() : 0;
    for (const size_t number : {size_t{0}, static_cast<size_t>(i) + 1}) {
      set_number(entry.id.bytes, number);
      encode(entry, image.payload(table + i).subspan(at));
      at += encoded_size(entry);
    }
    image.set_generation(table + i, static_cast<uint32_t>(i)).rehash(table + i);
  }
  set_count(image, table, 2 * kBlocks);
  check_quick_plan(image.file());
}

TEST_CASE("a damaged block of a volume of 64 TiB") {
  CreateOptions create;
  create.size = kMaxVolumeBytes;
  create.uuid.bytes[0] = 1;
  create.modules = must(parse_modules(kAllModules));
  SparseFile file;
  const ImagePlan plan = must(plan_image(create));
  must(write_image(file, plan, Activity{}));
  std::vector<uint8_t> head(kFirstRegionBlock * create.block_size);
  must(file.read(0, head));
  ImageBuilder image(std::move(head), create.block_size);
  const std::vector<uint8_t> damaged(create.block_size, 0x33);
  must(file.write((image.start("SNAP") + 1) * create.block_size, damaged));
  check_quick_plan(file);
}
