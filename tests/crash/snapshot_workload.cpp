#include "crash/workloads.h"
#include "region/snapshot_table.h"
#include "vde/snapshots.h"

namespace vde::test {
namespace {

void create_snapshots(Stage& stage, int count) {
  for (int i = 0; i < count; ++i)
    stage.edit([&](BlockFile& file, const EditOptions& options) -> Result<void> {
      SnapshotWish wish;
      wish.label = std::string(static_cast<size_t>(i * 21 % 65), 's');
      wish.reproducible = true;
      if (i > 0) wish.parent = "@latest";
      VDE_TRY(create_snapshot(file, wish, options));
      return {};
    });
}

}  // namespace

void play_snapshots(Stage& stage) {
  create_snapshots(stage, 4);
  stage.edit([](BlockFile& file, const EditOptions& options) -> Result<void> {
    VDE_TRY(delete_snapshots(file, std::vector<std::string>{"@latest"}, options));
    return {};
  });
  stage.open();
  Transaction many = stage.begin();
  size_t slot = 0;
  while (many.slots()[slot].tag != tags::kSnapshots) ++slot;
  const auto end = static_cast<uint64_t>(many.slots()[slot].start + many.slots()[slot].count);
  stage.add_direct(many, 1, end);
  PackedEditor editor =
      must(PackedEditor::open(many, stage.volume().allocator(), slot, snapshot_table()));
  SnapshotEntry entry;
  entry.created = Ticks{1};
  // Into the table's last block.
  for (uint16_t i = 1; many.slots()[slot].used < many.slots()[slot].count; ++i) {
    store_le(MutableBytes(entry.id.bytes), 0, i);
    entry.label.assign(i % 65, 'm');
    std::vector<uint8_t> record(encoded_size(entry));
    encode(entry, record);
    must(editor.append(record));
  }
  stage.commit(many);
  stage.close();
  create_snapshots(stage, 8);
}

}  // namespace vde::test
