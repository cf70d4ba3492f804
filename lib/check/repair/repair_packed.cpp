// Counts of the snapshot table and the code cache from their entries, and chains of snapshots that
// have no end or no beginning, cut. Entries are kept whatever is wrong with them.
#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "check/passes/snapshot_chains.h"
#include "check/repair/packed_repair.h"
#include "table/module_table.h"
#include "table/snapshot_table.h"
#include "vde/text.h"

namespace vde {
namespace {

// Steps name so many snapshots one by one.
constexpr size_t kMaxCutsNamed = 16;

// What a table holds, all of it.
struct PackedContent {
  int64_t counted = 0;   // entries, by the header
  int64_t found = 0;     // entries
  bool in_row = true;    // each begins where the one before ends, or where the next block does
  bool readable = true;  // every block verifies, every entry can be read, nothing else is there
};

// Calls `visit` with each entry, those after the counted ones too. It ends with what cannot be
// read.
Result<PackedContent> read_table(StructureRepair& repair, BlockRange region,
                                 const PackedTable& table, const PackedVisitor& visit) {
  PackedContent content;
  bool ended = false;  // the block before has room for another entry
  for (uint64_t index = 0; index < region.count(); ++index) {
    if (repair.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(payload, repair.read_whole(region.begin + index, table.tag));
    content.readable = payload.has_value();
    if (!content.readable) return content;
    if (index == 0) content.counted = kPackedTableHeaderLayout.decode(*payload).count;
    PackedCursor cursor(table.shape, *payload, index == 0);
    while (!cursor.at_end()) {
      const PackedPlace place{index, static_cast<uint32_t>(cursor.offset())};
      const Result<Bytes> record = cursor.next();
      content.readable = record.has_value();
      if (!record) return content;
      content.in_row &= !ended;
      ++content.found;
      if (!visit({place, *record})) return content;
    }
    ended = cursor.left() >= table.shape.fixed_size;
    content.readable = !ended || all_zero(payload->subspan(cursor.offset()));
    if (!content.readable) return content;
  }
  return content;
}

bool snapshot_has_place(StructureRepair& repair, Bytes record) {
  const SnapshotEntry entry = snapshot_of(record);
  const auto blocks = block_range(entry.inode_table_start, entry.inode_table_blocks);
  return blocks && blocks->end <= repair.total_blocks();
}

bool module_has_place(StructureRepair& repair, Bytes record) {
  const auto decoded = decode_module_entry(record);
  return decoded && module_extent(decoded->entry, repair.total_blocks(), repair.io().block_size());
}

// Sets the header right where the entries leave no doubt.
Result<void> repair_count(StructureRepair& repair, const RepairedTable& repaired) {
  const PackedTable& table = repaired.table;
  const std::string_view noun = repaired.noun;
  const auto region = plain_region(repair, table.tag);
  if (!region) return {};
  EntryProof proof(repair, repaired);
  const PackedVisitor visit = [&](const PackedRecord& record) {
    proof.add(record.bytes);
    return true;
  };
  VDE_TRY_ASSIGN(content, read_table(repair, region->blocks, table, visit));
  if (!content.readable || content.counted == content.found) return {};
  const bool adds = content.found > content.counted && content.found > 0;
  if (adds && (!content.in_row || !proof.holds() || content.found > INT32_MAX)) return {};
  std::string loses;
  if (content.counted > content.found)
    loses = fmt::format("{} {} that the header counted, if there were so many",
                        content.counted - content.found, noun);
  repair.step(fmt::format("the {} table counts {} {}", to_string(table.tag), content.found, noun),
              "its entries, which all can be read", std::move(loses));
  VDE_TRY_ASSIGN(payload, repair.edit(region->blocks.begin, table.tag));
  PackedTableHeader header = kPackedTableHeaderLayout.decode(payload);
  header.count = static_cast<int32_t>(content.found);
  kPackedTableHeaderLayout.encode(header, payload);
  return {};
}

// A snapshot that gets to be without parent, and the parent that it named.
struct ChainCut {
  ChainLink link;
  Guid parent;
};

std::vector<ChainCut> find_cuts(SnapshotChains& chains) {
  std::vector<ChainCut> cuts;
  const auto cut = [&](size_t i) {
    if (chains[i].needs_parent) return;
    cuts.push_back({chains[i], chains[i].parent});
    chains.cut(i);
  };
  chains.sort();
  for (size_t i = 0; i < chains.size(); ++i)
    if (chains.lacks_parent(i)) cut(i);
  for (size_t i = 0; i < chains.size(); ++i)
    if (const auto ring = chains.find_ring(i)) cut(chains.oldest_in_ring(*ring));
  return cuts;
}

std::string name_cuts(const std::vector<ChainCut>& cuts) {
  std::string text = "what these snapshots build on:";
  for (size_t i = 0; i < std::min(cuts.size(), kMaxCutsNamed); ++i)
    text += fmt::format("{} {} (its parent was {})", i == 0 ? "" : ",", to_string(cuts[i].link.id),
                        to_string(cuts[i].parent));
  if (cuts.size() > kMaxCutsNamed) text += fmt::format(" and {} more", cuts.size() - kMaxCutsNamed);
  return text;
}

}  // namespace

std::optional<PlacedRegion> plain_region(StructureRepair& repair, BlockType tag) {
  const auto region = repair.sole_region(tag);
  if (!region || !repair.slots()[region->slot].is_plain()) return std::nullopt;
  return region;
}

const RepairedTable& repaired_snapshots() {
  static const RepairedTable snapshots{snapshot_table(), "snapshots", snapshot_has_place};
  return snapshots;
}

const RepairedTable& repaired_modules() {
  static constexpr RepairedTable kModules{kModuleTable, "modules", module_has_place};
  return kModules;
}

void EntryProof::add(Bytes record) {
  const Bytes key = record.first(repaired_.table.shape.key_size);
  keys_.emplace_back(key.begin(), key.end());
  placed_ &= repaired_.has_place(repair_, record);
}

bool EntryProof::holds() {
  std::ranges::sort(keys_);
  return placed_ && std::ranges::adjacent_find(keys_) == keys_.end();
}

Result<void> repair_snapshot_count(StructureRepair& repair) {
  return repair_count(repair, repaired_snapshots());
}

Result<void> repair_module_count(StructureRepair& repair) {
  return repair_count(repair, repaired_modules());
}

// The oldest snapshot of a ring becomes its root: parents are made before their children.
Result<void> repair_snapshot_chains(StructureRepair& repair) {
  const auto region = plain_region(repair, block_types::kSnapshots);
  if (!region) return {};
  SnapshotChains chains;
  const PackedVisitor visit = [&](const PackedRecord& record) {
    const SnapshotEntry entry = snapshot_of(record.bytes);
    if (is_padding(entry)) return true;
    SnapshotEntry alone = entry;
    alone.parent = Guid{};
    chains.add({entry.id, entry.parent, entry.created, static_cast<uint32_t>(record.place.block),
                record.place.offset, 0, is_padding(alone)});
    return true;
  };
  VDE_TRY_ASSIGN(content, read_table(repair, region->blocks, snapshot_table(), visit));
  // What is missing may be somewhere in what cannot be read, or is not counted.
  if (!content.readable || content.found != content.counted) return {};
  const std::vector<ChainCut> cuts = find_cuts(chains);
  if (cuts.empty()) return {};
  repair.step(fmt::format("{} snapshots become the first of their chains", cuts.size()),
              "the snapshot table, which holds no such parent or comes back to it",
              name_cuts(cuts));
  for (const ChainCut& cut : cuts) {
    VDE_TRY_ASSIGN(payload,
                   repair.edit(region->blocks.begin + cut.link.block, block_types::kSnapshots));
    const MutableBytes bytes = payload.subspan(cut.link.offset);
    const size_t parent = kSnapshotEntryLayout.fields()[1].offset;
    std::ranges::fill(bytes.subspan(parent, sizeof(Guid)), uint8_t{0});
  }
  return {};
}

}  // namespace vde
