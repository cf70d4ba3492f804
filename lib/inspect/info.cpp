#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/checked.h"
#include "format/region/packed_table.h"
#include "format/tag/tag_index.h"
#include "inspect/bit_names.h"
#include "inspect/decode_table.h"
#include "inspect/shown_probe.h"
#include "inspect/structure.h"
#include "journal/committed_view.h"
#include "probe/probe.h"
#include "table/snapshot_table.h"
#include "vde/inspect.h"

namespace vde {
namespace {

std::string_view source_name(const Probe& probe) {
  const bool mirror = probe.superblock_block == kMirrorGroup;
  switch (probe.superblock_source) {
    case SuperblockSource::kGroup:
      return mirror ? "mirror group" : "primary group";
    case SuperblockSource::kCopy:
      return "copy in the journal";
    case SuperblockSource::kBlock:
      return mirror ? "block 4 alone" : "block 0 alone";
    case SuperblockSource::kUnverified:
      return mirror ? "block 4, unverified" : "block 0, unverified";
    case SuperblockSource::kNone:
      break;
  }
  return "none";
}

// The source of slots that no table holds.
constexpr std::string_view kFromBlocks = "runs of blocks";

std::string_view source_name(SlotSource source) {
  switch (source) {
    case SlotSource::kPointerTable:
      return "pointer table";
    case SlotSource::kDirectory:
      return "directory";
    case SlotSource::kUnverified:
      return "pointer table, unverified";
    case SlotSource::kNone:
      break;
  }
  return "none";
}

Json superblock_json(const Probe& probe) {
  const Superblock& superblock = probe.superblock;
  BlockBuffer encoded(kSuperblockLayout.size());
  kSuperblockLayout.encode(superblock, encoded);
  Json json;
  for (const Field& field : kSuperblockLayout.fields()) put_field(json, field, encoded);
  put_field(json, kHeaderSealLayout.fields()[0], probe.seal.header_seal);
  put_bit_names(json);
  return json;
}

// What the bounds and the first block of a region say.
struct RegionLook {
  std::string state;
  Json records;  // the counts of a described table; null if its first block is damaged
};

RegionLook look_at_region(const Probe& probe, const BlockIo& io, size_t index) {
  const RegionSlot& slot = probe.slots[index];
  const auto range = block_range(slot.start, slot.count);
  if (!range || range->end > probe.usable_blocks()) return {"outside the volume", nullptr};
  if (probe.data_area() == index) return {"data", nullptr};
  BlockBuffer buffer = io.make_buffer();
  const auto block = io.read(range->begin, buffer);
  if (!block) return {"unreadable", nullptr};
  const BlockState state = block->state();
  if (state != BlockState::kValid) return {std::string(to_string(state)), nullptr};
  const BlockType type = block->unchecked_trailer().type;
  const BlockType content = probe.content_of(index);
  if (!may_carry(slot.type, content, type)) return {"type " + to_string(type), nullptr};
  const Bytes payload = block->unchecked_payload();
  return {all_zero(payload) ? "empty" : "ok", count_records(content, payload)};
}

Json regions_json(const Probe& probe, const BlockIo& io) {
  Json regions = Json::array();
  for (size_t i = 0; i < probe.slots.size(); ++i) {
    const RegionSlot& slot = probe.slots[i];
    if (slot.is_free()) continue;
    RegionLook look = look_at_region(probe, io, i);
    regions.push_back(Json{{"slot", i},
                           {"tag", to_string(slot.type)},
                           {"flags", slot.flags},
                           {"flags_names", region_flag_names(slot.flags)},
                           {"start", slot.start},
                           {"count", slot.count},
                           {"used", slot.used},
                           {"state", std::move(look.state)}});
    if (!look.records.is_null()) regions.back()["records"] = std::move(look.records);
  }
  return regions;
}

// The blocks of the first region of this type, if there are any.
std::optional<BlockRange> find_region(const Probe& probe, BlockType type) {
  for (const RegionSlot& slot : probe.slots) {
    if (slot.is_free() || slot.type != type) continue;
    const auto range = block_range(slot.start, slot.count);
    return range && !range->empty() ? range : std::nullopt;
  }
  return std::nullopt;
}

// The number of entries in the first region of this type, according to its header. Null if there is
// no such region or its header is damaged.
Json count_in(const Probe& probe, const BlockIo& io, BlockType type) {
  const auto range = find_region(probe, type);
  if (!range) return nullptr;
  BlockBuffer buffer = io.make_buffer();
  const auto block = io.read_checked(range->begin, type, buffer);
  if (!block) return nullptr;
  if (type == block_types::kTagIndex)
    return kTagIndexHeaderLayout.decode(block->payload()).entry_count;
  return kPackedTableHeaderLayout.decode(block->payload()).count;
}

// The header of the snapshot table counts padding entries too. They are subtracted if the table can
// be read; the number of deleted snapshots is null if it cannot.
void count_snapshots_in(const Probe& probe, const BlockIo& io, Json& counts) {
  counts["snapshots"] = count_in(probe, io, block_types::kSnapshots);
  counts["snapshots_deleted"] = nullptr;
  const auto range = find_region(probe, block_types::kSnapshots);
  if (counts["snapshots"].is_null() || range->end > probe.usable_blocks()) return;
  FileSource source(io, *range, block_types::kSnapshots);
  const auto read = count_snapshots(source);
  if (!read) return;
  counts["snapshots"] = read->all;
  counts["snapshots_deleted"] = read->deleted;
}

Json counts_json(const Probe& probe, const BlockIo& io) {
  Json counts{{"tags", count_in(probe, io, block_types::kTagIndex)}};
  count_snapshots_in(probe, io, counts);
  counts["modules"] = count_in(probe, io, block_types::kCode);
  return counts;
}

// The tables that are counted, and the member of "counts" that is null if one cannot be read.
constexpr std::array<std::pair<BlockType, const char*>, 3> kCounted = {
    {{block_types::kTagIndex, "tags"},
     {block_types::kSnapshots, "snapshots_deleted"},
     {block_types::kCode, "modules"}}};

bool has_region(const Json& regions, BlockType type) {
  return std::ranges::any_of(regions,
                             [&](const Json& region) { return region["tag"] == to_string(type); });
}

Json slots_json(const std::vector<RegionSlot>& slots) {
  Json json = Json::array();
  for (size_t i = 0; i < slots.size(); ++i)
    if (!slots[i].is_free())
      json.push_back(Json{{"slot", i},
                          {"tag", to_string(slots[i].type)},
                          {"flags", slots[i].flags},
                          {"flags_names", region_flag_names(slots[i].flags)},
                          {"start", slots[i].start},
                          {"count", slots[i].count},
                          {"used", slots[i].used}});
  return json;
}

Json table_json(std::string_view name, const FixedBlock& block, bool verified) {
  return Json{
      {"table", name},
      {"block", block.number},
      {"verified", verified},
      {"slots", block.readable ? slots_json(decode_slots(block.payload())) : Json::array()}};
}

}  // namespace

Result<Json> image_info(BlockFile& file) {
  // Shows the image with the commits in the journal applied, if possible; else the state on disk.
  VDE_TRY_ASSIGN(found, probe_shown(file));
  const Probe& on_disk = found.probe;
  const auto view = view_committed(file, on_disk);
  BlockFile& shown = view ? *view->file : file;
  VDE_TRY_ASSIGN(replayed, view ? probe_replayed(*view) : Result<std::optional<Probe>>());
  const Probe& probe = replayed ? *replayed : on_disk;
  const BlockIo io(shown, probe.block_size);
  Json json{{"schema_version", kSchemaVersion},
            {"command", "info"},
            {"file_size", probe.file_size},
            {"block_size", probe.block_size},
            {"superblock_source", source_name(probe)},
            {"superblock_verified", probe.superblock_verified()},
            {"primary_group", probe.primary.whole ? "ok" : "damaged"},
            {"mirror_group", probe.mirror.whole ? "ok" : "damaged"},
            {"directory", probe.directory.whole ? "ok" : "damaged"},
            {"slot_source", found.from_blocks ? kFromBlocks : source_name(probe.slot_source)}};
  json["superblock"] =
      probe.superblock_source == SuperblockSource::kNone ? Json(nullptr) : superblock_json(probe);
  json["regions"] = regions_json(probe, io);
  json["counts"] = counts_json(probe, io);
  VDE_TRY(file.check_reachable());
  return json;
}

bool info_is_verified(const Json& info) {
  constexpr std::array kGood = {"ok", "empty", "unwritten", "data"};
  const auto is_good = [&](const Json& region) {
    // Of the groups and the directory one intact copy is enough.
    if (region["tag"] == to_string(block_types::kSuperblock) ||
        region["tag"] == to_string(block_types::kRegionMap))
      return true;
    return std::ranges::find(kGood, region["state"].get_ref<const std::string&>()) != kGood.end();
  };
  const auto& source = info["slot_source"].get_ref<const std::string&>();
  if (!info["superblock_verified"].get<bool>()) return false;
  if (source != source_name(SlotSource::kPointerTable) &&
      source != source_name(SlotSource::kDirectory))
    return false;
  if (!std::ranges::all_of(info["regions"], is_good)) return false;
  for (const auto& [type, name] : kCounted)
    if (info["counts"][name].is_null() && has_region(info["regions"], type)) return false;
  return true;
}

Result<Json> dump_regions(BlockFile& file, std::optional<uint32_t> block_size) {
  VDE_TRY_ASSIGN(found, probe_shown(file, block_size));
  const Probe& probe = found.probe;
  const BlockIo io(file, probe.block_size);
  Json json{{"schema_version", kSchemaVersion},
            {"command", "dump"},
            {"slot_source", found.from_blocks ? kFromBlocks : source_name(probe.slot_source)},
            {"regions", regions_json(probe, io)}};
  json["tables"] =
      Json::array({table_json("primary pointer table", probe.primary.blocks[1],
                              probe.primary.blocks[1].is(block_types::kRegionMap)),
                   table_json("mirror pointer table", probe.mirror.blocks[1],
                              probe.mirror.blocks[1].is(block_types::kRegionMap)),
                   table_json("directory", probe.directory.blocks[0], probe.directory.whole)});
  VDE_TRY(file.check_reachable());
  return json;
}

}  // namespace vde
