#include "rescue/old_entries.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/checked.h"
#include "base/ranges.h"
#include "check/entries/proven_entries.h"
#include "check/passes/lost_entries.h"
#include "check/repair/slot_choice.h"
#include "check/salvage/lost_tags.h"
#include "image/module/code_cache.h"
#include "image/snapshot_list.h"
#include "image/volume.h"
#include "io/borrowed_file.h"
#include "region/module_reads.h"
#include "region/packed_editor.h"
#include "rescue/attempt.h"
#include "rescue/stray_blocks.h"
#include "table/module_table.h"
#include "table/snapshot_table.h"
#include "tag/tag_builder.h"
#include "vde/image.h"

namespace vde {
namespace {

constexpr std::string_view kOutside = "found only outside its region";
constexpr std::string_view kUsed = "found only outside its region, of which nothing is left";

// The region of a table in the new image.
struct TableRegion {
  size_t slot = 0;
  BlockRange blocks;
};

class OldEntries {
 public:
  OldEntries(const OldEntriesTask& task, Probe probe)
      : task_(task), probe_(std::move(probe)), io_(task.image, task.block_size) {}

  Result<uint64_t> run() {
    VDE_TRY(handle_tags());
    VDE_TRY(handle_table(snapshot_table()));
    VDE_TRY(handle_table(kModuleTable));
    return added_;
  }

 private:
  struct Record {
    std::vector<uint8_t> bytes;
    uint64_t block = 0;
  };
  using Records = std::map<std::string, Record>;  // by key

  [[nodiscard]] static std::optional<TableRegion> region_of(const Probe& probe, BlockType type) {
    for (size_t i = 0; i < probe.slots.size(); ++i) {
      const RegionSlot& slot = probe.slots[i];
      const auto range = block_range(slot.start, slot.count);
      if (!slot.is_free() && slot.type == type && range && range->end <= probe.usable_blocks())
        return TableRegion{i, *range};
    }
    return std::nullopt;
  }

  // A repair may have moved the region, and one of the tables may be wrong: no place of it has a
  // block of it. The file may end within a place.
  Result<bool> is_gone(BlockType type) const {
    std::vector<std::vector<RegionSlot>> tables = slot_tables(task_.before);
    tables.push_back(task_.before.slots);
    tables.push_back(probe_.slots);
    for (const std::vector<RegionSlot>& slots : tables)
      for (const RegionSlot& slot : slots) {
        const auto range = block_range(slot.start, slot.count);
        if (slot.is_free() || slot.type != type || !range) continue;
        VDE_TRY_ASSIGN(has, has_valid_block(task_.source, task_.found, *range, type));
        if (has) return false;
      }
    return true;
  }

  Result<std::vector<StrayBlock>> strays(BlockType type) const {
    std::vector<BlockRange> regions = places_of_regions(task_.before);
    const std::vector<BlockRange> after = places_of_regions(probe_);
    regions.insert(regions.end(), after.begin(), after.end());
    return find_stray_blocks(task_.source, task_.found,
                             merge_ranges(std::move(regions), UINT64_MAX), type, task_.activity);
  }

  Result<void> show(std::string_view kind, uint64_t block, bool used,
                    decltype(RescueItem::content) content) {
    RescueItem item{RescueVerdict::kOld,
                    kind,
                    1,
                    {{block, block + 1}},
                    std::string(used ? kUsed : kOutside),
                    used};
    item.content = std::move(content);
    return task_.show(item);
  }

  Result<void> handle_tags() {
    const auto region = region_of(probe_, block_types::kTagIndex);
    if (!region) return {};
    VDE_TRY_ASSIGN(blocks, strays(block_types::kTagIndex));
    LostTags tags;
    uint64_t count = 0;
    BlockBuffer buffer = task_.source.make_buffer();
    for (const StrayBlock& stray : blocks) {
      VDE_TRY_ASSIGN(block, task_.source.read(stray.number, buffer));
      if (block.unchecked_payload()[0] != kTagLeafType) continue;
      VDE_TRY_ASSIGN(found, tags.add(block));
      count += found;
    }
    if (count == 0) return {};
    VDE_TRY_ASSIGN(gone, is_gone(block_types::kTagIndex));
    return gone ? add_tags(tags) : list_tags(tags);
  }

  template <class T>
  static Result<void> ignore_damage(const Result<T>& read) {
    return is_of_machine(read.error()) ? tl::make_unexpected(read.error()) : Result<void>{};
  }

  // What the index holds is not old.
  Result<void> list_tags(LostTags& tags) {
    const auto list = [this](const TagView& entry, uint64_t block) {
      return show("tag", block, false, entry);
    };
    auto image = Image::open(std::make_unique<BorrowedFile>(task_.image));
    if (!image) return ignore_damage(image);
    auto reader = image->tags();
    if (!reader) return ignore_damage(reader);
    VDE_TRY(tags.start());
    Result<void> kept;
    const auto read = reader->find({}, [&](const TagView& entry) {
      kept = tags.keep(entry, list);
      return kept.has_value();
    });
    VDE_TRY(kept);
    return read ? tags.finish(list) : ignore_damage(read);
  }

  Result<void> add_tags(LostTags& tags) {
    Result<void> added = import_tags(tags);
    if (!added && !is_left(added.error())) return added;
    VDE_TRY(tags.start());
    return tags.finish([&](const TagView& entry, uint64_t block) {
      const bool used = added && fits(entry);
      if (used) ++added_;
      return show("tag", block, used, entry);
    });
  }

  // Another program may have stored longer tags than an index can hold.
  [[nodiscard]] bool fits(const TagView& entry) const {
    return check_tag_entry(entry, task_.block_size).has_value();
  }

  Result<void> import_tags(LostTags& tags) {
    TagBatch batch;
    uint64_t count = 0;
    VDE_TRY(tags.start());
    VDE_TRY(tags.finish([&](const TagView& entry, uint64_t) {
      return fits(entry) ? batch.add(entry, ++count) : Result<void>{};
    }));
    if (count == 0) return {};
    OpenOptions options;
    options.mode = OpenMode::kReadWrite;
    options.unseal = true;
    options.clock = task_.clock;
    VDE_TRY_ASSIGN(image, Image::open(std::make_unique<BorrowedFile>(task_.image), options));
    VDE_TRY_ASSIGN(change, image.begin());
    TagImportOptions import;
    import.replace = true;
    VDE_TRY(change.tags().import(batch, import, task_.activity));
    return change.commit();
  }

  // A table that is still damaged, or full, or must not be changed, stays as it is.
  static bool is_left(const Error& why) {
    return why.code == ErrorCode::kDamaged || why.code == ErrorCode::kNoSpace ||
           why.code == ErrorCode::kUnsupported;
  }

  Result<void> handle_table(const PackedTable& table) {
    const auto region = region_of(probe_, table.type);
    if (!region) return {};
    VDE_TRY_ASSIGN(records, old_records(table));
    if (records.empty()) return {};
    VDE_TRY(forget_kept(table, region->blocks, records));
    VDE_TRY_ASSIGN(gone, is_gone(table.type));
    if (gone) VDE_TRY(drop_unproven(table, records));
    Result<void> added;
    if (gone) added = add_records(table, region->slot, records);
    if (!added && !is_left(added.error())) return added;
    for (const auto& [key, record] : records)
      VDE_TRY(show_record(table, record, gone && added.has_value()));
    return {};
  }

  Result<void> show_record(const PackedTable& table, const Record& record, bool used) {
    if (table.type == block_types::kCode)
      return show("module", record.block, used,
                  public_module(decode_module_entry(record.bytes)->entry));
    return show("snapshot", record.block, used, public_form(snapshot_of(record.bytes)));
  }

  // The newest version of each entry. Memory: that of the entries in the blocks found.
  Result<Records> old_records(const PackedTable& table) {
    VDE_TRY_ASSIGN(blocks, strays(table.type));
    Records records;
    BlockBuffer buffer = task_.source.make_buffer();
    for (const StrayBlock& stray : blocks) {
      VDE_TRY_ASSIGN(block, task_.source.read(stray.number, buffer));
      const auto header = kPackedTableHeaderLayout.decode(block.unchecked_payload());
      const bool first = header.count > 0 && all_zero(header.reserved);
      each_likely_record(table, block, first, probe_.usable_blocks(), [&](Bytes record) {
        const Bytes key = record.first(table.shape.key_size);
        records.try_emplace({key.begin(), key.end()},
                            Record{{record.begin(), record.end()}, stray.number});
      });
    }
    return records;
  }

  // Removes what the new image has.
  Result<void> forget_kept(const PackedTable& table, BlockRange region, Records& records) {
    FileSource source(io_, region, table.type);
    const Result<void> walked = walk_packed(source, table, [&](const PackedRecord& record) {
      const Bytes key = record.bytes.first(table.shape.key_size);
      records.erase({key.begin(), key.end()});
      return true;
    });
    // A table that cannot be read to its end has fewer entries.
    return walked || walked.error().code == ErrorCode::kDamaged ? Result<void>{} : walked;
  }

  // In the order of their times: the order of the table decides which of two snapshots of one time
  // is the latest.
  static std::vector<const Record*> in_order(const PackedTable& table, const Records& records) {
    std::vector<const Record*> ordered;
    for (const auto& [key, record] : records) ordered.push_back(&record);
    if (table.type == block_types::kSnapshots)
      std::ranges::sort(ordered, [](const Record* one, const Record* other) {
        const SnapshotEntry a = snapshot_of(one->bytes);
        const SnapshotEntry b = snapshot_of(other->bytes);
        return std::pair(a.created, a.id) < std::pair(b.created, b.id);
      });
    return ordered;
  }

  // In commits of at most half a journal.
  Result<void> add_records(const PackedTable& table, size_t slot, const Records& records) {
    VDE_TRY_ASSIGN(probe, probe_image(task_.image));
    VDE_TRY_ASSIGN(plan, plan_recovery(io_, probe));
    VolumeOptions options;
    options.unseal = true;
    options.clock = task_.clock;
    VDE_TRY_ASSIGN(volume, Volume::open(task_.image, probe, plan, std::move(options)));
    const std::vector<const Record*> ordered = in_order(table, records);
    for (auto record = ordered.begin(); record != ordered.end();) {
      VDE_TRY_ASSIGN(transaction, volume->begin());
      VDE_TRY_ASSIGN(editor, PackedEditor::open(transaction, volume->allocator(), slot, table));
      do {
        VDE_TRY(editor.append((*record)->bytes));
        ++added_;
      } while (++record != ordered.end() &&
               transaction.staged_blocks() < transaction.journal().half());
      VDE_TRY(volume->commit(transaction));
    }
    return volume->close();
  }

  // The bytes of a module may have been overwritten since.
  Result<void> drop_unproven(const PackedTable& table, Records& records) {
    if (table.type != block_types::kCode) return {};
    const uint64_t total = probe_.usable_blocks();
    ModuleReads reads;
    const auto may_read = [&](uint64_t blocks) { return reads.take(blocks, total); };
    for (auto record = records.begin(); record != records.end();) {
      VDE_TRY_ASSIGN(proven,
                     is_proven_module(io_, total, record->second.bytes, may_read, task_.activity));
      record = proven ? std::next(record) : records.erase(record);
    }
    return {};
  }

  const OldEntriesTask& task_;
  Probe probe_;  // of the new image
  BlockIo io_;
  uint64_t added_ = 0;
};

}  // namespace

Result<uint64_t> use_old_entries(const OldEntriesTask& task) {
  VDE_TRY_ASSIGN(probe, probe_image(task.image));
  if (probe.superblock_source != SuperblockSource::kGroup) return uint64_t{0};
  return OldEntries(task, std::move(probe)).run();
}

}  // namespace vde
