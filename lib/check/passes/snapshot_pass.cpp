// Checks the snapshot table: each entry, then the chains of parents.
#include <fmt/format.h>

#include "base/checked.h"
#include "check/passes.h"
#include "check/passes/packed_scan.h"
#include "check/passes/snapshot_chains.h"
#include "table/snapshot_table.h"
#include "vde/text.h"

namespace vde {
namespace {

constexpr size_t kMaxMissingNamed = 16;

class SnapshotJudge {
 public:
  SnapshotJudge(VerifyContext& context, const PlacedRegion& region)
      : context_(context), region_(region) {}

  void check_entry(const PackedRecord& record) {
    const SnapshotEntry entry = snapshot_of(record.bytes);
    if (is_padding(entry)) return;
    chains_.add({entry.id, entry.parent, entry.created, static_cast<uint32_t>(record.place.block),
                 record.place.offset, 0, false});
    const uint64_t block = region_.blocks.begin + record.place.block;
    const std::string name = to_string(entry.id);
    if (!is_in_volume(entry))
      add(FindingCode::kSnapshotOutside, block, entry.id,
          fmt::format("snapshot {}: {} blocks from {}", name, entry.inode_table_blocks,
                      entry.inode_table_start));
    if ((entry.flags & ~kKnownSnapshotFlags) != 0)
      add(FindingCode::kSnapshotUnknownFlags, block, entry.id,
          fmt::format("snapshot {}: {:#x}", name, entry.flags & ~kKnownSnapshotFlags));
    if (!is_utf8(entry.label))
      add(FindingCode::kSnapshotLabelNotText, block, entry.id,
          fmt::format("snapshot {} is labelled '{}'", name, escape(entry.label)));
  }

  // Some of the parents that are missing from the table. If entries are lost, these are among them.
  std::vector<std::string> missing_parents() {
    std::vector<std::string> missing;
    chains_.sort();
    for (size_t i = 0; i < chains_.size() && missing.size() < kMaxMissingNamed; ++i)
      if (chains_.lacks_parent(i))
        missing.push_back(fmt::format("snapshot {}, the parent of {}", to_string(chains_[i].parent),
                                      to_string(chains_[i].id)));
    return missing;
  }

  // Call it only if all entries were read.
  Result<void> check_chains() {
    chains_.sort();
    for (size_t i = 0; i < chains_.size(); ++i)
      if (chains_.is_duplicate(i))
        add(FindingCode::kSnapshotIdDuplicate, block_of(chains_[i]), chains_[i].id,
            fmt::format("snapshot {}", to_string(chains_[i].id)));
    for (size_t i = 0; i < chains_.size(); ++i) {
      if (context_.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      if (chains_.lacks_parent(i))
        add(FindingCode::kSnapshotParentMissing, block_of(chains_[i]), chains_[i].id,
            fmt::format("snapshot {}, parent {}", to_string(chains_[i].id),
                        to_string(chains_[i].parent)));
      if (const auto cycle = chains_.find_cycle(i))
        add(FindingCode::kSnapshotCycle, block_of(chains_[*cycle]), chains_[*cycle].id,
            fmt::format("it contains snapshot {}", to_string(chains_[*cycle].id)));
    }
    return {};
  }

 private:
  void add(FindingCode code, uint64_t block, const Guid& id, std::string message,
           FindingSite site = FindingSite::here()) {
    context_.report.add(code, block, block_types::kSnapshots, std::move(message),
                        {fmt::format("snapshot {}", to_string(id))}, site);
  }

  [[nodiscard]] uint64_t block_of(const ChainLink& link) const {
    return region_.blocks.begin + link.block;
  }

  [[nodiscard]] bool is_in_volume(const SnapshotEntry& entry) const {
    const auto blocks = block_range(entry.inode_table_start, entry.inode_table_blocks);
    const int64_t total = context_.probe.superblock_verified()
                              ? std::max<int64_t>(0, context_.probe.superblock.total_blocks)
                              : static_cast<int64_t>(context_.probe.blocks_in_file());
    return blocks && blocks->end <= static_cast<uint64_t>(total);
  }

  VerifyContext& context_;
  const PlacedRegion& region_;
  SnapshotChains chains_;
};

void report_broken(VerifyContext& context, const PackedScan& scan) {
  for (const Error& error : scan.broken)
    context.report.add(FindingCode::kSnapshotEntryBroken, error.block, block_types::kSnapshots,
                       error.message);
}

void report_lost(VerifyContext& context, const PackedScan& scan, SnapshotJudge& judge) {
  std::string lost = describe_lost(scan);
  if (lost.empty()) return;
  std::vector<std::string> affects = scan.lost.names();
  for (std::string& parent : judge.missing_parents()) affects.push_back(std::move(parent));
  context.report.add(FindingCode::kSnapshotsLost, scan.lost.first_block(), block_types::kSnapshots,
                     std::move(lost), std::move(affects));
}

void report_table(VerifyContext& context, const PlacedRegion& region, const PackedScan& scan) {
  const uint64_t head = region.blocks.begin;
  if (scan.reserved_set)
    context.report.add(FindingCode::kReservedNotZero, head, block_types::kSnapshots,
                       "reserved bytes of the snapshot table's header");
  if (scan.counted < 0 || (scan.complete && scan.found < scan.counted))
    context.report.add(FindingCode::kSnapshotCountWrong, head, block_types::kSnapshots,
                       fmt::format("header {}, table {}", scan.counted, scan.found));
  if (scan.past_end)
    context.report.add(FindingCode::kSnapshotUncounted, scan.past_end, block_types::kSnapshots,
                       fmt::format("there are bytes after the last of {} entries", scan.counted));
  if (scan.left_over > 0 && scan.complete && scan.found == scan.counted)
    context.report.add(FindingCode::kSnapshotLeftOver, scan.first_left_over,
                       block_types::kSnapshots,
                       fmt::format("{} {}, starting with this one, with {} or more unused bytes at "
                                   "the end",
                                   scan.left_over, scan.left_over == 1 ? "block" : "blocks",
                                   kSnapshotEntryLayout.size()));
  // A region that was never written at all is a finding of its own.
  if (scan.unwritten > 0 && scan.head_written)
    context.report.add(FindingCode::kSnapshotSpareUnwritten, scan.first_unwritten,
                       block_types::kSnapshots,
                       fmt::format("{} {} from block {}", scan.unwritten,
                                   scan.unwritten == 1 ? "block" : "blocks", scan.first_unwritten));
}

}  // namespace

Result<void> check_snapshots(VerifyContext& context) {
  const PlacedRegion* region = context.find_plain(block_types::kSnapshots);
  if (region == nullptr) return {};
  SnapshotJudge judge(context, *region);
  const PackedVisitor visit = [&](const PackedRecord& record) {
    judge.check_entry(record);
    return true;
  };
  VDE_TRY_ASSIGN(scan, scan_packed(context, *region, snapshot_table(), visit));
  report_broken(context, scan);
  report_lost(context, scan, judge);
  if (!scan.has_header) return {};
  report_table(context, *region, scan);
  // If not all entries could be read, a missing parent may be one of the others.
  if (!scan.complete || scan.found < scan.counted) return {};
  return judge.check_chains();
}

}  // namespace vde
