// Checks fields that depend on each other in mappings, groups, passports, references, shards,
// replicas, rings and subscribers.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "check/tables/extras.h"
#include "format/region/bitmap.h"
#include "format/region/log_chain.h"
#include "format/region/tables.h"

namespace vde {
namespace {

class ConsensusExtra : public TableExtra {
 public:
  void record(TableReport& report, const TableRecord& record, uint64_t block) override {
    const int64_t applied = record.number("applied");
    const int64_t committed = record.number("committed");
    const bool has_leader = !all_zero(bytes_of(record.list->fields, record.bytes, "leader"));
    std::string why;
    if (applied > committed) why = fmt::format("applied {}, committed {}", applied, committed);
    if (has_leader && record.number("members") == 0) why = "a leader and no members";
    if (!why.empty())
      report.add(FindingCode::kConsensusOdd, block, fmt::format("{}: {}", name_of(record), why),
                 {name_of(record)});
  }
};

class MappingExtra : public TableExtra {
 public:
  void record(TableReport& report, const TableRecord& record, uint64_t block) override {
    constexpr int64_t kActive = 1;
    constexpr int64_t kErased = 2;
    const int64_t flags = record.number("flags");
    if ((flags & kErased) == 0) return;
    const auto is_zero = [&](std::string_view name) {
      return all_zero(bytes_of(record.list->fields, record.bytes, name));
    };
    if (!is_zero("pii_hash") || !is_zero("token"))
      report.add(FindingCode::kMappingKept, block,
                 fmt::format("{} is erased, but holds a hash or a token", name_of(record)),
                 {name_of(record)});
    if ((flags & kActive) != 0)
      report.add(FindingCode::kMappingUnknown, block,
                 fmt::format("{} is erased and active", name_of(record)), {name_of(record)});
  }
};

class PassportExtra : public TableExtra {
 public:
  void record(TableReport& report, const TableRecord& record, uint64_t block) override {
    if (record.number("expires_ticks") < record.number("issued_ticks"))
      report.add(FindingCode::kPassportOdd, block,
                 fmt::format("{} expires before it is issued", name_of(record)), {name_of(record)});
  }
};

class ReferenceExtra : public TableExtra {
 public:
  void record(TableReport& report, const TableRecord& record, uint64_t block) override {
    const Probe& probe = report.context().probe;
    const Bytes source = bytes_of(record.list->fields, record.bytes, "source");
    if (foreign_ || !probe.superblock_verified() ||
        std::ranges::equal(source, probe.superblock.uuid.bytes))
      return;
    foreign_ = true;
    report.add(FindingCode::kReferenceSource, block,
               fmt::format("{} is the first whose source is not this volume", name_of(record)));
  }

 private:
  bool foreign_ = false;  // reported
};

class FederationExtra : public TableExtra {
 public:
  void header(TableReport& /*report*/, const TableReader& /*reader*/, Bytes head) override {
    local_ = number_of(tables::kFederation.header, head, "local_region");
  }

  void record(TableReport& report, const TableRecord& record, uint64_t block) override {
    if (record.list == &tables::kFederation.lists[0]) {
      if (!places_.insert(record.number("id")).second)
        report.add(FindingCode::kReferencePlace, block,
                   fmt::format("{} has the id {} of a place before it", name_of(record),
                               record.number("id")),
                   {name_of(record)});
      return;
    }
    const int64_t place = record.number("geo_region");
    if (!places_.contains(place))
      report.add(FindingCode::kReferencePlace, block,
                 fmt::format("{} is at place {}", name_of(record), place), {name_of(record)});
  }

  Result<void> end(TableReport& report, bool complete) override {
    if (complete && local_ != 0 && !places_.contains(local_))
      report.add(FindingCode::kReferencePlace, 0,
                 fmt::format("the local place is {}, which the table does not have", local_));
    return {};
  }

 private:
  int64_t local_ = 0;
  std::set<int64_t> places_;  // at most 65536
};

class RaidExtra : public TableExtra {
 public:
  void header(TableReport& /*report*/, const TableReader& /*reader*/, Bytes head) override {
    const auto number = [&](std::string_view name) {
      return number_of(tables::kRaid.header, head, name);
    };
    shards_ = number("shard_count");
    rebuilds_ = number("rebuild_count");
  }

  void record(TableReport& report, const TableRecord& record, uint64_t block) override {
    const auto list = record.list - tables::kRaid.lists.data();
    std::string why;
    if (list == 0 && !is_shard(record.number("stripe_index")))
      why = fmt::format("stripe index {} of {} shards", record.number("stripe_index"), shards_);
    if (list == 1 && !is_shard(record.number("parity_shard")))
      why = fmt::format("parity shard {} of {}", record.number("parity_shard"), shards_);
    if (list == 2 && record.number("completed_blocks") > record.number("total_blocks"))
      why = fmt::format("{} of {} blocks are done", record.number("completed_blocks"),
                        record.number("total_blocks"));
    if (!why.empty())
      report.add(FindingCode::kRaidOdd, block, fmt::format("{}: {}", name_of(record), why),
                 {name_of(record)});
    if (list == 2 && static_cast<int64_t>(record.index) >= rebuilds_)
      report.add(FindingCode::kRaidGap, block,
                 fmt::format("{} follows an empty place", name_of(record)), {name_of(record)});
  }

 private:
  [[nodiscard]] bool is_shard(int64_t index) const { return index >= 0 && index < shards_; }

  int64_t shards_ = 0;
  int64_t rebuilds_ = 0;
};

// Block 0 has two lists; their elements at the same place belong together. The following blocks
// hold one bit per tracked block.
class ReplicationExtra : public TableExtra {
 public:
  void header(TableReport& report, const TableReader& /*reader*/, Bytes head) override {
    tracked_ = number_of(tables::kReplication.header, head, "tracked_blocks");
    const uint64_t bits = head.size() * 8;
    const uint64_t needed =
        tracked_ < 0
            ? 0
            : 1 + std::max<uint64_t>(1, (static_cast<uint64_t>(tracked_) + bits - 1) / bits);
    const uint64_t there = report.region().blocks.count();
    fits_ = tracked_ >= 0 && needed <= there;
    if (!fits_)
      report.add(FindingCode::kReplicaCountWrong, 0,
                 fmt::format("{} tracked blocks, the region has {} blocks", tracked_, there));
  }

  void record(TableReport& report, const TableRecord& record, uint64_t block) override {
    const Bytes id = bytes_of(record.list->fields, record.bytes, "replica");
    if (record.list == &tables::kReplication.lists[0]) {
      vectors_.insert({record.index, {id.begin(), id.end()}});
      return;
    }
    if (!vectors_.contains({record.index, {id.begin(), id.end()}}))
      report.add(
          FindingCode::kReplicaPair, block,
          fmt::format("the replica of {} is not that of vector {}", name_of(record), record.index));
  }

  Result<void> end(TableReport& report, bool /*complete*/) override {
    if (!fits_) return {};
    RegionBlocks blocks(report.context().io, report.region());
    const uint64_t bits = uint64_t{payload_size(report.context().io.block_size())} * 8;
    const auto tracked = static_cast<uint64_t>(tracked_);
    for (uint64_t index = kDirtyBitmapBlock + tracked / bits;
         index < report.region().blocks.count(); ++index) {
      if (report.context().activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
      const auto payload = blocks.payload(index);
      const uint64_t base = (index - kDirtyBitmapBlock) * bits;
      const uint64_t begin = tracked > base ? tracked - base : 0;
      if (!payload || find_bit(*payload, begin, bits, true) == bits) continue;
      report.add(FindingCode::kReplicaDirty, index,
                 fmt::format("bits are set for blocks after {}", tracked_));
      return {};
    }
    return {};
  }

  [[nodiscard]] bool owns_tail() const override { return true; }

 private:
  int64_t tracked_ = 0;
  bool fits_ = false;
  std::set<std::pair<uint64_t, std::vector<uint8_t>>> vectors_;
};

class RingExtra : public TableExtra {
 public:
  void header(TableReport& report, const TableReader& /*reader*/, Bytes head) override {
    const StreamRing ring = read_ring(head);
    if (!ring.has_limits())
      report.add(FindingCode::kRingLimits, 0,
                 fmt::format("a capacity of {} blocks, growth by {}", ring.capacity, ring.growth));
    if (!ring.is_ordered())
      report.add(FindingCode::kRingOdd, 0,
                 fmt::format("{} entries from {} to {}, in {} of {} blocks", ring.entries,
                             ring.tail, ring.head, ring.allocated, ring.capacity));
    if (ring.capacity > 0 && static_cast<uint64_t>(ring.capacity) > report.region().blocks.count())
      report.add(FindingCode::kRingLarge, 0,
                 fmt::format("a capacity of {} blocks, the region has {}", ring.capacity,
                             report.region().blocks.count()));
  }

  // The format does not define where the ring's blocks are.
  [[nodiscard]] bool owns_tail() const override { return true; }
};

class SubscriberExtra : public TableExtra {
 public:
  void record(TableReport& report, const TableRecord& record, uint64_t block) override {
    if (record.number("subscriber") == 0)
      report.add(FindingCode::kCursorUnknown, block,
                 fmt::format("{} has the subscriber 0", name_of(record)), {name_of(record)});
  }
};

}  // namespace

std::unique_ptr<TableExtra> make_consensus_extra() {
  return std::make_unique<ConsensusExtra>();
}
std::unique_ptr<TableExtra> make_federation_extra() {
  return std::make_unique<FederationExtra>();
}
std::unique_ptr<TableExtra> make_mapping_extra() {
  return std::make_unique<MappingExtra>();
}
std::unique_ptr<TableExtra> make_passport_extra() {
  return std::make_unique<PassportExtra>();
}
std::unique_ptr<TableExtra> make_raid_extra() {
  return std::make_unique<RaidExtra>();
}
std::unique_ptr<TableExtra> make_reference_extra() {
  return std::make_unique<ReferenceExtra>();
}
std::unique_ptr<TableExtra> make_replication_extra() {
  return std::make_unique<ReplicationExtra>();
}
std::unique_ptr<TableExtra> make_ring_extra() {
  return std::make_unique<RingExtra>();
}
std::unique_ptr<TableExtra> make_subscriber_extra() {
  return std::make_unique<SubscriberExtra>();
}

}  // namespace vde
