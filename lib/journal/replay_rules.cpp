#include "journal/replay_rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace vde {
namespace {

tl::unexpected<Error> broken(uint64_t at, const JournalRecord& record, const std::string& why) {
  return fail_at(at, ErrorCode::kDamaged,
                 fmt::format("record {} of the journal {}", record.head.index, why),
                 "copy the image first, then run 'vdetool verify IMAGE'");
}

// The journal of an image is its first MWAL region.
bool keeps_journal(const std::vector<RegionSlot>& slots, BlockRange journal) {
  const auto slot = std::ranges::find_if(slots, [](const RegionSlot& candidate) {
    return !candidate.is_free() && candidate.type == block_types::kMetadataWal;
  });
  return slot != slots.end() && slot->start == static_cast<int64_t>(journal.begin) &&
         slot->count == static_cast<int64_t>(journal.count());
}

}  // namespace

ReplayRules::ReplayRules(const BlockIo& io, const JournalArea& area, const Probe& probe)
    : io_(io),
      area_(area),
      uuid_(probe.superblock.uuid),
      blocks_in_file_(probe.blocks_in_file()),
      manifest_(probe.manifest()),
      metadata_(RegionTable(probe.slots, probe.blocks_in_file(), manifest_).metadata()) {}

Result<void> ReplayRules::admit(uint64_t at, const JournalRecord& record,
                                const std::vector<uint64_t>& places) {
  const Superblock superblock = kSuperblockLayout.decode(record.head.superblock);
  if (!is_same_volume(superblock)) return broken(at, record, "has another volume's superblock");
  const auto total = static_cast<uint64_t>(std::max<int64_t>(0, superblock.total_blocks));
  bound_ = std::min(blocks_in_file_, total);
  for (const RecordEntry& entry : record.entries) {
    if (entry.place == 0 || entry.is_hole()) continue;
    if (const std::string_view fault = place_fault(entry.place); !fault.empty())
      return broken(at, record,
                    fmt::format("has an after-image in block {}, which {}", entry.place, fault));
    places_.insert(entry.place);
  }
  for (const RecordEntry& entry : record.entries) {
    if (const std::string_view fault = target_fault(entry.target); !fault.empty())
      return broken(at, record, fmt::format("changes block {}, which {}", entry.target, fault));
    if (const std::string_view fault = hole_fault(entry); !fault.empty())
      return broken(at, record, fmt::format("empties block {}, which {}", entry.target, fault));
    targets_.insert(entry.target);
  }
  VDE_TRY_ASSIGN(fault, follow_slots(record, places));
  if (!fault.empty()) return broken(at, record, std::string(fault));
  return {};
}

bool ReplayRules::is_same_volume(const Superblock& superblock) const {
  return superblock.signature == Superblock{}.signature && superblock.uuid == uuid_ &&
         superblock.block_size == static_cast<int64_t>(io_.block_size());
}

std::string_view ReplayRules::target_fault(uint64_t block) const {
  if (block >= bound_) return "is not in the volume";
  if (block < kDirectoryStart) return "belongs to a superblock group";
  if (area_.region.contains(block)) return "belongs to the journal";
  if (places_.contains(block)) return "holds an after-image";
  return {};
}

std::string_view ReplayRules::hole_fault(const RecordEntry& entry) const {
  if (!entry.is_hole()) return {};
  if (blocks_per_sector(io_.block_size()) == 1) return "shares no sector with others";
  if (entry.target < kFirstRegionBlock) return "is never unwritten";
  return {};
}

std::string_view ReplayRules::place_fault(uint64_t block) const {
  if (block >= bound_) return "is not in the volume";
  if (is_in_region(block)) return "belongs to a region";
  if (targets_.contains(block)) return "is changed by a record";
  return {};
}

bool ReplayRules::is_in_region(uint64_t block) const {
  return area_.region.contains(block) ||
         std::ranges::any_of(metadata_, [&](BlockRange range) { return range.contains(block); });
}

// A record that changes the slots may place regions over live after-images.
Result<std::string_view> ReplayRules::follow_slots(const JournalRecord& record,
                                                   const std::vector<uint64_t>& places) {
  BlockBuffer buffer = io_.make_buffer();
  for (size_t i = 0; i < record.entries.size(); ++i) {
    if (record.entries[i].target != kDirectoryStart || record.entries[i].is_hole()) continue;
    VDE_TRY_ASSIGN(block, io_.read_checked(places[i], block_types::kRegionMap, buffer));
    const std::vector<RegionSlot> slots = decode_slots(block.payload());
    if (!keeps_journal(slots, area_.region)) return "moves the journal";
    metadata_ = RegionTable(slots, blocks_in_file_, manifest_).metadata();
    for (const BlockRange& range : metadata_) {
      const auto place = places_.lower_bound(range.begin);
      if (place != places_.end() && *place < range.end) return "moves a region over an after-image";
    }
  }
  return std::string_view{};
}

}  // namespace vde
