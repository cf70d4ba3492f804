// Repairs the journal: applies its intact commits, discards those that cannot be applied safely,
// and rewrites a wrong header.
#include <fmt/format.h>

#include <map>

#include "check/repair/foundation_repair.h"
#include "check/written_blocks.h"
#include "journal/recovery.h"

namespace vde {
namespace {

// Whether the header is valid and clean.
Result<bool> header_is_right(const BlockIo& io, const JournalArea& area) {
  BlockBuffer buffer = io.make_buffer();
  VDE_TRY_ASSIGN(block, io.read(area.header(), buffer));
  const auto checked = block.check(block_types::kMetadataWal);
  if (!checked) return false;
  const WalHeader header = kWalHeaderLayout.decode(checked->payload());
  return header.type == kWalMetadata && header.version == 1 && header.clean != 0 &&
         header.max_blocks == static_cast<int64_t>(area.region.count());
}

// Whether the directory is intact and has other slots.
bool tables_disagree(const Probe& probe) {
  return probe.directory.whole && decode_slots(probe.directory.blocks[0].payload()) != probe.slots;
}

std::string lost_with_header(const JournalArea& area) {
  return fmt::format("what is in block {}, which is not the journal's", area.header());
}

Result<void> reset_journal(FoundationRepair& repair, const JournalArea& area, uint64_t epoch) {
  const Superblock& superblock = repair.probe().superblock;
  VDE_TRY(write_journal_header(repair.io(), area, superblock, epoch));
  VDE_TRY(write_journal_end(repair.io(), area, superblock, std::nullopt));
  repair.touched({area.header(), area.header() + 1});
  VDE_TRY(repair.sync());
  return repair.check_again();
}

// The journal holds no commits. The epoch is increased, so that no old record becomes valid again.
Result<void> renew_header(FoundationRepair& repair, const JournalArea& area,
                          const JournalHeader& header, uint64_t epoch) {
  VDE_TRY_ASSIGN(right, header_is_right(repair.io(), area));
  if (right) return {};
  VDE_TRY_ASSIGN(highest, highest_epoch(repair.io(), area.records()));
  if (!repair.lossy_step("write a new, clean journal header", "the journal holds no commits",
                         {header.misplaced ? lost_with_header(area) : std::string()}))
    return {};
  return reset_journal(repair, area, std::max(highest, epoch) + 1);
}

// No commit may be applied: that would overwrite later changes of another program.
Result<void> discard_commits(FoundationRepair& repair, const JournalArea& area,
                             const JournalHeader& header, const Error& why) {
  VDE_TRY_ASSIGN(highest, highest_epoch(repair.io(), area.records()));
  Loss loss;
  if (highest > 0) loss.what = "the commits in the journal, if any of them are intact";
  if (header.misplaced) loss.what += (loss.what.empty() ? "" : "; ") + lost_with_header(area);
  if (!repair.lossy_step("discard the journal and write a new, clean header", why.message,
                         std::move(loss)))
    return {};
  return reset_journal(repair, area, std::max({highest, header.epoch, header.last_epoch}) + 1);
}

// For an odd block: whether a block elsewhere holds the same, and whether one holds what it should.
struct Elsewhere {
  bool found = false;
  bool before = false;
};

bool is_same_content(const OddBlock& odd) {
  return odd.found.checksum == odd.before.checksum;
}

// Looks through the regions other than the journal, once for all odd blocks.
Result<std::vector<Elsewhere>> find_elsewhere(const FoundationRepair& repair,
                                              const std::vector<OddBlock>& odd) {
  std::vector<Elsewhere> elsewhere(odd.size());
  std::multimap<uint64_t, size_t> wanted;  // by checksum
  for (size_t i = 0; i < odd.size(); ++i) {
    if (is_same_content(odd[i])) continue;
    wanted.emplace(odd[i].found.checksum, i);
    wanted.emplace(odd[i].before.checksum, i);
  }
  if (wanted.empty()) return elsewhere;
  const auto judge = [&](const UncheckedBlock& block) -> Result<void> {
    const Trailer content = block.unchecked_trailer();
    const auto [first, last] = wanted.equal_range(content.checksum);
    if (first == last || !block.check_any()) return {};
    for (auto same = first; same != last; ++same) {
      const size_t i = same->second;
      if (block.number() == odd[i].target) continue;
      elsewhere[i].found |= content == odd[i].found;
      elsewhere[i].before |= content == odd[i].before;
    }
    return {};
  };
  for (const PlacedRegion& region : place_regions(repair.probe()))
    if (!region.is_data_area && region.type != block_types::kMetadataWal)
      VDE_TRY(each_written_block(repair.io(), region.blocks, repair.activity(), judge));
  return elsewhere;
}

// Whether nothing is lost with an odd block: it is an older version of what a record writes there,
// or a copy of another block. A block that changed places with another one is the only copy.
bool is_superseded(const OddBlock& odd, Elsewhere elsewhere) {
  if (is_same_content(odd) || elsewhere.found) return true;
  return !elsewhere.before && odd.found.type == odd.before.type;
}

// What is lost if the blocks of `plan` that hold something unexpected are overwritten.
Result<std::string> lost_with(FoundationRepair& repair, const RecoveryPlan& plan) {
  std::string sole;
  VDE_TRY_ASSIGN(elsewhere, find_elsewhere(repair, plan.odd));
  for (size_t i = 0; i < plan.odd.size(); ++i)
    if (!is_superseded(plan.odd[i], elsewhere[i]))
      sole += fmt::format("{}{}", sole.empty() ? "" : ", ", plan.odd[i].target);
  if (sole.empty()) return sole;
  return fmt::format("what is in block {}, which belongs to another place", sole);
}

Result<void> apply_commits(FoundationRepair& repair, const RecoveryPlan& plan, std::string loses) {
  VDE_TRY_ASSIGN(overwritten, lost_with(repair, plan));
  if (!loses.empty() && !overwritten.empty()) loses += "; ";
  loses += overwritten;
  const std::string_view source =
      plan.odd.empty()
          ? "the journal; its checksums match"
          : "the journal; its checksums match, the superblock groups are those that it "
            "is based on, and no block is newer";
  const bool taken =
      repair.lossy_step(plan.records > 0 ? fmt::format("apply {} {} from the journal", plan.records,
                                                       plan.records == 1 ? "commit" : "commits")
                                         : "close the journal, which was left open",
                        std::string(source), {std::move(loses)});
  if (!taken) return {};
  for (const ReplayedBlock& replayed : plan.after_images)
    repair.touched({replayed.target, replayed.target + 1});
  VDE_TRY(apply_recovery(repair.io(), repair.probe(), plan));
  return repair.check_again();
}

}  // namespace

Result<void> repair_journal(FoundationRepair& repair) {
  const Probe& probe = repair.probe();
  const auto area = repair.journal_area();
  if (probe.superblock_source != SuperblockSource::kGroup || !area) return {};
  VDE_TRY_ASSIGN(header, read_journal_header(repair.io(), *area, probe.superblock.uuid));
  // Another block in the header's place: the journal's slot is wrong, or the block is misplaced.
  // The tables are repaired first, and the journal is judged again then.
  if (header.misplaced && tables_disagree(probe)) return {};
  std::string loses;
  auto plan = plan_recovery(repair.io(), probe, LostRecords::kRefuse, OddBlocks::kOverwrite);
  if (!plan && plan.error().code != ErrorCode::kDamaged) return propagate(plan);
  if (!plan) {
    auto prefix = plan_recovery(repair.io(), probe, LostRecords::kDrop, OddBlocks::kOverwrite);
    if (!prefix && prefix.error().code != ErrorCode::kDamaged) return propagate(prefix);
    if (!prefix) return discard_commits(repair, *area, header, prefix.error());
    loses = "the commits after the damaged one in the journal";
    if (!prefix->needs_reset) return discard_commits(repair, *area, header, plan.error());
    plan = std::move(prefix);
  }
  if (plan->needs_reset) return apply_commits(repair, *plan, std::move(loses));
  return renew_header(repair, *area, header, plan->epoch);
}

}  // namespace vde
