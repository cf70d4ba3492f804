// Repairs the journal: applies its intact commits, discards those that cannot be applied safely,
// and rewrites a wrong header.
#include <fmt/format.h>

#include <map>

#include "check/lost/lost_lines.h"
#include "check/passes/lost_entries.h"
#include "check/repair/foundation_repair.h"
#include "check/written_blocks.h"
#include "format/trailer_order.h"
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

// Valid blocks of something else in the first and last place, which are written together: the slot
// may be wrong.
Result<std::vector<uint64_t>> misplaced_ends(const BlockIo& io, const JournalArea& area,
                                             const JournalHeader& header) {
  std::vector<uint64_t> blocks;
  if (header.misplaced) blocks.push_back(area.header());
  BlockBuffer buffer = io.make_buffer();
  VDE_TRY_ASSIGN(last, io.read(area.last(), buffer));
  if (last.state() == BlockState::kValid && !all_zero(last.unchecked_payload()) &&
      last.unchecked_trailer().type != block_types::kMetadataWal)
    blocks.push_back(area.last());
  return blocks;
}

constexpr std::string_view kAllCommits = "the commits in the journal, if any of them are intact";
constexpr std::string_view kLaterCommits = "the commits after the damaged one in the journal";

// What is lost with the journal: `commits`, if there are any, and blocks of other structures.
Loss loss_of(std::string_view commits, const std::vector<uint64_t>& ends) {
  Loss loss{std::string(commits)};
  if (ends.empty()) return loss;
  loss.what +=
      fmt::format("{}what is in {}, which {} not the journal's", commits.empty() ? "" : "; ",
                  list_blocks(ends, ends.size()), ends.size() == 1 ? "is" : "are");
  loss.counts.others = ends.size();
  return loss;
}

Result<void> list_foreign(FoundationRepair& repair, const std::vector<uint64_t>& blocks,
                          std::string_view reason) {
  BlockBuffer buffer = repair.io().make_buffer();
  for (const uint64_t number : blocks) {
    VDE_TRY_ASSIGN(block, repair.io().read(number, buffer));
    VDE_TRY(lose_foreign_block(repair, block, repair.probe().usable_blocks(), reason));
  }
  return {};
}

// The number of commits is unknown.
Result<void> list_lost(FoundationRepair& repair, std::string_view commits,
                       const std::vector<uint64_t>& ends) {
  if (!commits.empty())
    VDE_TRY(repair.lose({LostKind::kOther, {}, std::string(commits), {}, std::nullopt}));
  return list_foreign(repair, ends, "the block is not one of the journal");
}

Result<void> reset_journal(FoundationRepair& repair, const JournalArea& area, uint64_t epoch) {
  const Superblock& superblock = repair.probe().superblock;
  VDE_TRY(write_journal_header(repair.io(), area, superblock, epoch));
  VDE_TRY(wipe_journal_end(repair.io(), area, superblock));
  repair.touched({area.header(), area.header() + 1});
  VDE_TRY(repair.sync());
  return repair.check_again();
}

// The journal holds no commits. The epoch is increased, so that no old record becomes valid again.
Result<void> renew_header(FoundationRepair& repair, const JournalArea& area,
                          const JournalHeader& header, uint64_t epoch) {
  VDE_TRY_ASSIGN(right, header_is_right(repair.io(), area));
  VDE_TRY_ASSIGN(ends, misplaced_ends(repair.io(), area, header));
  if (right && ends.empty()) return {};
  VDE_TRY_ASSIGN(highest, highest_epoch(repair.io(), area.records()));
  if (!repair.lossy_step("write a new, clean journal header", "the journal holds no commits",
                         loss_of({}, ends)))
    return {};
  VDE_TRY(list_lost(repair, {}, ends));
  return reset_journal(repair, area, std::max(highest, epoch) + 1);
}

// No commit may be applied: that would overwrite later changes of another program.
Result<void> discard_commits(FoundationRepair& repair, const JournalArea& area,
                             const JournalHeader& header, const Error& why) {
  // The only intact group counts no more without the marks that this removes.
  if (repair.probe().superblock_source == SuperblockSource::kCopy) {
    repair.note("the journal stays: the only intact superblock group is in it");
    return {};
  }
  VDE_TRY_ASSIGN(highest, highest_epoch(repair.io(), area.records()));
  VDE_TRY_ASSIGN(ends, misplaced_ends(repair.io(), area, header));
  std::string_view commits;
  if (highest > 0) commits = kAllCommits;
  if (!repair.lossy_step("discard the journal and write a new, clean header", why.message,
                         loss_of(commits, ends)))
    return {};
  VDE_TRY(list_lost(repair, commits, ends));
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
  struct Wanted {
    size_t odd;
    bool Elsewhere::*what;
  };
  std::multimap<Trailer, Wanted, TrailerOrder> wanted;
  for (size_t i = 0; i < odd.size(); ++i) {
    if (is_same_content(odd[i]) || odd[i].is_copy) continue;
    wanted.emplace(odd[i].found, Wanted{i, &Elsewhere::found});
    wanted.emplace(odd[i].before, Wanted{i, &Elsewhere::before});
  }
  if (wanted.empty()) return elsewhere;
  // What was found is not looked for again: there may be many blocks with one content.
  const auto judge = [&](const UncheckedBlock& block) -> Result<void> {
    auto [same, last] = wanted.equal_range(block.unchecked_trailer());
    if (same == last || !block.check_any()) return {};
    while (same != last) {
      const auto [i, what] = same->second;
      const bool is_home = block.number() == odd[i].target;
      if (!is_home) elsewhere[i].*what = true;
      same = is_home ? std::next(same) : wanted.erase(same);
    }
    return {};
  };
  for (const PlacedRegion& region : place_regions(repair.probe()))
    if (!region.is_data_area && region.type != block_types::kMetadataWal)
      VDE_TRY(each_written_block(repair.io(), region.blocks, repair.activity(), judge));
  return elsewhere;
}

// Whether nothing is lost with an odd block: it is an older version of what a record writes there,
// or a copy of an after-image or of another block. A block that changed places with another one is
// the only copy.
bool is_superseded(const OddBlock& odd, Elsewhere elsewhere) {
  if (is_same_content(odd) || odd.is_copy || elsewhere.found) return true;
  return !elsewhere.before && odd.found.type == odd.before.type;
}

// What is lost if the blocks of `plan` that hold something unexpected are overwritten.
Result<std::vector<uint64_t>> lost_with(FoundationRepair& repair, const RecoveryPlan& plan) {
  std::vector<uint64_t> sole;
  VDE_TRY_ASSIGN(elsewhere, find_elsewhere(repair, plan.odd));
  for (size_t i = 0; i < plan.odd.size(); ++i)
    if (!is_superseded(plan.odd[i], elsewhere[i])) sole.push_back(plan.odd[i].target);
  return sole;
}

Result<void> apply_commits(FoundationRepair& repair, const RecoveryPlan& plan,
                           std::string_view commits) {
  VDE_TRY_ASSIGN(sole, lost_with(repair, plan));
  // Commits are applied to the groups and the directory, too.
  std::vector<BlockRange> fixed;
  if (plan.group) fixed = {{0, kFirstRegionBlock}};
  Loss loss = repair.loss_in(fixed);
  VDE_TRY_ASSIGN(ends, misplaced_ends(repair.io(), plan.area, plan.header));
  const Loss with_ends = loss_of(commits, ends);
  loss.counts += with_ends.counts;
  loss.counts.others += sole.size();
  std::vector<std::string> what{with_ends.what, std::move(loss.what)};
  if (!sole.empty())
    what.push_back(
        fmt::format("what is in block {}, which belongs to another place", fmt::join(sole, ", ")));
  std::erase(what, std::string());
  loss.what = fmt::format("{}", fmt::join(what, "; "));
  const std::string_view source =
      plan.odd.empty()
          ? "the journal; its checksums match"
          : "the journal; its checksums match, the superblock groups are those that it "
            "is based on, and no block is newer";
  const bool taken =
      repair.lossy_step(plan.records > 0 ? fmt::format("apply {} {} from the journal", plan.records,
                                                       plan.records == 1 ? "commit" : "commits")
                                         : "close the journal, which was left open",
                        std::string(source), std::move(loss));
  if (!taken) return {};
  VDE_TRY(list_lost(repair, commits, ends));
  VDE_TRY(list_foreign(repair, sole, "the block belongs to another place"));
  VDE_TRY(repair.lose_in(fixed));
  for (const ReplayedBlock& replayed : plan.after_images)
    repair.touched({replayed.target, replayed.target + 1});
  VDE_TRY(apply_recovery(repair.io(), repair.probe(), plan));
  return repair.check_again();
}

}  // namespace

Result<void> repair_journal(FoundationRepair& repair) {
  const Probe& probe = repair.probe();
  const auto area = repair.journal_area();
  if (!probe.has_group() || !area) return {};
  VDE_TRY_ASSIGN(header, read_journal_header(repair.io(), *area, probe.superblock.uuid));
  // Another block in the first or last place: the journal's slot is wrong, or the block is
  // misplaced. The tables are repaired first, and the journal is judged again then.
  VDE_TRY_ASSIGN(ends, misplaced_ends(repair.io(), *area, header));
  if (!ends.empty() && tables_disagree(probe)) return {};
  std::string_view lost_commits;
  auto plan = plan_recovery(repair.io(), probe, LostRecords::kRefuse, OddBlocks::kOverwrite);
  if (!plan && plan.error().code != ErrorCode::kDamaged) return propagate(plan);
  if (!plan) {
    auto prefix = plan_recovery(repair.io(), probe, LostRecords::kDrop, OddBlocks::kOverwrite);
    if (!prefix && prefix.error().code != ErrorCode::kDamaged) return propagate(prefix);
    if (!prefix) return discard_commits(repair, *area, header, prefix.error());
    lost_commits = kLaterCommits;
    if (!prefix->needs_reset) return discard_commits(repair, *area, header, plan.error());
    plan = std::move(prefix);
  }
  if (plan->needs_reset) return apply_commits(repair, *plan, lost_commits);
  return renew_header(repair, *area, header, plan->epoch);
}

}  // namespace vde
