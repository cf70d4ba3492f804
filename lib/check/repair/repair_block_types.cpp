// Fixes the block type of blocks with an intact payload. The checksum does not cover the type. If
// the payload can only be one of this region, the type in the trailer is wrong. Moves the first
// block of a packed table back.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "check/passes/inode_pass.h"
#include "check/passes/lost_entries.h"
#include "check/repair/packed_repair.h"
#include "check/repair/packed_survey.h"
#include "check/repair/sole_blocks.h"
#include "check/salvage/tag_blocks.h"
#include "table/module_table.h"
#include "table/snapshot_table.h"

namespace vde {
namespace {

// The number of entries in a block of a packed table, if all of them can be decoded.
std::optional<int64_t> entries_in(const PackedTable& table, Bytes payload, bool first) {
  const auto records = packed_records(table.shape, payload, first, INT64_MAX);
  return records ? std::optional(static_cast<int64_t>(records->size())) : std::nullopt;
}

int64_t padding_in(const PackedTable& table, Bytes payload, bool first) {
  const auto records = packed_records(table.shape, payload, first, INT64_MAX);
  if (!records || table.is_padding == nullptr) return 0;
  return std::ranges::count_if(*records, [&](Bytes record) { return table.is_padding(record); });
}

// Whether a block of a packed table can be decoded completely, and each entry is plausible, or
// padding.
bool is_table_block(StructureRepair& repair, const PackedTable& table, const UncheckedBlock& block,
                    bool first) {
  const auto entries = entries_in(table, block.unchecked_payload(), first);
  int64_t likely = 0;
  each_likely_record(table, block, first, repair.total_blocks(), [&](Bytes) { ++likely; });
  return likely > 0 && entries == likely + padding_in(table, block.unchecked_payload(), first);
}

// Whether the payload is one of this region, and not one of its own type.
bool fits(StructureRepair& repair, const PlacedRegion& region, const UncheckedBlock& block) {
  const bool first = block.number() == region.blocks.begin;
  if (is_typed_tag_node(block)) return false;
  if (region.type == block_types::kSnapshots)
    return is_table_block(repair, snapshot_table(), block, first);
  if (region.type == block_types::kCode) return is_table_block(repair, kModuleTable, block, first);
  if (region.type == block_types::kInodes)
    return first && is_legal_layout(block.unchecked_payload(), repair.superblock().module_manifest);
  return false;
}

bool is_likely_head(const PackedTable& table, Bytes payload) {
  const auto entries = entries_in(table, payload, true);
  return entries && *entries > 0 && kPackedTableHeaderLayout.decode(payload).count >= *entries;
}

// Whether the entries of a block are plausible only if it is the first one.
bool is_only_head(StructureRepair& repair, const PackedTable& table, const UncheckedBlock& block) {
  return all_zero(kPackedTableHeaderLayout.decode(block.unchecked_payload()).reserved) &&
         is_table_block(repair, table, block, true) && !is_table_block(repair, table, block, false);
}

// A table whose first block changed places with a later one, or was overwritten after it was copied
// there.
class MovedHead {
 public:
  MovedHead(StructureRepair& repair, const RepairedTable& repaired, const PlacedRegion& region)
      : repair_(repair), table_(repaired.table), name_(repaired.name), region_(region) {}

  Result<void> repair_head() {
    VDE_TRY_ASSIGN(needed, is_needed());
    if (!needed) return {};
    VDE_TRY(read_others());
    // Copies of one block are one.
    std::optional<uint64_t> head = one_of(only_heads_);
    if (!head && first_ && readable_) head = one_of(counted_heads());
    return head ? move(*head) : Result<void>{};
  }

 private:
  struct Candidate {
    uint64_t number;
    uint64_t content;  // checksum
    int64_t missing;   // entries that it counts and does not hold
    int64_t as_other;  // entries that it has if it is not the first block
    uint32_t generation;
  };

  // A table that counts what it holds is not examined further.
  Result<bool> is_needed() {
    VDE_TRY_ASSIGN(block, repair_.read(region_.blocks.begin));
    first_valid_ = block.check_payload().has_value() || block.is_unwritten();
    if (!is_own(block)) return true;
    const Bytes payload = block.unchecked_payload();
    if (is_likely_head(table_, payload) || is_only_head(repair_, table_, block)) return false;
    first_ = BlockBuffer(payload.begin(), payload.end());
    return true;
  }

  [[nodiscard]] bool is_own(const UncheckedBlock& block) const {
    return block.is_unwritten() || block.check(table_.type);
  }

  Result<void> read_others() {
    for (uint64_t at = region_.blocks.begin + 1; at < region_.blocks.end; ++at) {
      if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
      VDE_TRY_ASSIGN(block, repair_.read(at));
      const auto checked = block.check_payload();
      if (!checked) continue;
      const auto inner = entries_in(table_, checked->payload(), false);
      const bool own = is_own(block);
      const Candidate candidate = candidate_of(*checked, inner.value_or(0));
      if (is_only_head(repair_, table_, block)) only_heads_.push_back(candidate);
      if (!own) continue;
      newest_ = std::max(newest_, candidate.generation);
      if (is_likely_head(table_, checked->payload()))
        likely_heads_.push_back(candidate);
      else
        readable_ &= inner.has_value();
      entries_ += inner.value_or(0);
    }
    return {};
  }

  Candidate candidate_of(const CheckedBlock& block, int64_t inner) const {
    const int64_t held = entries_in(table_, block.payload(), true).value_or(0);
    return {block.number(), block.trailer().checksum,
            kPackedTableHeaderLayout.decode(block.payload()).count - held, inner,
            block.trailer().generation};
  }

  // Those with which the table has as many entries as it counts.
  [[nodiscard]] std::vector<Candidate> counted_heads() const {
    const bool empty = is_empty_but_count(*first_);
    const auto moved = empty ? std::optional<int64_t>(0) : entries_in(table_, *first_, false);
    std::vector<Candidate> counted;
    for (const Candidate& candidate : likely_heads_)
      if (moved && candidate.missing == entries_ - candidate.as_other + *moved)
        counted.push_back(candidate);
    return counted;
  }

  // Nothing if there are several that differ. What was in the first place cannot be read: it may
  // have been newer than a head that is older than the table.
  [[nodiscard]] std::optional<uint64_t> one_of(const std::vector<Candidate>& candidates) const {
    if (candidates.empty()) return std::nullopt;
    const Candidate& first = candidates.front();
    for (const Candidate& other : candidates)
      if (other.content != first.content) return std::nullopt;
    if (!first_valid_ && is_later_generation(newest_, first.generation)) return std::nullopt;
    return first.number;
  }

  Result<void> move(uint64_t head) {
    VDE_TRY_ASSIGN(room, repair_.make_room({region_.blocks.begin, head}));
    if (!room) return {};
    VDE_TRY_ASSIGN(block, repair_.read(head));
    const BlockBuffer content(block.unchecked_payload().begin(), block.unchecked_payload().end());
    const std::string_view source = "the table's header, which is in the later block";
    if (first_) {
      repair_.step(fmt::format("exchange blocks {} and {}", region_.blocks.begin, head),
                   std::string(source));
    } else {
      VDE_TRY_ASSIGN(taken, begin_move(head, source));
      if (!taken) return {};
    }
    VDE_TRY(put(region_.blocks.begin, content));
    const bool holds_entries = first_ && !is_empty_but_count(*first_);
    VDE_TRY(put(head, holds_entries ? *first_ : BlockBuffer(content.size())));
    // The next repairer compares the generations of blocks.
    return repair_.settle();
  }

  // The block in the first place is not one of the table.
  Result<bool> begin_move(uint64_t head, std::string_view source) {
    VDE_TRY_ASSIGN(sole, find_sole_blocks(repair_, region_, {region_.blocks.begin}, name_,
                                          [](const UncheckedBlock&) { return false; }));
    Loss loss;
    sole.add_to(loss);
    if (!first_valid_)
      loss.what = fmt::format("what was in block {}, which is damaged", region_.blocks.begin);
    if (!repair_.lossy_step(fmt::format("move block {} to block {}", head, region_.blocks.begin),
                            std::string(source), std::move(loss)))
      return false;
    VDE_TRY(sole.report(repair_));
    return true;
  }

  // A spare block got a count in the first place.
  static bool is_empty_but_count(Bytes payload) {
    return all_zero(payload.subspan(kPackedTableHeaderLayout.size()));
  }
  Result<void> put(uint64_t number, const BlockBuffer& payload) {
    VDE_TRY_ASSIGN(target, repair_.replace(number, table_.type));
    std::ranges::copy(payload, target.begin());
    return {};
  }

  StructureRepair& repair_;
  const PackedTable& table_;
  std::string_view name_;
  PlacedRegion region_;
  std::optional<BlockBuffer> first_;  // what is in the first place, if it may be of the table
  bool first_valid_ = false;
  std::vector<Candidate> only_heads_;
  std::vector<Candidate> likely_heads_;
  int64_t entries_ = 0;   // in the other blocks, if none of them is the first
  bool readable_ = true;  // all of them can be decoded
  uint32_t newest_ = 0;   // generation of the other blocks
};

Result<void> repair_head_of(StructureRepair& repair, const RepairedTable& repaired) {
  const auto region = plain_region(repair, repaired.table.type);
  return region ? MovedHead(repair, repaired, *region).repair_head() : Result<void>{};
}

// Whether a table has all the entries that it counts: then a block of another type does not belong
// to it.
Result<bool> is_complete(StructureRepair& repair, const PlacedRegion& region) {
  for (const PackedTable* table : {&snapshot_table(), &kModuleTable}) {
    if (table->type != region.type) continue;
    VDE_TRY_ASSIGN(survey, survey_packed(repair, *table, region.blocks));
    return !survey.lacks_entries();
  }
  return false;
}

Result<void> repair_types_of(StructureRepair& repair, const PlacedRegion& region) {
  std::optional<bool> complete;  // examined only where a block may be concerned
  BlockRange left = region.blocks;
  // Of the inode table, only the layout is judged.
  if (region.type == block_types::kInodes) left.end = left.begin + 1;
  for (; !left.empty(); ++left.begin) {
    if (repair.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(at, repair.next_written(left));
    if (at >= left.end) break;
    left.begin = at;
    VDE_TRY_ASSIGN(block, repair.read(at));
    const auto checked = block.check_payload();
    if (!checked || checked->trailer().type == region.type || !fits(repair, region, block))
      continue;
    const BlockBuffer payload(checked->payload().begin(), checked->payload().end());
    if (!complete) {
      VDE_TRY_ASSIGN(known, is_complete(repair, region));
      complete = known;
    }
    if (*complete) return {};
    repair.step(fmt::format("set the block type of block {} to {}", at, to_string(region.type)),
                "the payload: its checksum matches, and it holds entries of this region");
    VDE_TRY_ASSIGN(target, repair.replace(at, region.type));
    std::ranges::copy(payload, target.begin());
  }
  return {};
}

}  // namespace

Result<void> repair_block_types(StructureRepair& repair) {
  for (const BlockType type : {block_types::kSnapshots, block_types::kCode, block_types::kInodes})
    if (const auto region = plain_region(repair, type)) VDE_TRY(repair_types_of(repair, *region));
  VDE_TRY(repair_head_of(repair, repaired_snapshots()));
  return repair_head_of(repair, repaired_modules());
}

}  // namespace vde
