#include "check/entries/odd_entries.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "check/entries/proven_entries.h"
#include "check/entries/table_change.h"
#include "check/finding_code.h"
#include "check/lost/lost_lines.h"
#include "check/passes/lost_entries.h"

namespace vde {
namespace {

constexpr size_t kMaxBlocksNamed = 16;

// Groups of entries with the same key, each in the order of the table.
std::vector<std::vector<size_t>> same_keys(const TableScan& scan) {
  std::vector<size_t> order;
  for (size_t i = 0; i < scan.entries.size(); ++i) {
    const EntryState state = scan.entries[i].state;
    if (state == EntryState::kSound || state == EntryState::kOutside) order.push_back(i);
  }
  const auto by_key = [&](size_t a, size_t b) {
    return std::tie(scan.entries[a].key, a) < std::tie(scan.entries[b].key, b);
  };
  std::sort(order.begin(), order.end(), by_key);
  std::vector<std::vector<size_t>> groups;
  for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && scan.entries[order[end]].key == scan.entries[order[begin]].key)
      ++end;
    if (end - begin > 1)
      groups.emplace_back(order.begin() + static_cast<ptrdiff_t>(begin),
                          order.begin() + static_cast<ptrdiff_t>(end));
  }
  return groups;
}

class OddEntries {
 public:
  OddEntries(StructureRepair& repair, const RepairedTable& repaired, const PlacedRegion& region,
             const TableScan& scan)
      : repair_(repair), repaired_(repaired), region_(region), scan_(scan) {}

  Result<void> drop_copies() {
    for (const std::vector<size_t>& group : same_keys(scan_))
      for (size_t i = 1; i < group.size(); ++i)
        if (scan_.entries[group[i]].content == scan_.entries[group[0]].content)
          removed_.emplace(group[i], "");
    keep_whole_blocks();
    if (removed_.empty() || scan_.has(EntryState::kBroken)) return {};
    VDE_TRY_ASSIGN(change, make_change());
    change.what = fmt::format("drop copies of entries from {} of the {}", where(), repaired_.name);
    change.source = "the entries that they equal, byte for byte";
    return change_table(repair_, repaired_, region_, change);
  }

  Result<void> set_aside() {
    VDE_TRY(find_odd());
    if (removed_.empty()) return {};
    VDE_TRY_ASSIGN(change, make_change());
    const auto count = static_cast<uint64_t>(scan_.counted - change.found);
    change.what = fmt::format("set aside {} {} in {} of the {}", count,
                              count == 1 ? "entry" : "entries", where(), repaired_.name);
    change.source = "the rest of the table; nothing gives one answer for what they were";
    change.loss.what = fmt::format("{} of {} {}", count, scan_.counted, repaired_.noun);
    change.loss.counts.of(repaired_.kind) = count;
    change.list = [&] { return list(); };
    if (repair_.consents(change.loss)) solve();
    return change_table(repair_, repaired_, region_, change);
  }

 private:
  [[nodiscard]] std::string where() const {
    std::vector<uint64_t> blocks;
    for (const auto& [i, reason] : removed_) {
      const uint64_t block = region_.blocks.begin + scan_.entries[i].index;
      if (blocks.empty() || blocks.back() != block) blocks.push_back(block);
    }
    const std::span first = std::span(blocks).first(std::min(blocks.size(), kMaxBlocksNamed));
    return list_blocks(first, blocks.size());
  }

  // A block that holds only copies was copied as a whole. What was in its place is lost, which only
  // the count shows: repair_blocks asks for consent.
  void keep_whole_blocks() {
    std::set<uint64_t> with_others;
    for (size_t i = 0; i < scan_.entries.size(); ++i)
      if (!removed_.contains(i) && scan_.entries[i].state != EntryState::kPadding)
        with_others.insert(scan_.entries[i].index);
    std::erase_if(removed_, [&](const auto& removed) {
      return !with_others.contains(scan_.entries[removed.first].index);
    });
  }

  Result<void> find_odd() {
    for (size_t i = 0; i < scan_.entries.size(); ++i) {
      const EntryState state = scan_.entries[i].state;
      if (state == EntryState::kNilKey) removed_.emplace(i, "the entry has no key");
      if (state == EntryState::kOutside)
        removed_.emplace(i, "the blocks of the entry are not within the volume");
      if (state == EntryState::kBroken)
        removed_.emplace(i,
                         "the length of a text is wrong; these bytes cannot be divided into "
                         "entries");
    }
    for (const std::vector<size_t>& group : same_keys(scan_)) {
      const auto is_same = [&](size_t i) {
        return scan_.entries[i].content == scan_.entries[group[0]].content;
      };
      if (std::ranges::all_of(group, is_same)) continue;
      VDE_TRY_ASSIGN(right, find_right(group));
      takes_hash_ |= right.has_value();
      for (const size_t i : group)
        if (i != right) removed_.emplace(i, "another entry has the same key");
    }
    return {};
  }

  // The entry of a group to keep.
  Result<std::optional<size_t>> find_right(const std::vector<size_t>& group) {
    if (repaired_.table.type != block_types::kCode) return std::optional<size_t>();
    for (const size_t i : group) {
      VDE_TRY_ASSIGN(bytes,
                     entry_bytes(repair_, repaired_.table, region_.blocks, scan_.entries[i]));
      VDE_TRY_ASSIGN(proven, is_proven_module(repair_, bytes));
      if (proven) return std::optional(i);
    }
    return std::optional<size_t>();
  }

  Result<TableChange> make_change() {
    TableChange change;
    change.counted = scan_.counted;
    std::set<uint64_t> blocks;
    for (const auto& [i, reason] : removed_) blocks.insert(scan_.entries[i].index);
    change.blocks.assign(blocks.begin(), blocks.end());
    for (size_t i = 0; i < scan_.entries.size(); ++i) {
      const ScannedEntry& entry = scan_.entries[i];
      if (removed_.contains(i)) continue;
      ++change.found;
      change.last = entry.index;
      if (!blocks.contains(entry.index)) continue;
      VDE_TRY_ASSIGN(bytes, entry_bytes(repair_, repaired_.table, region_.blocks, entry));
      change.kept[entry.index].push_back(std::move(bytes));
    }
    return change;
  }

  Result<void> list() {
    const auto rest = static_cast<uint64_t>(scan_.counted - scan_.found());
    for (const auto& [i, reason] : removed_) {
      const ScannedEntry& entry = scan_.entries[i];
      VDE_TRY_ASSIGN(bytes, entry_bytes(repair_, repaired_.table, region_.blocks, entry));
      LostEntry lost{repaired_.kind, region_.blocks.begin + entry.index, reason};
      lost.bytes = bytes;
      if (entry.state == EntryState::kBroken)
        lost.count = rest;
      else
        set_content(lost, repaired_.table.type, bytes);
      VDE_TRY(repair_.lose(lost));
    }
    return {};
  }

  // The kinds of findings that end with it. A module with another one's hash has a wrong hash, too.
  void solve() {
    const bool modules = repaired_.table.type == block_types::kCode;
    if (takes_hash_) repair_.solves(kind_of(FindingCode::kModuleHashWrong));
    if (scan_.has(EntryState::kBroken))
      repair_.solves(
          kind_of(modules ? FindingCode::kModuleEntryBroken : FindingCode::kSnapshotEntryBroken));
    if (scan_.has(EntryState::kOutside))
      repair_.solves(
          kind_of(modules ? FindingCode::kModuleOutside : FindingCode::kSnapshotOutside));
  }

  StructureRepair& repair_;
  const RepairedTable& repaired_;
  const PlacedRegion& region_;
  const TableScan& scan_;
  std::map<size_t, std::string> removed_;  // entries, and why
  bool takes_hash_ = false;                // of two modules with one hash, one is right
};

}  // namespace

Result<void> drop_copies(StructureRepair& repair, const RepairedTable& repaired,
                         const PlacedRegion& region, const TableScan& scan) {
  return OddEntries(repair, repaired, region, scan).drop_copies();
}

Result<void> set_aside(StructureRepair& repair, const RepairedTable& repaired,
                       const PlacedRegion& region, const TableScan& scan) {
  return OddEntries(repair, repaired, region, scan).set_aside();
}

}  // namespace vde
