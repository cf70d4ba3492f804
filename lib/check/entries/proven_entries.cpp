#include "check/entries/proven_entries.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/endian.h"
#include "check/passes/lost_entries.h"
#include "check/salvage/tag_blocks.h"
#include "region/module_blocks.h"
#include "table/module_table.h"
#include "table/snapshot_table.h"
#include "vde/text.h"

namespace vde {
namespace {

constexpr size_t kSectorSize = 512;  // bytes

// Whether the damage to a block of the table is in its trailer, or after its entries.
bool is_damage_elsewhere(BlockType table, const UncheckedBlock& block, size_t end) {
  // Where the type is lost, too, the checksum proves nothing. A lost sector takes both.
  const size_t size = block.bytes().size();
  return block.unchecked_trailer().type != table && size > kSectorSize && end <= size - kSectorSize;
}

// Such a block holds no entries, however its bytes read.
bool is_sound_tag_node(const UncheckedBlock& block) {
  return block.check_payload() && is_typed_tag_node(block);
}

}  // namespace

Result<bool> is_proven_module(const BlockIo& io, uint64_t total_blocks, Bytes record,
                              const std::function<bool(uint64_t blocks)>& may_read,
                              Activity& activity) {
  const auto decoded = decode_module_entry(record);
  if (!decoded) return false;
  const ModuleEntry& entry = decoded->entry;
  const auto extent = module_extent(entry, total_blocks, io.block_size());
  if (!extent || entry.abi > kAbiStable || !is_utf8(entry.entry_point)) return false;
  if (!may_read(extent->count())) return false;
  VDE_TRY_ASSIGN(matches, matches_hash(io, entry, *extent, activity));
  return matches == true;
}

Result<bool> is_proven_module(StructureRepair& repair, Bytes record) {
  return is_proven_module(
      repair.io(), repair.total_blocks(), record,
      [&](uint64_t blocks) { return repair.may_read_module(blocks); }, repair.activity());
}

void EntryProver::add(Bytes record) {
  if (table_.type != block_types::kSnapshots) return;
  const SnapshotEntry entry = snapshot_of(record);
  // In a run of equal bytes every id is equal to every parent.
  if (is_padding(entry) || entry.id == entry.parent) return;
  created_.emplace(entry.id, entry.created);
  if (!entry.parent.is_zero()) children_.emplace(entry.parent, entry.created);
}

bool EntryProver::is_proven_snapshot(Bytes record) const {
  const SnapshotEntry entry = snapshot_of(record);
  const auto any = [](const auto& range, auto test) {
    return std::any_of(range.first, range.second,
                       [&](const auto& pair) { return test(pair.second); });
  };
  const bool is_named =
      any(children_.equal_range(entry.id), [&](Ticks created) { return created >= entry.created; });
  if (!is_named || entry.id == entry.parent ||
      !is_likely_record(table_, record, repair_.total_blocks(), repair_.io().block_size()))
    return false;
  return entry.parent.is_zero() || any(created_.equal_range(entry.parent),
                                       [&](Ticks created) { return created <= entry.created; });
}

Result<bool> EntryProver::is_proven(Bytes record) const {
  if (table_.type == block_types::kCode) return is_proven_module(repair_, record);
  return is_proven_snapshot(record);
}

// Takes all entries if the checksum `known` fits them, followed by zeros. In a valid block of
// another structure, none is plausible.
Result<bool> EntryProver::take_all(Bytes payload, bool first, uint64_t known,
                                   ProvenEntries& proven) const {
  const auto records = packed_records(table_.shape, payload, first, INT64_MAX);
  if (!records || records->empty()) return false;
  const size_t end =
      static_cast<size_t>(records->back().data() - payload.data()) + records->back().size();
  BlockBuffer cleared(payload.begin(), payload.end());
  std::ranges::fill(MutableBytes(cleared).subspan(end), uint8_t{0});
  if (known != checksum(payload) && known != checksum(cleared)) return false;
  const auto is_entry = [&](Bytes record) {
    const bool padding = table_.is_padding != nullptr && table_.is_padding(record);
    return padding ||
           is_likely_record(table_, record, repair_.total_blocks(), repair_.io().block_size());
  };
  if (!std::ranges::all_of(*records, is_entry)) return false;
  for (const Bytes record : *records) proven.records.emplace_back(record.begin(), record.end());
  proven.all = proven.complete = proven.whole = true;
  return true;
}

Result<ProvenEntries> EntryProver::find(const UncheckedBlock& block, bool first,
                                        const std::function<bool(Bytes key)>& is_held) {
  const BlockBuffer payload(block.unchecked_payload().begin(), block.unchecked_payload().end());
  const Trailer trailer = block.unchecked_trailer();
  ProvenEntries proven;
  proven.generation = trailer.generation;
  if (is_sound_tag_node(block)) return proven;
  VDE_TRY_ASSIGN(complete, take_all(payload, first, trailer.checksum, proven));
  if (complete) {
    const auto held = [&](const BlockBuffer& record) {
      return is_held(Bytes(record).first(table_.shape.key_size));
    };
    std::erase_if(proven.records, held);
    return proven;
  }
  // What a block of another structure holds is not an entry.
  if (block.check_payload()) return proven;
  proven.all = true;
  const size_t content = content_size(payload);
  size_t at = first ? kPackedTableHeaderLayout.size() : 0;
  size_t end = at;
  // After bytes that are no proven entry, the next one may begin anywhere.
  while (at < content && payload.size() - at >= table_.shape.fixed_size) {
    if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    const Bytes rest = Bytes(payload).subspan(at);
    const Bytes key = rest.first(table_.shape.key_size);
    const Result<Bytes> record = packed_record(table_.shape, rest);
    bool is_its = record && !all_zero(key) && !is_held(key);
    // Nothing can be lost with padding.
    const bool padding =
        proven.all && is_its && table_.is_padding != nullptr && table_.is_padding(*record);
    if (is_its && !padding) {
      VDE_TRY_ASSIGN(judged, is_proven(*record));
      is_its = judged;
    }
    proven.all &= is_its;
    if (is_its) proven.records.emplace_back(record->begin(), record->end());
    at += is_its ? record->size() : 1;
    if (is_its) end = at;
  }
  proven.all &= !proven.records.empty();
  proven.whole = proven.all && is_damage_elsewhere(table_.type, block, end);
  return proven;
}

bool each_entry_in_damage(StructureRepair& repair, const PackedTable& table,
                          const UncheckedBlock& block, bool first,
                          const std::function<void(Bytes record)>& visit) {
  if (is_sound_tag_node(block)) return false;
  const uint64_t total_blocks = repair.total_blocks();
  const size_t fixed = table.shape.fixed_size;
  const auto is_likely = [&](Bytes record) {
    return is_likely_record(table, record, total_blocks,
                            static_cast<uint32_t>(block.bytes().size()));
  };
  const Bytes payload = block.unchecked_payload();
  const size_t content = content_size(payload);
  size_t at = first ? kPackedTableHeaderLayout.size() : 0;
  bool all = true;
  while (at < content && payload.size() - at >= fixed) {
    const Bytes rest = payload.subspan(at);
    const Result<Bytes> record = packed_record(table.shape, rest);
    const bool padding = record && table.is_padding != nullptr && table.is_padding(*record);
    if (padding || (record && is_likely(*record))) {
      if (!padding) visit(*record);
      at += record->size();
      continue;
    }
    // Its text, or the length of that, may be all that is wrong.
    all = false;
    BlockBuffer textless(rest.begin(), rest.begin() + static_cast<ptrdiff_t>(fixed));
    store_le(MutableBytes(textless), fixed - kTextLengthSize, uint16_t{0});
    const bool likely = is_likely(textless);
    if (likely) visit(textless);
    at += likely ? fixed : 1;
  }
  return all && at >= content;
}

std::string unproven_fields(BlockType table, Bytes record) {
  if (table == block_types::kCode)
    return fmt::format("the id, the entry point and the time of module {} are unverified",
                       to_hex(record.first(kModuleShape.key_size)));
  return fmt::format(
      "the label, the flags, the inode table and the number of data blocks of snapshot {} are "
      "unverified",
      to_string(snapshot_of(record).id));
}

}  // namespace vde
