#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/checked.h"
#include "format/block_type.h"
#include "inspect/bit_names.h"
#include "inspect/block_users.h"
#include "inspect/byte_place.h"
#include "inspect/decode_block.h"
#include "inspect/decode_table.h"
#include "inspect/key_fits.h"
#include "inspect/owner.h"
#include "inspect/shown_probe.h"
#include "inspect/structure.h"
#include "vde/inspect.h"
#include "vde/text.h"

namespace vde {
namespace {

Json owner_json(const Probe& probe, const std::optional<BlockOwner>& owner) {
  if (!owner) return nullptr;
  const bool has_slot = owner->slot < probe.slots.size();
  return Json{{"region", to_string(owner->type)},
              {"slot", owner->slot},
              {"index", owner->index},
              {"blocks", has_slot ? probe.slots[owner->slot].count : int64_t{kGroupBlocks}},
              {"data_area", owner->is_data_area}};
}

// The key of a structure's values: "header seal" becomes "header_seal".
std::string key_of(std::string name) {
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

// The type to decode a block as: the content of its region if the block's type fits it; else its
// own type if it has a valid trailer; else that of its region.
BlockType decoding_type(const UncheckedBlock& block, const std::optional<BlockOwner>& owner) {
  const BlockType own = block.unchecked_trailer().type;
  const bool is_valid = block.state() == BlockState::kValid && is_known(own);
  const bool has_content = owner && !owner->is_data_area && owner->type != block_types::kSuperblock;
  if (has_content && (!is_valid || may_carry(*owner, own))) return owner->content;
  if (is_valid) return own;
  return owner ? expected_type(*owner) : own;
}

Json structures_of(const Probe& probe, const BlockIo& io, const UncheckedBlock& block,
                   const std::optional<BlockOwner>& owner) {
  const BlockType type = decoding_type(block, owner);
  const Bytes payload = block.unchecked_payload();
  if (type == block_types::kMigration) return decode_migration(payload);
  if (owner && !owner->is_data_area && type == owner->content) {
    const uint64_t begin = block.number() - owner->index;
    const auto count = static_cast<uint64_t>(
        owner->slot < probe.slots.size() ? probe.slots[owner->slot].count : 0);
    const uint64_t end = std::min(begin + count, probe.blocks_in_file());
    Json table = decode_table(io, {type, {begin, end}, owner->index}, payload);
    if (!table.empty()) return table;
  }
  const BlockPlace place{block.number(),
                         owner ? std::optional<uint64_t>(owner->index) : std::nullopt};
  return decode_structures(type, place, payload);
}

Json header_json() {
  return Json{{"schema_version", kSchemaVersion}, {"command", "dump"}};
}

Json block_json(const Probe& probe, const BlockIo& io, const UncheckedBlock& block) {
  const auto owner = owner_of(probe, block.number());
  const Trailer trailer = block.unchecked_trailer();
  const BlockState state = block.state();
  const BlockType type = decoding_type(block, owner);
  Json json = header_json();
  json.update(
      Json{{"block", block.number()},
           {"offset", block.number() * probe.block_size},
           {"state", to_string(state)},
           {"verified", state == BlockState::kValid},
           {"owner", owner_json(probe, owner)},
           {"trailer",
            {{"tag", to_string(trailer.type)},
             {"generation", trailer.generation},
             {"checksum", fmt::format("{:016x}", trailer.checksum)},
             {"computed_checksum", fmt::format("{:016x}", checksum(block.unchecked_payload()))},
             {"tag_fits", !owner || may_carry(*owner, trailer.type)}}}});
  json["decoded_as"] = state == BlockState::kUnwritten ? Json(nullptr) : Json(to_string(type));
  Json structures = Json::array();
  if (state != BlockState::kUnwritten) {
    structures = structures_of(probe, io, block, owner);
    if (structures.empty()) json["payload"] = to_hex(block.unchecked_payload());
  }
  // A set, because a block may have thousands of entries.
  std::set<std::string> taken;
  for (const auto& [name, value] : json.items()) taken.insert(name);
  for (Json& structure : structures) put_bit_names(structure["values"]);
  Json entries = take_entries(structures);
  for (Json& structure : structures) {
    structure["block"] = block.number();
    const auto& name = structure["name"].get_ref<const std::string&>();
    // Numbered structures are entries.
    if (name.back() >= '0' && name.back() <= '9') continue;
    const std::string key = key_of(name);
    if (taken.insert(key).second)
      json.get_ref<Json::object_t&>().push_back({key, structure["values"]});
  }
  json["entries"] = std::move(entries);
  json["structures"] = std::move(structures);
  return json;
}

// Says whether one of the keys fits what the block holds.
Result<void> put_key_fits(Json& json, const Probe& probe, const BlockIo& io,
                          const UncheckedBlock& block, const SecretKeys& keys) {
  const auto owner = owner_of(probe, block.number());
  const BlockPlace place{block.number(),
                         owner ? std::optional<uint64_t>(owner->index) : std::nullopt};
  VDE_TRY_ASSIGN(fits,
                 key_fits(io, decoding_type(block, owner), place, block.unchecked_payload(), keys));
  if (fits) json["key_fits"] = std::move(*fits);
  return {};
}

// The block ranges of the selection; a region is clipped to the file.
Result<std::vector<BlockRange>> selected(const Probe& probe, const BlockSelection& selection) {
  const uint64_t blocks = probe.blocks_in_file();
  std::vector<BlockRange> ranges;
  switch (selection.kind) {
    case BlockSelection::Kind::kSuperblock:
      ranges.push_back({probe.superblock_block, probe.superblock_block + 1});
      break;
    case BlockSelection::Kind::kBlocks:
      if (selection.blocks.empty() || selection.blocks.end > blocks)
        return fail(ErrorCode::kUsage,
                    fmt::format("there is no block {}", selection.blocks.empty()
                                                            ? selection.blocks.begin
                                                            : selection.blocks.end - 1),
                    fmt::format("the file has {} blocks of {} bytes", blocks, probe.block_size));
      ranges.push_back(selection.blocks);
      break;
    case BlockSelection::Kind::kRegion:
      for (const RegionSlot& slot : probe.slots) {
        const auto range = block_range(slot.start, slot.count);
        if (slot.is_free() || to_string(slot.type) != selection.region || !range) continue;
        ranges.push_back({range->begin, std::min(range->end, blocks)});
      }
      if (ranges.empty())
        return fail(ErrorCode::kNotFound,
                    fmt::format("there is no region {}", escape(selection.region)),
                    "'vdetool dump IMAGE --regions' lists them");
  }
  return ranges;
}

// Calls `visit` for the selected blocks; for a region only for blocks that are written.
template <class Visit>
Result<void> each_block(const Probe& probe, BlockFile& file, const BlockSelection& selection,
                        const Activity& activity, Visit visit) {
  const BlockIo io(file, probe.block_size);
  const bool written_only = selection.kind == BlockSelection::Kind::kRegion;
  VDE_TRY_ASSIGN(ranges, selected(probe, selection));
  BlockBuffer buffer = io.make_buffer();
  for (BlockRange range : ranges) {
    while (!range.empty()) {
      if (activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      if (written_only) {
        VDE_TRY_ASSIGN(data, file.next_data(io.bytes_of(range)));
        if (data.empty()) break;
        range.begin = data.begin / io.block_size();
      }
      VDE_TRY_ASSIGN(block, io.read(range.begin++, buffer));
      if (written_only && block.is_unwritten()) continue;
      VDE_TRY(visit(block));
    }
  }
  return {};
}

Json trailer_structures(const UncheckedBlock& block) {
  const auto at = static_cast<uint32_t>(block.unchecked_payload().size());
  StructureBuilder builder(std::string(kTrailerLayout.name()), at);
  builder.add_fields(kTrailerLayout.fields(), block.bytes().subspan(at));
  return Json::array({std::move(builder).build()});
}

}  // namespace

Result<void> dump_blocks(BlockFile& file, const BlockSelection& selection, const Activity& activity,
                         const std::function<Result<void>(const Json&)>& show) {
  VDE_TRY_ASSIGN(found, probe_shown(file, selection.block_size));
  const Probe& probe = found.probe;
  const BlockIo io(file, probe.block_size);
  return each_block(probe, file, selection, activity,
                    [&](const UncheckedBlock& block) -> Result<void> {
                      Json json = block_json(probe, io, block);
                      if (!selection.keys.empty())
                        VDE_TRY(put_key_fits(json, probe, io, block, selection.keys));
                      return show(json);
                    });
}

Result<void> dump_raw(BlockFile& file, const BlockSelection& selection, const Activity& activity,
                      const std::function<Result<void>(uint64_t, Bytes)>& show) {
  VDE_TRY_ASSIGN(found, probe_shown(file, selection.block_size));
  const Probe& probe = found.probe;
  return each_block(probe, file, selection, activity, [&](const UncheckedBlock& block) {
    return show(block.number() * probe.block_size, block.bytes());
  });
}

namespace {

Result<uint64_t> offset_of(const BytePosition& position, uint32_t block_size) {
  if (!position.block) return position.byte;
  if (position.byte >= block_size)
    return fail(ErrorCode::kUsage, fmt::format("there is no byte {} in a block", position.byte),
                fmt::format("the blocks have {} bytes", block_size));
  if (*position.block > (UINT64_MAX - position.byte) / block_size)
    return fail(ErrorCode::kUsage, fmt::format("there is no block {}", *position.block));
  return *position.block * block_size + position.byte;
}

// The entry of a table or a tag index that contains byte `at`, or null.
Json entry_at(const Json& structures, uint64_t at) {
  for (const Json& structure : structures)
    for (const Json& field : structure["fields"]) {
      const uint64_t begin = field["offset"];
      if (at < begin || at >= begin + field["width"].get<uint64_t>()) continue;
      Json entry{{"name", structure["name"]}};
      entry.update(structure["values"]);
      return entry;
    }
  return nullptr;
}

}  // namespace

Result<Json> dump_offset(BlockFile& file, const BytePosition& position) {
  VDE_TRY_ASSIGN(found, probe_shown(file, position.block_size));
  const Probe& probe = found.probe;
  VDE_TRY_ASSIGN(offset, offset_of(position, probe.block_size));
  const uint64_t end = probe.blocks_in_file() * probe.block_size;
  if (offset >= end)
    return fail(ErrorCode::kUsage,
                offset < probe.file_size
                    ? fmt::format("byte {} is after the last complete block", offset)
                    : fmt::format("there is no byte {}", offset),
                fmt::format("the last complete block of the file ends at byte {}", end));
  const BlockIo io(file, probe.block_size);
  BlockBuffer buffer = io.make_buffer();
  VDE_TRY_ASSIGN(block, io.read(offset / probe.block_size, buffer));
  const uint64_t within = offset % probe.block_size;
  const Json decoded = block_json(probe, io, block);
  const auto owner = owner_of(probe, block.number());
  const bool in_payload = within < payload_size(probe.block_size);
  Json json = header_json();
  json["byte"] = offset;
  json["value"] = buffer[within];
  json["block"] = block.number();
  json["offset_in_block"] = within;
  json["part"] = in_payload ? "payload" : "trailer";
  json["covered_by"] = covering(probe.block_size, within);
  for (const char* name : {"state", "verified", "owner", "trailer", "decoded_as"})
    json[name] = decoded[name];
  const bool in_bitmap = in_payload && owner && decoding_type(block, owner) == block_types::kBitmap;
  if (in_bitmap)
    json["field"] = bitmap_byte(owner->index, block.unchecked_payload(), within);
  else
    json["field"] =
        field_at(in_payload ? decoded["structures"] : trailer_structures(block), within);
  json["gap"] = json["field"].is_null()
                    ? gap_at(decoded["structures"], block.unchecked_payload(), within)
                    : Json(nullptr);
  json["entry"] =
      in_payload && !in_bitmap ? entry_at(decoded["structures"], within) : Json(nullptr);
  const bool in_data = !owner || owner->is_data_area;
  json["users"] = in_data ? users_of(probe, io, block.number(), within) : Json::array();
  return json;
}

std::vector<std::string> region_types() {
  std::vector<std::string> names;
  for (const BlockType type : known_block_types()) names.push_back(to_string(type));
  return names;
}

}  // namespace vde
