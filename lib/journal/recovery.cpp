#include "journal/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "io/run_writer.h"
#include "journal/faults.h"
#include "journal/record_scan.h"

namespace vde {
namespace {

constexpr std::string_view kLeaveAlone = "keep a copy of the image and run 'vdetool verify'";

tl::unexpected<Error> foreign_write(uint64_t block, std::string_view what) {
  return fail_at(block, ErrorCode::kDamaged,
                 fmt::format("commits wait in the journal, but {}: another program wrote to the "
                             "image since",
                             what),
                 std::string(kLeaveAlone));
}

// All journaled versions of one block.
struct Versions {
  Trailer before;              // what was at home when the first of them was made
  std::vector<Trailer> after;  // in order
  uint64_t place = 0;          // of the last image
};

std::map<uint64_t, Versions> collect_versions(const RecordScan& scan) {
  std::map<uint64_t, Versions> versions;
  for (const ScannedRecord& scanned : scan.records)
    for (size_t i = 0; i < scanned.record.entries.size(); ++i) {
      const RecordEntry& entry = scanned.record.entries[i];
      auto [found, is_new] = versions.try_emplace(entry.target);
      if (is_new) found->second.before = entry.before;
      found->second.after.push_back(entry.after);
      found->second.place = scanned.places[i];
    }
  return versions;
}

// Rule 6: what is at home is the recorded predecessor, a journaled version, or torn.
Result<void> check_home(const BlockIo& io, uint64_t target, const Versions& versions) {
  BlockBuffer buffer = io.make_buffer();
  VDE_TRY_ASSIGN(block, io.read(target, buffer));
  if (block.state() != BlockState::kSealed) return {};
  const Trailer trailer = block.unchecked_trailer();
  if (trailer == versions.before) return {};
  if (std::find(versions.after.begin(), versions.after.end(), trailer) != versions.after.end())
    return {};
  return foreign_write(target,
                       fmt::format("block {} is neither as it was nor as it is to be", target));
}

// The group after the last record. Its slots are those of the directory then.
Result<GroupState> final_group(const BlockIo& io, const Probe& probe, const RecordScan& scan,
                               const std::map<uint64_t, Versions>& versions) {
  const GroupProbe& whole = probe.primary.whole ? probe.primary : probe.mirror;
  GroupState state = decode_group(whole);
  const RecordHead& head = scan.records.back().record.head;
  state.superblock = kSuperblockLayout.decode(head.superblock);
  state.seal.header_seal = head.seal;
  const auto directory = versions.find(kDirectoryStart);
  const uint64_t place = directory == versions.end() ? kDirectoryStart : directory->second.place;
  BlockBuffer buffer = io.make_buffer();
  auto found = io.read_checked(place, block_types::kRegionMap, buffer);
  // No record changes the slots: those of the group are the directory's, should it be damaged.
  const bool damaged = !found && found.error().code == ErrorCode::kDamaged;
  if (damaged && directory == versions.end()) return state;
  VDE_TRY_ASSIGN(block, std::move(found));
  state.slots = decode_slots(block.payload());
  return state;
}

// What a whole group is to the records.
enum class GroupRole { kBase, kFinal, kForeign };

bool is_base(const GroupProbe& group, const RecordHead& first, uint32_t block_size) {
  return group.superblock->checkpoint_sequence == first.base_sequence &&
         group_hash(group_bytes(group), block_size) == first.base_hash;
}

GroupRole role_of(const GroupProbe& group, const RecordHead& first, const BlockBuffer& final_bytes,
                  uint32_t block_size) {
  if (group_bytes(group) == final_bytes) return GroupRole::kFinal;
  return is_base(group, first, block_size) ? GroupRole::kBase : GroupRole::kForeign;
}

// Decides what of the scanned records must still go home.
Result<void> plan_replay(const BlockIo& io, const Probe& probe, const RecordScan& scan,
                         RecoveryPlan& plan) {
  const auto versions = collect_versions(scan);
  VDE_TRY_ASSIGN(state, final_group(io, probe, scan, versions));
  const BlockBuffer final_bytes = encode_group(state, io.block_size());
  const RecordHead& first = scan.records.front().record.head;
  for (const GroupProbe* group : {&probe.primary, &probe.mirror}) {
    if (!group->whole) continue;
    const GroupRole role = role_of(*group, first, final_bytes, io.block_size());
    if (role == GroupRole::kForeign)
      return foreign_write(group->blocks[0].number,
                           "the superblock is neither the one they build on nor theirs");
    // The mirror is written when all else is home and synced: nothing is left but the header.
    if (role == GroupRole::kFinal && group == &probe.mirror && probe.primary.whole) return {};
  }
  for (const auto& [target, version] : versions) {
    VDE_TRY(check_home(io, target, version));
    plan.after_images.push_back({target, version.place});
  }
  plan.records = scan.records.size();
  plan.group = std::move(state);
  return {};
}

// The epoch of the records that may wait. While any does, the header or the last block tells it:
// the header is written anew when nothing waits any more, and may tear then. Where neither tells
// it, what looks like a record is of an epoch that is over, or was given up and is whole by chance:
// a later one, itself cut short, may have overwritten the very sectors that were missing.
Result<std::optional<uint64_t>> live_epoch(const BlockIo& io, const JournalArea& area,
                                           const JournalHeader& header) {
  if (header.kind == HeaderKind::kOurs) return std::optional(header.epoch);
  if (header.last_marked) return std::optional(header.last_epoch);
  if (!fault(JournalFault::kStaleBelieved)) return std::optional<uint64_t>{};
  VDE_TRY_ASSIGN(claimed, highest_epoch(io, area.records()));
  return std::optional(claimed);
}

}  // namespace

Result<RecoveryPlan> plan_recovery(const BlockIo& io, const Probe& probe, LostRecords lost) {
  RecoveryPlan plan;
  if (probe.superblock_source != SuperblockSource::kGroup)
    return fail(ErrorCode::kDamaged, "no superblock group is whole", kRunVerify);
  VDE_TRY_ASSIGN(area, find_journal(probe));
  plan.area = area;
  const Guid& uuid = probe.superblock.uuid;
  VDE_TRY_ASSIGN(header, read_journal_header(io, area, uuid));
  plan.header = header;
  plan.epoch = std::max(header.epoch, header.last_epoch);
  if (header.kind == HeaderKind::kForeign) {
    if (header.last_marked)
      return foreign_write(area.header(), "the journal's header is another program's");
    return plan;
  }
  const bool known = header.kind == HeaderKind::kOurs;
  if (lost == LostRecords::kRefuseMarked && !(known && header.last_wiped))
    lost = LostRecords::kRefuse;
  VDE_TRY_ASSIGN(epoch, live_epoch(io, area, header));
  RecordScan scan;
  if (epoch) {
    VDE_TRY_ASSIGN(found, scan_records(io, area, probe, *epoch, lost));
    scan = std::move(found);
  }
  // The start of a record that was never finished is looked for without its checksum: what a crash
  // left of it must not be completed by what the next session writes.
  const BlockRange first{area.records().begin, area.records().begin + 1};
  VDE_TRY_ASSIGN(claimed, highest_epoch(io, known ? first : area.records()));
  const bool unfinished = claimed >= plan.epoch;
  plan.epoch = std::max(plan.epoch, claimed);
  // A mark that outlived its records would let the existing tool's next writes be taken for ones
  // over waiting commits.
  plan.needs_reset = !known || !header.clean ||
                     (header.last_marked && !fault(JournalFault::kEndMarkKept)) ||
                     (unfinished && !fault(JournalFault::kUnfinishedIgnored));
  if (!header.sealed) {
    VDE_TRY_ASSIGN(used, highest_epoch(io, area.records()));
    plan.torn_header = used > 0 || header.last_marked;
  }
  if (!scan.records.empty()) VDE_TRY(plan_replay(io, probe, scan, plan));
  return plan;
}

namespace {

// A group is written only while the other one is whole and durable: a crash must leave one.
Result<void> write_groups(const BlockIo& io, const Probe& probe, const GroupState& state) {
  const BlockBuffer group = encode_group(state, io.block_size());
  const bool primary_done = probe.primary.whole && group_bytes(probe.primary) == group;
  const bool careless = fault(JournalFault::kOnlyGroupRewritten);
  if (!primary_done || careless) {
    if (!probe.mirror.whole && !careless) {
      VDE_TRY(io.file().write(kMirrorGroup * io.block_size(), group_bytes(probe.primary)));
      VDE_TRY(io.file().sync());
    }
    VDE_TRY(io.file().write(kPrimaryGroup * io.block_size(), group));
  }
  if (fault(JournalFault::kRecoveryMirrorWithPrimary))
    VDE_TRY(io.file().write(kMirrorGroup * io.block_size(), group));
  VDE_TRY(sync_unless(JournalFault::kRecoveryHomeUnsynced, io.file()));
  VDE_TRY(io.file().write(kMirrorGroup * io.block_size(), group));
  return sync_unless(JournalFault::kRecoveryMirrorUnsynced, io.file());
}

// Images are read where they lie while others go home: none may lie where one goes. Records that
// name such a place are never planned for (replay_rules.h).
Result<void> refuse_overwritten_places(const RecoveryPlan& plan) {
  for (const ReplayedBlock& image : plan.after_images)
    if (std::ranges::binary_search(plan.after_images, image.place, {}, &ReplayedBlock::target))
      return fail_at(image.place, ErrorCode::kDamaged,
                     fmt::format("an image of the journal lies in block {}, which is to be "
                                 "overwritten",
                                 image.place),
                     std::string(kLeaveAlone));
  return {};
}

}  // namespace

Result<uint64_t> apply_recovery(const BlockIo& io, const Probe& probe, const RecoveryPlan& plan) {
  if (!plan.needs_reset) return plan.epoch;
  VDE_TRY(refuse_overwritten_places(plan));
  BlockBuffer buffer = io.make_buffer();
  RunWriter home(io);
  for (const ReplayedBlock& image : plan.after_images) {
    VDE_TRY(io.read(image.place, buffer));
    VDE_TRY(home.add(image.target, buffer));
  }
  VDE_TRY(home.flush());
  if (plan.group) VDE_TRY(write_groups(io, probe, *plan.group));
  const Superblock& superblock = plan.group ? plan.group->superblock : probe.superblock;
  const uint64_t epoch = plan.epoch + (fault(JournalFault::kRecoveryEpochKept) ? 0 : 1);
  VDE_TRY(write_journal_header(io, plan.area, superblock, epoch));
  VDE_TRY(write_journal_end(io, plan.area, superblock, std::nullopt));
  VDE_TRY(sync_unless(JournalFault::kRecoveryHeaderUnsynced, io.file()));
  return epoch;
}

}  // namespace vde
