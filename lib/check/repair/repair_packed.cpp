// Recounts the entries of the snapshot table and the code cache, and cuts snapshot chains that have
// a cycle or a missing parent. Never drops entries.
#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "check/entries/proven_entries.h"
#include "check/lost/lost_lines.h"
#include "check/passes/lost_entries.h"
#include "check/passes/snapshot_chains.h"
#include "check/repair/packed_repair.h"
#include "check/repair/packed_survey.h"
#include "table/module_table.h"
#include "table/snapshot_table.h"
#include "vde/text.h"

namespace vde {
namespace {

// The maximum number of snapshots that a step names.
constexpr size_t kMaxCutsNamed = 16;
// The maximum number of blocks that a step names.
constexpr size_t kMaxGapsNamed = 16;

// The content of a whole table.
struct PackedContent {
  int64_t counted = 0;   // entries according to the header
  int64_t found = 0;     // entries in the blocks
  bool in_row = true;    // no unused space between entries that another entry would fit into
  bool readable = true;  // every block is intact, every entry is valid, there are no stray bytes
  uint64_t filled = 0;   // blocks with entries
  std::vector<uint64_t> gaps = {};  // blocks of the image without entries, and with entries after
};

// Calls `visit` with each entry, including those after the counted ones. Stops at the first block
// or entry that cannot be read.
Result<PackedContent> read_table(StructureRepair& repair, BlockRange region,
                                 const PackedTable& table, const PackedVisitor& visit) {
  PackedContent content;
  bool ended = false;  // the previous block has room for another entry
  std::vector<uint64_t> empty;
  for (uint64_t index = 0; index < region.count(); ++index) {
    if (repair.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(payload, repair.read_intact(region.begin + index, table.type));
    content.readable = payload.has_value();
    if (!content.readable) return content;
    if (index == 0) content.counted = kPackedTableHeaderLayout.decode(*payload).count;
    PackedCursor cursor(table.shape, *payload, index == 0);
    if (cursor.at_end()) {
      empty.push_back(region.begin + index);
    } else {
      ++content.filled;
      content.gaps.insert(content.gaps.end(), empty.begin(), empty.end());
      empty.clear();
    }
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
  // Other bytes that are read as an entry rarely have a time.
  const bool timed = entry.created > Ticks{} || is_padding(entry);
  return timed && blocks && blocks->end <= repair.total_blocks();
}

bool module_has_place(StructureRepair& repair, Bytes record) {
  const auto decoded = decode_module_entry(record);
  return decoded && module_extent(decoded->entry, repair.total_blocks(), repair.io().block_size());
}

// Entries that the header does not count are proved one by one: a module by the SHA-256 of its
// bytes, a snapshot by its parent, or by one whose parent it is.
class UncountedProof {
 public:
  UncountedProof(StructureRepair& repair, const PackedTable& table, int64_t counted)
      : repair_(repair), table_(table), counted_(counted) {}

  Result<bool> holds(BlockRange region) {
    int64_t number = 0;
    Result<void> judged;
    VDE_TRY_ASSIGN(content, read_table(repair_, region, table_, [&](const PackedRecord& record) {
                     judged = add(record.bytes, number++ >= counted_);
                     return judged.has_value() && proven_;
                   }));
    VDE_TRY(judged);
    return content.readable && proven_ && std::ranges::all_of(doubtful_, [&](const auto& link) {
             return ids_.contains(link.second) || parents_.contains(link.first);
           });
  }

 private:
  Result<void> add(Bytes record, bool uncounted) {
    if (table_.type == block_types::kCode) {
      if (!uncounted) return {};
      VDE_TRY_ASSIGN(proven, is_proven_module(repair_, record));
      proven_ = proven;
      return {};
    }
    const SnapshotEntry entry = snapshot_of(record);
    if (is_padding(entry)) return {};
    ids_.insert(entry.id);
    if (!entry.parent.is_zero()) parents_.insert(entry.parent);
    if (uncounted) doubtful_.emplace_back(entry.id, entry.parent);
    return {};
  }

  StructureRepair& repair_;
  const PackedTable& table_;
  int64_t counted_;
  bool proven_ = true;
  std::set<Guid> ids_;
  std::set<Guid> parents_;
  std::vector<std::pair<Guid, Guid>> doubtful_;  // ids and parents of uncounted snapshots
};

// The entries that the header counts and no block holds. A number that the blocks have no room for
// is not their number.
Loss loss_of_count(StructureRepair& repair, const RepairedTable& repaired, BlockRange blocks,
                   const PackedContent& content) {
  if (content.counted <= content.found) return {};
  const uint32_t block_size = repair.io().block_size();
  const uint64_t room = blocks.count() * payload_size(block_size) / repaired.table.shape.fixed_size;
  const auto missing = static_cast<uint64_t>(content.counted - content.found);
  Loss loss;
  loss.what = fmt::format("up to {} {}, which the header counts and the table does not hold",
                          missing, repaired.noun);
  if (static_cast<uint64_t>(content.counted) <= room) loss.counts.of(repaired.kind) = missing;
  return loss;
}

// Keeping entries that nothing proves needs consent: they may be remains of an older table.
Loss doubtful_entries(int64_t count, std::string_view noun) {
  Loss loss;
  loss.what = fmt::format(
      "what nothing proves: up to {} {} that the header does not count are kept, unverified", count,
      noun);
  loss.counts.others = static_cast<uint64_t>(count);
  return loss;
}

// The blocks that held entries, if the slot counts more used blocks than hold some, and a block
// without any is between those.
std::vector<UnreadBlock> lost_blocks(int64_t used, const PackedContent& content) {
  std::vector<UnreadBlock> lost;
  if (used > 0 && static_cast<uint64_t>(used) > content.filled)
    for (const uint64_t block : content.gaps) lost.push_back({block, 0});
  return lost;
}

// What counts neither in the header nor anywhere else.
void add_lost_blocks(const std::vector<UnreadBlock>& blocks, std::string_view noun, Loss& loss) {
  if (blocks.empty()) return;
  std::vector<uint64_t> numbers;
  for (const UnreadBlock& block : blocks) numbers.push_back(block.number);
  const std::span first = std::span(numbers).first(std::min(numbers.size(), kMaxGapsNamed));
  if (!loss.what.empty()) loss.what += "; ";
  loss.what += fmt::format("an unknown number of {} ({}: the slot counts as used what holds none)",
                           noun, list_blocks(first, numbers.size()));
}

// Corrects the count in the header if all entries are readable and unambiguous.
Result<void> repair_count(StructureRepair& repair, const RepairedTable& repaired) {
  const PackedTable& table = repaired.table;
  const auto region = plain_region(repair, table.type);
  if (!region) return {};
  EntryProof proof(repair, repaired);
  const PackedVisitor visit = [&](const PackedRecord& record) {
    proof.add(record.bytes);
    return true;
  };
  VDE_TRY_ASSIGN(content, read_table(repair, region->blocks, table, visit));
  if (!content.readable || content.counted == content.found) return {};
  // With the first block, entries of its own are lost.
  VDE_TRY_ASSIGN(survey, survey_packed(repair, table, region->blocks));
  if (survey.is_head_lost()) return {};
  const bool adds = content.found > content.counted && content.found > 0;
  if (adds && (!proof.holds() || content.found > INT32_MAX)) return {};
  Loss loss;
  if (adds && !content.in_row) {
    VDE_TRY_ASSIGN(proven, UncountedProof(repair, table, content.counted).holds(region->blocks));
    if (!proven) loss = doubtful_entries(content.found - content.counted, repaired.noun);
  }
  int64_t& used = repair.slots()[region->slot].used;
  std::vector<UnreadBlock> lost;
  if (adds) lost = lost_blocks(used, content);
  add_lost_blocks(lost, repaired.noun, loss);
  if (content.counted > content.found)
    loss = loss_of_count(repair, repaired, region->blocks, content);
  const bool taken =
      repair.lossy_step(fmt::format("set the count of the {} to {}", repaired.name, content.found),
                        "its entries, all of which can be read", std::move(loss));
  if (!taken) return {};
  if (!lost.empty()) {
    VDE_TRY(lose_unread(repair, repaired.kind, lost, std::nullopt));
    used = 0;  // writers then read the whole table
  }
  return set_table_count(repair, *region, content.found);
}

// A snapshot that becomes a root, and its former parent.
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
    if (const auto cycle = chains.find_cycle(i)) cut(chains.oldest_in_cycle(*cycle));
  return cuts;
}

std::string name_cuts(const std::vector<ChainCut>& cuts) {
  std::string text = "the parents of these snapshots:";
  for (size_t i = 0; i < std::min(cuts.size(), kMaxCutsNamed); ++i)
    text += fmt::format("{} {} (parent {})", i == 0 ? "" : ",", to_string(cuts[i].link.id),
                        to_string(cuts[i].parent));
  if (cuts.size() > kMaxCutsNamed) text += fmt::format(" and {} more", cuts.size() - kMaxCutsNamed);
  return text;
}

LostEntry lost_parent(BlockRange region, const ChainCut& cut) {
  return {LostKind::kOther, region.begin + cut.link.block,
          fmt::format("snapshot {} names the parent {}", to_string(cut.link.id),
                      to_string(cut.parent))};
}

}  // namespace

std::optional<PlacedRegion> plain_region(StructureRepair& repair, BlockType type) {
  const auto region = repair.sole_region(type);
  if (!region || !repair.slots()[region->slot].is_plain()) return std::nullopt;
  return region;
}

Result<void> set_table_count(StructureRepair& repair, const PlacedRegion& region, int64_t count) {
  VDE_TRY_ASSIGN(payload, repair.edit(region.blocks.begin, region.type));
  PackedTableHeader header = kPackedTableHeaderLayout.decode(payload);
  header.count = static_cast<int32_t>(count);
  kPackedTableHeaderLayout.encode(header, payload);
  return {};
}

const RepairedTable& repaired_snapshots() {
  static const RepairedTable snapshots{snapshot_table(), "snapshot table", "snapshots",
                                       LostKind::kSnapshot, snapshot_has_place};
  return snapshots;
}

const RepairedTable& repaired_modules() {
  static constexpr RepairedTable kModules{kModuleTable, "code cache", "modules", LostKind::kModule,
                                          module_has_place};
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

// The oldest snapshot of a cycle becomes its root, because parents are created before their
// children.
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
  // A missing parent may be in a part that cannot be read, or that is not counted.
  if (!content.readable || content.found != content.counted) return {};
  const std::vector<ChainCut> cuts = find_cuts(chains);
  if (cuts.empty()) return {};
  LostCounts parents;
  parents.others = cuts.size();
  const bool taken =
      repair.lossy_step(cuts.size() == 1 ? std::string("make 1 snapshot a root")
                                         : fmt::format("make {} snapshots roots", cuts.size()),
                        "the snapshot table: the parents are missing, or part of a cycle",
                        {name_cuts(cuts), parents});
  if (!taken) return {};
  for (const ChainCut& cut : cuts) VDE_TRY(repair.lose(lost_parent(region->blocks, cut)));
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
