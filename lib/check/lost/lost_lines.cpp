#include "check/lost/lost_lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "check/passes/lost_entries.h"
#include "check/salvage/lost_tags.h"
#include "check/salvage/tag_blocks.h"
#include "image/module/code_cache.h"
#include "image/snapshot_list.h"
#include "table/module_table.h"
#include "table/snapshot_table.h"

namespace vde {
namespace {

constexpr LostKind kLostKinds[] = {LostKind::kTag, LostKind::kSnapshot, LostKind::kModule,
                                   LostKind::kPolicy, LostKind::kOther};

std::string_view plural_of(LostKind kind) {
  switch (kind) {
    case LostKind::kTag:
      return "tags";
    case LostKind::kSnapshot:
      return "snapshots";
    case LostKind::kModule:
      return "modules";
    case LostKind::kPolicy:
      return "policies";
    case LostKind::kOther:
      break;
  }
  return "entries";
}

Result<void> each_tag_in(const UncheckedBlock& block, LostEntry& entry, const LostVisitor& visit) {
  Result<void> visited;
  entry.kind = LostKind::kTag;
  each_likely_tag(block.unchecked_payload(), [&](const TagView& tag) {
    entry.content = tag;
    visited = visit(entry);
    return visited.has_value();
  });
  return visited;
}

// The first block of a table has a header before its entries: of both readings, the one that gives
// more.
Result<void> each_record_in(const PackedTable& table, const UncheckedBlock& block,
                            uint64_t total_blocks, LostEntry& entry, const LostVisitor& visit) {
  const auto count = [&](bool first) {
    size_t records = 0;
    each_likely_record(table, block, first, total_blocks, [&](Bytes) { ++records; });
    return records;
  };
  Result<void> visited;
  each_likely_record(table, block, count(true) > count(false), total_blocks, [&](Bytes record) {
    if (!visited) return;
    set_content(entry, table.type, record);
    visited = visit(entry);
  });
  return visited;
}

}  // namespace

void set_content(LostEntry& entry, BlockType table, Bytes record) {
  const bool modules = table == block_types::kCode;
  entry.kind = modules ? LostKind::kModule : LostKind::kSnapshot;
  if (modules)
    entry.content = public_module(decode_module_entry(record)->entry);
  else
    entry.content = public_form(snapshot_of(record));
}

Result<void> lose_unread(StructureRepair& repair, LostKind kind,
                         std::span<const UnreadBlock> blocks, std::optional<uint64_t> rest) {
  if (rest == 0) return {};
  const std::string_view nouns = plural_of(kind);
  for (const UnreadBlock& block : blocks) {
    std::string reason =
        block.readable == 0 ? fmt::format("the block's {} cannot be read", nouns)
                            : fmt::format("besides the {} that can be read, {} of the block cannot",
                                          block.readable, nouns);
    const bool alone = blocks.size() == 1;
    VDE_TRY_ASSIGN(found, repair.read(block.number));
    const Bytes payload = found.unchecked_payload();
    VDE_TRY(repair.lose({kind,
                         block.number,
                         std::move(reason),
                         {},
                         alone ? rest : std::nullopt,
                         all_zero(payload) ? Bytes{} : payload}));
  }
  if (!rest || blocks.size() == 1) return {};
  std::string reason =
      blocks.empty() ? fmt::format("the header counts these {}, and no block holds them", nouns)
                     : fmt::format("the {} in the blocks that cannot be read, together", nouns);
  return repair.lose({kind, {}, std::move(reason), {}, rest});
}

Result<void> each_entry_in(const UncheckedBlock& block, BlockType type, uint64_t total_blocks,
                           LostEntry& entry, const LostVisitor& visit) {
  if (type == block_types::kTagIndex && is_tag_leaf(block.unchecked_payload()))
    return each_tag_in(block, entry, visit);
  if (type == block_types::kSnapshots)
    return each_record_in(snapshot_table(), block, total_blocks, entry, visit);
  if (type == block_types::kCode)
    return each_record_in(kModuleTable, block, total_blocks, entry, visit);
  return {};
}

Result<void> lose_foreign_block(RepairBase& repair, const UncheckedBlock& block,
                                uint64_t total_blocks, std::string_view reason) {
  LostEntry entry{LostKind::kOther,         block.number(), std::string(reason), {}, 1,
                  block.unchecked_payload()};
  VDE_TRY(repair.lose(entry));
  entry.reason += "; it counts with the block";
  entry.count = 0;
  entry.bytes = {};
  return each_entry_in(block, block.unchecked_trailer().type, total_blocks, entry,
                       [&](const LostEntry& lost) { return repair.lose(lost); });
}

Result<void> complete_lost(RepairLog& log) {
  log.listed.resize(log.steps.size());
  for (size_t i = 0; i < log.steps.size(); ++i) {
    RepairStep& step = log.steps[i];
    ListedLosses& listed = log.listed[i];
    for (const LostKind kind : kLostKinds) {
      uint64_t& counted = step.lost.of(kind);
      const uint64_t lines = listed.counts.of(kind);
      if (counted > lines && log.lost)
        VDE_TRY(log.lost({kind, {}, step.loses, {}, counted - lines}));
      listed.any |= counted > lines;
      counted = std::max(counted, lines);
    }
    if (!step.loses.empty() && !listed.any && log.lost)
      VDE_TRY(log.lost({LostKind::kOther, {}, step.loses, {}, std::nullopt}));
  }
  return {};
}

}  // namespace vde
