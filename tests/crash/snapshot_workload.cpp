#include "crash/workloads.h"
#include "region/packed_editor.h"
#include "support/one_change.h"
#include "table/snapshot_table.h"

namespace vde::test {
namespace {

void create_snapshots(Stage& stage, int count) {
  for (int i = 0; i < count; ++i)
    stage.edit([&](BlockFile& file, const EditOptions& options) -> Result<void> {
      SnapshotOptions request;
      request.label = std::string(static_cast<size_t>(i * 21 % 65), 's');
      request.reproducible = true;
      if (i > 0) request.parent = "@latest";
      VDE_TRY(create_snapshot(file, request, options));
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
  size_t place = 0;
  while (many.regions().raw_slots()[place].type != block_types::kSnapshots) ++place;
  const RegionSlot& slot = many.regions().raw_slots()[place];
  stage.add_direct(many, 1, static_cast<uint64_t>(slot.start + slot.count));
  PackedEditor editor =
      must(PackedEditor::open(many, stage.volume().allocator(), place, snapshot_table()));
  SnapshotEntry entry;
  entry.created = Ticks{1};
  // Into the table's last block.
  for (uint16_t i = 1; slot.used < slot.count; ++i) {
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

void play_pruned(Stage& stage) {
  const auto prune = [&](const RetentionRules& rules) {
    stage.edit([&](BlockFile& file, const EditOptions& options) -> Result<void> {
      VDE_TRY(prune_snapshots(file, rules, options));
      return {};
    });
  };
  const auto purge = [&] {
    stage.edit([](BlockFile& file, const EditOptions& options) -> Result<void> {
      VDE_TRY(purge_snapshots(file, options));
      return {};
    });
  };
  // Chains of their own: a purge leaves some of them.
  for (int chain = 0; chain < 3; ++chain) create_snapshots(stage, 5);
  prune({.last = 7});
  purge();
  create_snapshots(stage, 6);
  RetentionRules labelled;
  labelled.labels = {""};
  prune(labelled);
  purge();
  stage.edit([](BlockFile& file, const EditOptions& options) -> Result<void> {
    VDE_TRY_ASSIGN(deleted, prune_snapshots(file, {.last = 1}, options));
    if (deleted.size() < 2) throw MustFailure("there was nothing to prune");
    return {};
  });
  purge();
  create_snapshots(stage, 2);
}

}  // namespace vde::test
