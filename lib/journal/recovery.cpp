#include "journal/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "format/trailer_order.h"
#include "io/run_writer.h"
#include "journal/faults.h"
#include "journal/metadata_chain.h"
#include "journal/record_scan.h"

namespace vde {
namespace {

constexpr std::string_view kLeaveAlone = "copy the image first, then run 'vdetool verify IMAGE'";

tl::unexpected<Error> foreign_write(uint64_t block, std::string_view what) {
  return fail_at(block, ErrorCode::kDamaged,
                 fmt::format("commits in the journal cannot be applied, because another program "
                             "changed the image: {}",
                             what),
                 std::string(kLeaveAlone));
}

// All journaled versions of one block.
struct Versions {
  Trailer before;              // trailer of the block when the first of them was written
  std::vector<Trailer> after;  // in order
  uint64_t place = 0;          // block with the last after-image
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

// Rule 6. A home location must hold the recorded predecessor, a journaled version, or a torn write.
// Anything else is returned.
Result<std::optional<OddBlock>> find_odd_block(const BlockIo& io, uint64_t target,
                                               const Versions& versions) {
  BlockBuffer buffer = io.make_buffer();
  VDE_TRY_ASSIGN(block, io.read(target, buffer));
  if (block.state() != BlockState::kValid) return std::optional<OddBlock>{};
  const Trailer trailer = block.unchecked_trailer();
  if (trailer == versions.before) return std::optional<OddBlock>{};
  if (std::find(versions.after.begin(), versions.after.end(), trailer) != versions.after.end())
    return std::optional<OddBlock>{};
  return std::optional(OddBlock{target, versions.before, trailer});
}

// The trailers of all after-images, to look for copies of them: there may be as many odd blocks.
class JournaledBlocks {
 public:
  explicit JournaledBlocks(const std::map<uint64_t, Versions>& versions) : versions_(versions) {}

  // Whether a block is a copy of one in the journal: of an after-image, or of a part of a record.
  bool has(const Trailer& trailer) {
    if (trailer.type == block_types::kMetadataWal) return true;
    if (after_.empty())
      for (const auto& [target, version] : versions_)
        after_.insert(version.after.begin(), version.after.end());
    return after_.contains(trailer);
  }

 private:
  const std::map<uint64_t, Versions>& versions_;
  std::set<Trailer, TrailerOrder> after_;
};

// A generation is the low 32 bits of the sequence. The directory has a counter of its own.
bool is_later(const OddBlock& odd, int64_t base_sequence) {
  return base_sequence > UINT32_MAX ||
         odd.found.generation >
             std::max(odd.before.generation, static_cast<uint32_t>(base_sequence));
}

bool is_base(const GroupProbe& group, const RecordHead& first, uint32_t block_size) {
  return group.superblock->checkpoint_sequence == first.base_sequence &&
         group_hash(group_bytes(group), block_size) == first.base_hash;
}

// The group after the last record, made from the one that the first record is based on if that is
// there: the other one may be damaged although its checksums fit.
Result<GroupState> final_group(const BlockIo& io, const Probe& probe, const RecordScan& scan,
                               const std::map<uint64_t, Versions>& versions) {
  const bool from_mirror =
      probe.mirror.whole &&
      (!probe.primary.whole ||
       is_base(probe.mirror, scan.records.front().record.head, io.block_size()));
  const GroupProbe& sole = probe.primary.whole ? probe.primary : probe.copy;
  GroupState state = decode_group(from_mirror ? probe.mirror : sole);
  const RecordHead& head = scan.records.back().record.head;
  state.superblock = kSuperblockLayout.decode(head.superblock);
  state.seal.header_seal = head.seal;
  const auto& chain = scan.records.back().record.chain;
  if (chain && !fault(JournalFault::kRecoveryChainKept)) set_chain(state, *chain);
  // Only a record that writes the directory changes the slots. The directory at home may be damaged
  // although its checksum fits.
  const auto directory = versions.find(kDirectoryStart);
  if (directory == versions.end() || directory->second.place == kDirectoryStart) return state;
  BlockBuffer buffer = io.make_buffer();
  VDE_TRY_ASSIGN(block, io.read_checked(directory->second.place, block_types::kRegionMap, buffer));
  state.slots = decode_slots(block.payload());
  return state;
}

// If the journal's copy stands for the groups, a write of one of them destroyed both. What is left
// of them is not newer than the copy, unless it is of the group after the last record.
Result<void> refuse_later_group(const Probe& probe, const BlockBuffer& final_bytes) {
  if (probe.superblock_source != SuperblockSource::kCopy) return {};
  const size_t size = probe.block_size;
  for (const GroupProbe* group : {&probe.primary, &probe.mirror})
    for (size_t i = 0; i < kGroupBlocks; ++i) {
      const FixedBlock& block = group->blocks[i];
      const FixedBlock& base = probe.copy.blocks[i];
      const bool is_known =
          !block.is(group_block_type(i)) || block.bytes == base.bytes ||
          std::ranges::equal(block.bytes, Bytes(final_bytes).subspan(i * size, size)) ||
          is_later_generation(base.trailer.generation, block.trailer.generation);
      if (!is_known)
        return foreign_write(block.number,
                             "the superblock is neither the one before the commits "
                             "nor the one after them");
    }
  return {};
}

// The role of an intact group for the records.
enum class GroupRole { kBase, kFinal, kForeign };

GroupRole role_of(const GroupProbe& group, const RecordHead& first, const BlockBuffer& final_bytes,
                  uint32_t block_size) {
  if (group_bytes(group) == final_bytes) return GroupRole::kFinal;
  return is_base(group, first, block_size) ? GroupRole::kBase : GroupRole::kForeign;
}

// Whether the home location holds what the last record makes of the block.
Result<bool> is_written_back(const BlockIo& io, uint64_t target, const Versions& versions) {
  BlockBuffer buffer = io.make_buffer();
  VDE_TRY_ASSIGN(block, io.read(target, buffer));
  if (versions.place == target) return block.is_unwritten();
  return block.state() == BlockState::kValid && block.unchecked_trailer() == versions.after.back();
}

// Decides which of the scanned after-images must still be written back.
Result<void> plan_replay(const BlockIo& io, const Probe& probe, const RecordScan& scan,
                         OddBlocks odd, RecoveryPlan& plan) {
  const auto versions = collect_versions(scan);
  VDE_TRY_ASSIGN(state, final_group(io, probe, scan, versions));
  const BlockBuffer final_bytes = encode_group(state, io.block_size());
  VDE_TRY(refuse_later_group(probe, final_bytes));
  const RecordHead& first = scan.records.front().record.head;
  bool may_be_damage = odd == OddBlocks::kOverwrite;
  for (const GroupProbe* group : {&probe.primary, &probe.mirror, &probe.copy}) {
    if (!group->whole) continue;
    const GroupRole role = role_of(*group, first, final_bytes, io.block_size());
    if (role == GroupRole::kForeign)
      return foreign_write(
          group->blocks[0].number,
          "the superblock is neither the one before the commits nor the one after them");
    // The mirror is written after everything else is synced: only the header is left to do.
    if (role == GroupRole::kFinal && group == &probe.mirror && probe.primary.whole) return {};
    may_be_damage &= role == GroupRole::kBase;
  }
  // If no group is left, only the directory leads to the journal. It was written back before the
  // groups, so its sector need not be risked.
  const bool only_directory = probe.superblock_source == SuperblockSource::kCopy;
  const BlockRange directory = sector_of(kDirectoryStart, blocks_per_sector(io.block_size()));
  JournaledBlocks journaled(versions);
  for (const auto& [target, version] : versions) {
    VDE_TRY_ASSIGN(found, find_odd_block(io, target, version));
    if (found && may_be_damage) found->is_copy = journaled.has(found->found);
    if (found && (!may_be_damage || (!found->is_copy && is_later(*found, first.base_sequence))))
      return foreign_write(target,
                           fmt::format("block {} has neither its old nor its new content", target));
    if (found) plan.odd.push_back(*found);
    if (only_directory && directory.contains(target)) {
      VDE_TRY_ASSIGN(done, is_written_back(io, target, version));
      if (done) continue;
    }
    plan.after_images.push_back({target, version.place});
  }
  plan.records = scan.records.size();
  plan.group = std::move(state);
  return {};
}

// The epoch of the records that may be live. While there are any, the header or the last block has
// it: the header is rewritten, and may tear, only when there are none left. If neither has an
// epoch, whatever looks like a record belongs to an old epoch, or was abandoned and is complete by
// chance: a later, unfinished record may have overwritten exactly its missing sectors.
Result<std::optional<uint64_t>> live_epoch(const BlockIo& io, const JournalArea& area,
                                           const JournalHeader& header) {
  if (header.kind == HeaderKind::kOurs) return std::optional(header.epoch);
  if (header.last_marked) return std::optional(header.last_epoch);
  if (!fault(JournalFault::kStaleAccepted)) return std::optional<uint64_t>{};
  VDE_TRY_ASSIGN(claimed, highest_epoch(io, area.records()));
  return std::optional(claimed);
}

// The epoch of the record that the first blocks claim to start, in this version and before it.
Result<uint64_t> first_claim(const BlockIo& io, const JournalArea& area) {
  const uint64_t first = area.records().begin;
  VDE_TRY_ASSIGN(old, highest_epoch(io, {first, first + 1}));
  const uint64_t own = area.room().begin;
  if (own == first) return old;
  VDE_TRY_ASSIGN(claimed, highest_epoch(io, {own, own + 1}));
  return std::max(old, claimed);
}

}  // namespace

Result<RecoveryPlan> plan_recovery(const BlockIo& io, const Probe& probe, LostRecords lost,
                                   OddBlocks odd) {
  RecoveryPlan plan;
  if (!probe.has_group())
    return fail(ErrorCode::kDamaged, "no superblock group is intact", kRunVerify);
  VDE_TRY_ASSIGN(area, find_journal(probe));
  plan.area = area;
  const Guid& uuid = probe.superblock.uuid;
  VDE_TRY_ASSIGN(header, read_journal_header(io, area, uuid));
  plan.header = header;
  plan.epoch = std::max(header.epoch, header.last_epoch);
  if (header.kind == HeaderKind::kForeign) {
    if (header.last_marked)
      return foreign_write(area.header(), "another program wrote the journal's header");
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
  // Search for the start of an unfinished record without its checksum: the next session's writes
  // must not complete what a crash left of it.
  VDE_TRY_ASSIGN(claimed, known ? first_claim(io, area) : highest_epoch(io, area.records()));
  const bool unfinished = claimed >= plan.epoch;
  plan.epoch = std::max(plan.epoch, claimed);
  // If a mark outlived its records, the next writes of the SDK would be taken for writes over live
  // commits.
  plan.needs_reset = !known || !header.clean ||
                     (header.last_marked && !fault(JournalFault::kEndMarkKept)) ||
                     (unfinished && !fault(JournalFault::kUnfinishedIgnored));
  if (!header.valid) {
    VDE_TRY_ASSIGN(used, highest_epoch(io, area.records()));
    plan.torn_header = used > 0 || header.last_marked;
  }
  plan.records_end = scan.end;
  if (!scan.records.empty()) VDE_TRY(plan_replay(io, probe, scan, odd, plan));
  // Without commits, only the write of a group can have been interrupted.
  const bool is_copy = probe.superblock_source == SuperblockSource::kCopy;
  if (is_copy && scan.records.empty()) {
    VDE_TRY(refuse_later_group(probe, group_bytes(probe.copy)));
    plan.group = decode_group(probe.copy);
  }
  plan.needs_reset |= is_copy;
  return plan;
}

namespace {

// If the groups share a sector, none of them may survive a crash. Then the directory, which leads
// to the journal, and the copy of the group in it have to.
Result<void> secure_group(const BlockIo& io, const Probe& probe, const RecoveryPlan& plan) {
  const JournalArea& area = plan.area;
  if (!area.keeps_group()) return {};
  if (!probe.copy.whole) {
    // Records of a version that kept no copy may reach into its place.
    const bool has_room = plan.records_end <= area.region.end - blocks_per_sector(io.block_size());
    if (plan.header.kind == HeaderKind::kOurs && has_room)
      VDE_TRY(write_journal_end(io, area, probe.superblock, plan.header.epoch,
                                group_bytes(probe.group())));
  }
  return sync_unless(JournalFault::kRecoveryDirectoryUnsynced, io.file());
}

// A group is written only while the other one is intact and durable: one must survive a crash.
Result<void> write_groups(const BlockIo& io, const Probe& probe, const RecoveryPlan& plan) {
  VDE_TRY(secure_group(io, probe, plan));
  const BlockBuffer group = encode_group(*plan.group, io.block_size());
  const bool primary_done = probe.primary.whole && group_bytes(probe.primary) == group;
  const bool careless = fault(JournalFault::kOnlyGroupRewritten);
  if (!primary_done || careless) {
    if (probe.primary.whole && !probe.mirror.whole && !careless) {
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

// After-images are read from their places while others are written back, so none may lie in a
// target block. Records that name such a place are rejected before (replay_rules.h).
Result<void> refuse_overwritten_places(const RecoveryPlan& plan) {
  for (const ReplayedBlock& image : plan.after_images)
    if (!image.is_hole() &&
        std::ranges::binary_search(plan.after_images, image.place, {}, &ReplayedBlock::target))
      return fail_at(image.place, ErrorCode::kDamaged,
                     fmt::format("the after-image in block {} of the journal would be overwritten "
                                 "by another one",
                                 image.place),
                     std::string(kLeaveAlone));
  return {};
}

}  // namespace

Result<uint64_t> apply_recovery(const BlockIo& io, const Probe& probe, const RecoveryPlan& plan) {
  if (!plan.needs_reset) return plan.epoch;
  VDE_TRY(refuse_overwritten_places(plan));
  BlockBuffer buffer = io.make_buffer();
  RunWriter writer(io);
  for (const ReplayedBlock& image : plan.after_images) {
    if (image.is_hole())
      std::ranges::fill(buffer, uint8_t{0});
    else
      VDE_TRY(io.read(image.place, buffer));
    VDE_TRY(writer.add(image.target, buffer));
  }
  VDE_TRY(writer.flush());
  if (plan.group) VDE_TRY(write_groups(io, probe, plan));
  const Superblock& superblock = plan.group ? plan.group->superblock : probe.superblock;
  const uint64_t epoch = plan.epoch + (fault(JournalFault::kRecoveryEpochKept) ? 0 : 1);
  VDE_TRY(write_journal_header(io, plan.area, superblock, epoch));
  VDE_TRY(wipe_journal_end(io, plan.area, superblock));
  VDE_TRY(sync_unless(JournalFault::kRecoveryHeaderUnsynced, io.file()));
  return epoch;
}

}  // namespace vde
