// bench_fill_snapshots IMAGE COUNT: adds COUNT snapshots, labelled snapshot-0 and so on, many per
// commit.
#include "fill_table.h"
#include "table/snapshot_table.h"

namespace vde {
namespace {

Result<void> add_snapshot(Transaction&, Allocator&, PackedEditor& table, uint32_t number) {
  SnapshotEntry entry;
  entry.id = random_guid();
  entry.created = from_unix_seconds(1'700'000'000 + int64_t{number});
  entry.label = "snapshot-" + std::to_string(number);
  std::vector<uint8_t> record(encoded_size(entry));
  encode(entry, record);
  return table.append(record);
}

}  // namespace
}  // namespace vde

int main(int argc, char** argv) {
  const auto count = vde::fill_table(
      {"bench_fill_snapshots", vde::snapshot_table(), vde::add_snapshot}, argc, argv);
  return count ? 0 : count.error();
}
