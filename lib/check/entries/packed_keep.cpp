#include "check/entries/packed_keep.h"

#include <fmt/format.h>

#include <algorithm>

namespace vde {

PackedKeep::PackedKeep(StructureRepair& repair, const RepairedTable& repaired,
                       const PlacedRegion& region)
    : repair_(repair),
      repaired_(repaired),
      table_(repaired.table),
      region_(region),
      damaged_(repaired.table, repair.total_blocks()),
      proof_(repair, repaired) {}

bool PackedKeep::is_bad(uint64_t index) const {
  return std::ranges::binary_search(bad_, index);
}

std::map<uint64_t, std::vector<BlockBuffer>> PackedKeep::kept() const {
  std::map<uint64_t, std::vector<BlockBuffer>> kept;
  for (const auto& [index, proven] : kept_)
    if (!proven.records.empty()) kept.emplace(index, proven.records);
  return kept;
}

Result<void> PackedKeep::read() {
  VDE_TRY_ASSIGN(survey, survey_packed(repair_, table_, region_.blocks));
  for (uint64_t index = 0; index < region_.blocks.count(); ++index) {
    if (repair_.interrupted()) return fail(ErrorCode::kInterrupted, "interrupted");
    VDE_TRY_ASSIGN(kept, keep_block(index, survey));
    if (kept) continue;
    bad_.push_back(index);
    damaged_.add(number(index), found_);
  }
  if (!doubtful_.empty()) fill_gaps();
  VDE_TRY(add_zero_head(survey));
  if (bad_.empty()) return {};
  VDE_TRY(find_proven(survey));
  VDE_TRY(settle_count(survey));
  return count_readable();
}

// Padding takes the place of empty blocks: the SDK's reader misreads what is after those.
void PackedKeep::fill_gaps() {
  for (const uint64_t index : empty_) {
    if (index >= last_) break;
    bad_.push_back(index);
    superseded_.insert(index);
  }
  std::ranges::sort(bad_);
}

// An empty table has a zero header too: only content after it shows that the count is lost.
Result<void> PackedKeep::add_zero_head(const PackedSurvey& survey) {
  if (!survey.zero_head) return {};
  VDE_TRY_ASSIGN(head, repair_.read(number(0)));
  const bool unwritten_head = head.is_unwritten();
  const bool written =
      std::any_of(survey.blocks.begin() + 1, survey.blocks.end(),
                  [](PackedHolds holds) { return holds != PackedHolds::kUnwritten; });
  if (found_ == 0 && !(unwritten_head && written)) {
    // A damaged block may be all that is left of a table whose first block was lost.
    const auto damaged = std::ranges::count(survey.blocks, PackedHolds::kDamage);
    if (damaged == 0) counted_ = 0;
    return {};
  }
  bad_.insert(bad_.begin(), 0);
  damaged_.add_head(number(0));
  return {};
}

// False if the block has to be replaced.
Result<bool> PackedKeep::keep_block(uint64_t index, const PackedSurvey& survey) {
  const PackedHolds holds = survey.blocks[index];
  const bool gap = holds == PackedHolds::kUnwritten && index < survey.last;
  // Both the count and what it holds say that it is not a block of the table.
  const bool foreign =
      holds == PackedHolds::kForeign && index > survey.last && !survey.lacks_entries();
  if (foreign) foreign_.insert(index);
  if (holds == PackedHolds::kSuperseded) superseded_.insert(index);
  if (holds == PackedHolds::kDamage || holds == PackedHolds::kSuperseded || foreign ||
      (gap && survey.lacks_entries()))
    return false;
  VDE_TRY_ASSIGN(payload, repair_.read_intact(number(index), table_.type));
  if (!payload) return false;
  if (index == 0) {
    const int32_t counted = kPackedTableHeaderLayout.decode(*payload).count;
    if (counted >= 0 && !survey.zero_head) counted_ = counted;
  }
  VDE_TRY(read_block(index, *payload));
  return true;
}

Result<void> PackedKeep::read_block(uint64_t index, Bytes payload) {
  PackedCursor cursor(table_.shape, payload, index == 0);
  const bool empty = cursor.at_end();
  bool proven = ended_ && !empty && !counted_;
  const bool may_doubt = proven && table_.type == block_types::kSnapshots;
  while (!cursor.at_end()) {
    const Result<Bytes> record = cursor.next();
    if (!record) {
      broken_ = number(index);
      return {};
    }
    proof_.add(*record);
    keys_.emplace(record->begin(), record->begin() + table_.shape.key_size);
    ++found_;
    if (may_doubt) doubtful_.push_back({number(index), {record->begin(), record->end()}});
    if (!proven) continue;
    VDE_TRY_ASSIGN(
        is_its, may_doubt ? Result<bool>(is_likely(*record)) : is_proven_module(repair_, *record));
    proven = is_its;
  }
  if (!empty) last_ = index;
  if (index == 0) return {};
  if (empty) empty_.push_back(index);
  // Without a count the first empty block is the end, unless modules prove what comes after it.
  // Nothing excludes snapshots there.
  ended_ |= empty;
  beyond_end_ |= ended_ && !proven && !all_zero(payload);
  return {};
}

bool PackedKeep::is_likely(Bytes record) const {
  return is_padding(record) ||
         is_likely_record(table_, record, repair_.total_blocks(), repair_.io().block_size());
}

Result<void> PackedKeep::find_proven(const PackedSurvey& survey) {
  EntryProver prover(repair_, table_);
  for (uint64_t index = 0; index <= std::max(survey.last, bad_.back()); ++index) {
    if (is_bad(index) && !is_damaged(index)) continue;
    VDE_TRY_ASSIGN(block, repair_.read(number(index)));
    each_entry_in_damage(repair_, table_, block, index == 0,
                         [&](Bytes record) { prover.add(record); });
  }
  for (const uint64_t index : bad_)
    if (is_damaged(index)) VDE_TRY(prove(index, prover));
  return {};
}

Result<void> PackedKeep::prove(uint64_t index, EntryProver& prover) {
  VDE_TRY_ASSIGN(block, repair_.read(number(index)));
  // A valid block is here because it reads as never written.
  if (block.is_unwritten() || all_zero(block.unchecked_payload())) return {};
  const auto is_held = [&](Bytes key) {
    const std::string text(key.begin(), key.end());
    return keys_.contains(text);
  };
  VDE_TRY_ASSIGN(proven, prover.find(block, index == 0, is_held));
  const size_t key_size = table_.shape.key_size;
  for (const BlockBuffer& record : proven.records) {
    keys_.emplace(record.begin(), record.begin() + static_cast<ptrdiff_t>(key_size));
    proof_.add(record);
  }
  found_ += static_cast<int64_t>(proven.records.size());
  proven_ += static_cast<int64_t>(proven.records.size());
  if (!proven.whole)
    unproven_ += static_cast<uint64_t>(std::ranges::count_if(
        proven.records, [&](const BlockBuffer& record) { return !is_padding(record); }));
  if (!proven.records.empty()) last_ = std::max(last_, index);
  kept_.emplace(index, std::move(proven));
  return {};
}

// A header in a damaged block counts if it is right. One that is older than damaged blocks, which
// hold what their checksums say, counts too few.
Result<void> PackedKeep::settle_count(const PackedSurvey& survey) {
  if (bad_.front() == 0 && !survey.zero_head) {
    VDE_TRY_ASSIGN(head, repair_.read(number(0)));
    const PackedTableHeader header = kPackedTableHeaderLayout.decode(head.unchecked_payload());
    if (all_zero(header.reserved) && header.count == found_ && proven_ > 0 && proof_.holds())
      counted_ = header.count;
  }
  const auto kept_all = [&](uint64_t index) {
    const auto kept = kept_.find(index);
    return kept != kept_.end() && kept->second.all;
  };
  bool newer = bad_.front() != 0 && counted_ && *counted_ < found_ && !broken_;
  if (newer) {
    VDE_TRY_ASSIGN(head, repair_.read(number(0)));
    const uint32_t generation = head.unchecked_trailer().generation;
    for (const uint64_t index : bad_)
      newer &= kept_all(index) && kept_.at(index).complete &&
               is_later_generation(kept_.at(index).generation, generation);
  }
  if (newer && found_ <= INT32_MAX && proof_.holds()) {
    counted_ = found_;
    head_older_ = true;
  }
  if (counted_) doubtful_.clear();
  std::erase_if(doubtful_, [&](const Doubtful& entry) { return is_padding(entry.record); });
  // A table that has all its entries needs no block of another kind.
  for (const uint64_t index : bad_)
    if (counted_ == found_ && survey.blocks[index] == PackedHolds::kForeign) foreign_.insert(index);
  for (const uint64_t index : survey.hiding) hides_entries_ |= !kept_all(index);
  return {};
}

std::string PackedKeep::find_doubt() {
  if (broken_) return fmt::format("an entry in block {} is invalid", *broken_);
  // More entries than counted, all of them genuine: the count is what is wrong.
  if (counted_ && found_ > *counted_ && proof_.holds()) counted_.reset();
  if (counted_ && found_ > *counted_)
    return fmt::format("the intact blocks hold {} entries, but the header counts {}", found_,
                       *counted_);
  if (!counted_ && beyond_end_)
    return "the count is lost, and there are entries after the first empty block";
  if (!counted_ && !proof_.holds())
    return "the count is lost, and entries share a key or name blocks outside the volume";
  return {};
}

// The number of lost entries, if the header gives it.
std::optional<uint64_t> PackedKeep::missing() const {
  if (!counted_ || *counted_ <= found_) return std::nullopt;
  return static_cast<uint64_t>(*counted_ - found_);
}

Loss PackedKeep::loss() const {
  Loss loss;
  const auto add = [&](std::string what) {
    loss.what += (loss.what.empty() ? "" : "; ") + std::move(what);
  };
  if (!has_all()) {
    const auto counted = counted_ == found_ ? std::nullopt : counted_;
    const std::string which = counted && proven_ > 0
                                  ? fmt::format("{} of {} entries", *counted - found_, *counted)
                                  : damaged_.which(counted, found_);
    add(fmt::format("{} ({}){}", which, damaged_.where(), damaged_.unverified()));
    loss.counts.of(repaired_.kind) = std::max(missing().value_or(0), readable_);
  } else if (!foreign_.empty()) {
    add(fmt::format("what is in block {}, which is not a block of the {}",
                    number(*foreign_.begin()), repaired_.name));
    loss.counts.others += foreign_.size();
  }
  if (unproven_ > 0) {
    add(fmt::format("what nothing proves of up to {} {}, which are kept, unverified", unproven_,
                    repaired_.noun));
    loss.counts.others += unproven_;
  }
  if (!doubtful_.empty()) {
    add(fmt::format("what nothing proves: {} {} after an empty block are kept", doubtful_.size(),
                    repaired_.noun));
    loss.counts.others += doubtful_.size();
  }
  return loss;
}

Result<void> PackedKeep::list() {
  if (!has_all()) {
    VDE_TRY(list_lost());
  } else {
    const std::string reason = fmt::format("the block is not one of the {}", repaired_.name);
    for (const uint64_t index : foreign_) {
      VDE_TRY_ASSIGN(block, repair_.read(number(index)));
      VDE_TRY(lose_foreign_block(repair_, block, repair_.total_blocks(), reason));
    }
  }
  return list_unproven();
}

Result<void> PackedKeep::list_unproven() {
  for (const Doubtful& entry : doubtful_)
    VDE_TRY(list_kept(entry.block, entry.record,
                      "kept, although the count is lost and an empty block is before it"));
  for (const auto& [index, proven] : kept_) {
    if (proven.whole) continue;
    for (const BlockBuffer& record : proven.records) {
      if (!is_padding(record))
        VDE_TRY(list_kept(number(index), record, unproven_fields(table_.type, record)));
    }
  }
  return {};
}

// Lists why an entry that is kept is doubtful.
Result<void> PackedKeep::list_kept(uint64_t block, Bytes record, std::string reason) {
  LostEntry doubtful{LostKind::kOther, block, std::move(reason)};
  set_content(doubtful, table_.type, record);
  doubtful.kind = LostKind::kOther;
  return repair_.lose(doubtful);
}

// The entries that a damaged block seems to hold, except those that are kept or are elsewhere.
Result<PackedKeep::Readable> PackedKeep::each_unkept(
    uint64_t index, const std::function<Result<void>(Bytes)>& visit) {
  VDE_TRY_ASSIGN(block, repair_.read(number(index)));
  Readable readable;
  Result<void> visited;
  const bool all = each_entry_in_damage(repair_, table_, block, index == 0, [&](Bytes record) {
    const Bytes key = record.first(table_.shape.key_size);
    if (!visited || keys_.contains(std::string(key.begin(), key.end()))) return;
    ++readable.count;
    visited = visit(record);
  });
  VDE_TRY(visited);
  readable.all = all && !all_zero(block.unchecked_payload());
  return readable;
}

Result<void> PackedKeep::count_readable() {
  for (const uint64_t index : bad_) {
    if (!is_damaged(index)) continue;
    VDE_TRY_ASSIGN(block, repair_.read(number(index)));
    if (has_all()) continue;
    const auto is_kept = [&](Bytes record) {
      const Bytes key = record.first(table_.shape.key_size);
      return keys_.contains(std::string(key.begin(), key.end()));
    };
    damaged_.name(block, index == 0, is_kept);
    VDE_TRY_ASSIGN(readable, each_unkept(index, [](Bytes) { return Result<void>{}; }));
    readable_ += readable.count;
  }
  return {};
}

Result<void> PackedKeep::list_lost() {
  std::vector<UnreadBlock> unread;
  for (const uint64_t index : bad_) {
    if (!is_damaged(index)) continue;
    LostEntry lost{repaired_.kind, number(index), "the block is damaged; its bytes are unverified"};
    VDE_TRY_ASSIGN(readable, each_unkept(index, [&](Bytes record) {
                     set_content(lost, table_.type, record);
                     return repair_.lose(lost);
                   }));
    if (!readable.all) unread.push_back({number(index), readable.count});
  }
  auto rest = missing();
  if (rest) *rest -= std::min(*rest, readable_);
  return lose_unread(repair_, repaired_.kind, unread, rest);
}

}  // namespace vde
