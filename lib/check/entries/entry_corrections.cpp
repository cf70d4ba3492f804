#include "check/entries/entry_corrections.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/endian.h"
#include "check/entries/proven_entries.h"
#include "check/finding_code.h"
#include "check/passes/lost_entries.h"
#include "region/module_blocks.h"
#include "table/module_table.h"
#include "table/snapshot_table.h"
#include "vde/text.h"

namespace vde {
namespace {

using InodeTable = std::pair<int64_t, int64_t>;  // first block, blocks

class Corrector {
 public:
  Corrector(StructureRepair& repair, const RepairedTable& repaired, const PlacedRegion& region,
            const TableScan& scan)
      : repair_(repair),
        table_(repaired.table),
        name_(repaired.name),
        region_(region),
        scan_(scan) {}

  Result<void> run() {
    if (const ScannedEntry* broken = scan_.broken()) return correct_length(*broken);
    const bool modules = table_.type == block_types::kCode;
    // Of several ids, nothing says which snapshot had which.
    const bool one_nil =
        std::ranges::count(scan_.entries, EntryState::kNilKey, &ScannedEntry::state) == 1;
    for (const ScannedEntry& entry : scan_.entries) {
      const bool nil = entry.state == EntryState::kNilKey;
      if (nil ? !modules && !one_nil : entry.state != EntryState::kOutside) continue;
      if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(bytes, entry_bytes(repair_, table_, region_.blocks, entry));
      if (modules)
        VDE_TRY(nil ? correct_hash(entry, bytes) : correct_blocks(entry, bytes));
      else
        VDE_TRY(nil ? correct_id(entry, bytes) : correct_inode_table(entry, bytes));
    }
    return {};
  }

 private:
  // Replaces the first bytes of an entry.
  Result<void> put(const ScannedEntry& entry, Bytes bytes) {
    VDE_TRY_ASSIGN(payload, repair_.edit(region_.blocks.begin + entry.index, table_.type));
    std::ranges::copy(bytes, payload.subspan(entry.offset).begin());
    return {};
  }

  void step(const ScannedEntry& entry, std::string_view field, std::string value,
            std::string source) {
    repair_.step(fmt::format("set the {} of an entry in block {} of the {} to {}", field,
                             region_.blocks.begin + entry.index, name_, value),
                 std::move(source));
  }

  // The number of entries in `rest`, the rest of a block, if all of them are plausible and only
  // zeros follow.
  [[nodiscard]] std::optional<int64_t> entries_in(Bytes rest) const {
    int64_t count = 0;
    while (rest.size() >= table_.shape.fixed_size && !all_zero(rest)) {
      const Result<Bytes> record = packed_record(table_.shape, rest);
      if (!record) return std::nullopt;
      const bool padding = table_.is_padding != nullptr && table_.is_padding(*record);
      if (!padding &&
          !is_likely_record(table_, *record, repair_.total_blocks(), repair_.io().block_size()))
        return std::nullopt;
      ++count;
      rest = rest.subspan(record->size());
    }
    return all_zero(rest) ? std::optional(count) : std::nullopt;
  }

  Result<void> correct_length(const ScannedEntry& entry) {
    VDE_TRY_ASSIGN(bytes, entry_bytes(repair_, table_, region_.blocks, entry));
    const size_t place = table_.shape.fixed_size - kTextLengthSize;
    std::vector<uint16_t> lengths;
    for (uint16_t length = 0; length <= table_.shape.max_text; ++length) {
      const size_t end = table_.shape.fixed_size + length;
      if (end > bytes.size()) break;
      // A text has no zeros: those after it are unused space.
      if (std::find(bytes.begin() + table_.shape.fixed_size,
                    bytes.begin() + static_cast<ptrdiff_t>(end),
                    0) != bytes.begin() + static_cast<ptrdiff_t>(end))
        break;
      store_le(MutableBytes(bytes), place, length);
      if (entries_in(bytes) == scan_.counted - scan_.found()) lengths.push_back(length);
    }
    if (lengths.size() != 1) return {};
    step(entry, "text length", fmt::format("{}", lengths.front()),
         "no other length gives as many entries as the header counts");
    repair_.solves(kind_of(table_.type == block_types::kCode ? FindingCode::kModuleEntryBroken
                                                             : FindingCode::kSnapshotEntryBroken));
    store_le(MutableBytes(bytes), place, lengths.front());
    return put(entry, bytes);
  }

  // Calls `visit` with each snapshot except `except`.
  template <class Visit>
  Result<void> each_other(const ScannedEntry& except, Visit visit) {
    for (const ScannedEntry& entry : scan_.entries) {
      if (&entry == &except || entry.state == EntryState::kPadding) continue;
      VDE_TRY_ASSIGN(bytes, entry_bytes(repair_, table_, region_.blocks, entry));
      visit(snapshot_of(bytes));
    }
    return {};
  }

  Result<void> correct_id(const ScannedEntry& entry, BlockBuffer& bytes) {
    const SnapshotEntry nil = snapshot_of(bytes);
    std::set<Guid> ids;
    std::set<Guid> parents;
    bool ordered = nil.created > Ticks{};
    VDE_TRY(each_other(entry, [&](const SnapshotEntry& other) {
      ids.insert(other.id);
      if (!other.parent.is_zero()) parents.insert(other.parent);
      ordered &= other.id != nil.parent || other.created <= nil.created;
    }));
    if (!nil.parent.is_zero()) parents.insert(nil.parent);
    std::erase_if(parents, [&](const Guid& parent) { return ids.contains(parent); });
    if (parents.size() != 1) return {};
    const Guid id = *parents.begin();
    VDE_TRY(each_other(entry, [&](const SnapshotEntry& other) {
      ordered &= other.parent != id || other.created >= nil.created;
    }));
    if (!ordered || id == nil.parent) return {};
    step(entry, "id", to_string(id),
         "its children name it, no other parent is missing, and the times are in order");
    std::ranges::copy(id.bytes, bytes.begin());
    return put(entry, bytes);
  }

  // The inode table of all snapshots with one in the volume, if they have the same.
  Result<std::optional<InodeTable>> sound_table() {
    std::set<InodeTable> tables;
    for (const ScannedEntry& entry : scan_.entries) {
      if (entry.state != EntryState::kSound) continue;
      VDE_TRY_ASSIGN(bytes, entry_bytes(repair_, table_, region_.blocks, entry));
      const SnapshotEntry snapshot = snapshot_of(bytes);
      tables.emplace(snapshot.inode_table_start, snapshot.inode_table_blocks);
      if (tables.size() > 1) break;
    }
    return tables.size() == 1 ? std::optional(*tables.begin()) : std::nullopt;
  }

  Result<void> correct_inode_table(const ScannedEntry& entry, BlockBuffer& bytes) {
    SnapshotEntry wrong = snapshot_of(bytes);
    if (!table_of_others_) {
      VDE_TRY_ASSIGN(sound, sound_table());
      table_of_others_ = sound;
    }
    if (!*table_of_others_) return {};
    const auto [start, blocks] = **table_of_others_;
    if (wrong.inode_table_start != start && wrong.inode_table_blocks != blocks) return {};
    step(entry, "inode table", fmt::format("{} blocks from {}", blocks, start),
         "the other snapshots name it, and one of the two numbers of this one is right");
    repair_.solves(kind_of(FindingCode::kSnapshotOutside));
    wrong.inode_table_start = start;
    wrong.inode_table_blocks = blocks;
    encode(wrong, bytes);
    return put(entry, bytes);
  }

  Result<void> correct_hash(const ScannedEntry& entry, BlockBuffer& bytes) {
    const auto decoded = decode_module_entry(bytes);
    if (!decoded ||
        !is_likely_record(table_, bytes, repair_.total_blocks(), repair_.io().block_size()))
      return {};
    VDE_TRY_ASSIGN(
        extent, module_extent(decoded->entry, repair_.total_blocks(), repair_.io().block_size()));
    if (!repair_.may_read_module(extent.count())) return {};
    const auto nowhere = [](Bytes) { return Result<void>{}; };
    const auto read =
        read_module(repair_.io(), static_cast<uint64_t>(decoded->entry.first_block),
                    static_cast<uint64_t>(decoded->entry.size), nowhere, repair_.activity());
    if (!read && read.error().code == ErrorCode::kInterrupted)
      return tl::make_unexpected(read.error());
    if (!read || !read->padding_zero) return {};
    const auto has_hash = [&](const ScannedEntry& other) {
      return std::ranges::equal(other.key, read->hash,
                                [](char a, uint8_t b) { return static_cast<uint8_t>(a) == b; });
    };
    if (std::ranges::any_of(scan_.entries, has_hash)) return {};
    step(entry, "hash", to_hex(read->hash), "the SHA-256 of the module's bytes, which verify");
    std::ranges::copy(read->hash, bytes.begin());
    return put(entry, bytes);
  }

  Result<void> correct_blocks(const ScannedEntry& entry, BlockBuffer& bytes) {
    const auto decoded = decode_module_entry(bytes);
    if (!decoded || decoded->entry.size < 0) return {};
    ModuleEntry right = decoded->entry;
    right.block_count = static_cast<int32_t>(
        module_blocks(static_cast<uint64_t>(right.size), repair_.io().block_size()));
    encode(right, bytes);
    VDE_TRY_ASSIGN(proven, is_proven_module(repair_, bytes));
    if (!proven) return {};
    step(entry, "number of blocks", fmt::format("{}", right.block_count),
         "the module's size; its SHA-256 matches");
    repair_.solves(kind_of(FindingCode::kModuleOutside));
    return put(entry, bytes);
  }

  StructureRepair& repair_;
  const PackedTable& table_;
  std::string_view name_;
  const PlacedRegion& region_;
  const TableScan& scan_;
  std::optional<std::optional<InodeTable>> table_of_others_;
};

}  // namespace

Result<void> correct_entries(StructureRepair& repair, const RepairedTable& repaired,
                             const PlacedRegion& region, const TableScan& scan) {
  return Corrector(repair, repaired, region, scan).run();
}

}  // namespace vde
