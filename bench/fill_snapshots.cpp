// bench_fill_snapshots IMAGE COUNT: adds COUNT snapshots, labelled snapshot-0 and so on, in commits
// of many.
#include <cstdio>
#include <cstdlib>

#include "image/snapshot_place.h"
#include "image/volume.h"
#include "region/snapshot_table.h"

namespace vde {
namespace {

constexpr uint32_t kAtOnce = 10000;

std::vector<uint8_t> snapshot_record(uint32_t number) {
  SnapshotEntry entry;
  entry.id = random_guid();
  entry.created = from_unix_seconds(1'700'000'000 + int64_t{number});
  entry.label = "snapshot-" + std::to_string(number);
  std::vector<uint8_t> record(encoded_size(entry));
  encode(entry, record);
  return record;
}

Result<void> fill_snapshots(const std::string& path, uint32_t count) {
  VDE_TRY_ASSIGN(file, open_image(path, OpenMode::kReadWrite));
  VDE_TRY(file->lock(LockMode::kExclusive, {}));
  VDE_TRY_ASSIGN(now, current_ticks());
  VDE_TRY_ASSIGN(volume, Volume::open(*file, {now, false}));
  for (uint32_t number = 0; number < count;) {
    VDE_TRY_ASSIGN(transaction, volume->begin());
    VDE_TRY_ASSIGN(slot, snapshot_slot(transaction.slots()));
    VDE_TRY_ASSIGN(table,
                   PackedEditor::open(transaction, volume->allocator(), slot, snapshot_table()));
    for (uint32_t i = 0; i < kAtOnce && number < count; ++i)
      VDE_TRY(table.append(snapshot_record(number++)));
    VDE_TRY(volume->commit(transaction));
  }
  return volume->close();
}

}  // namespace
}  // namespace vde

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench_fill_snapshots IMAGE COUNT\n");
    return 16;
  }
  const auto count = static_cast<uint32_t>(std::strtoul(argv[2], nullptr, 10));
  const auto result = vde::fill_snapshots(argv[1], count);
  if (result) return 0;
  std::fprintf(stderr, "bench_fill_snapshots: %s: %s\n", argv[1], result.error().message.c_str());
  return 8;
}
