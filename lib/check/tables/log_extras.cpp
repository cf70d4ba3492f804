// Checks the order of records in the audit log, the metrics logs, the operation journal and the
// write-once log.
#include <fmt/format.h>

#include <algorithm>

#include "check/tables/extras.h"
#include "format/region/log_chain.h"
#include "format/region/tables.h"

namespace vde {
namespace {

class AuditExtra : public TableExtra {
 public:
  void header(TableReport& /*report*/, const TableReader& reader, Bytes head) override {
    count_ = reader.counted(0);
    chain_.emplace(tables::kAuditLog, head);
  }

  void record(TableReport& report, const TableRecord& record, uint64_t block) override {
    const LinkFaults faults = chain_->next(record);
    if (faults.sequence)
      report.add(
          FindingCode::kAuditOrder, block,
          fmt::format("{} has the sequence number {}", name_of(record), record.number("sequence")),
          {name_of(record)});
    if (faults.hash)
      report.add(FindingCode::kAuditChain, block,
                 fmt::format("{} does not hold the hash of the entry before it", name_of(record)),
                 {name_of(record)});
    if (faults.time)
      report.add(FindingCode::kAuditTimes, block,
                 fmt::format("{} is older than the entry before it", name_of(record)));
  }

  Result<void> end(TableReport& report, bool /*complete*/) override {
    if (const auto next = chain_->wrong_next())
      report.add(
          FindingCode::kAuditNext, 0,
          fmt::format("the next sequence number is {}, the log has {} entries", *next, count_));
    return {};
  }

 private:
  int64_t count_ = 0;
  std::optional<LogChain> chain_;  // from header() on
};

class MetricsExtra : public TableExtra {
 public:
  void header(TableReport& report, const TableReader& reader, Bytes head) override {
    constexpr int64_t kMaxCapacity = 100'000'000;
    const int64_t capacity = number_of(tables::kMetrics.header, head, "max_capacity");
    double threshold = 0;
    for (const PlacedField& placed : place_fields(tables::kMetrics.header, head))
      if (placed.field->kind == FieldKind::kReal) threshold = load_real(placed, head);
    if (capacity < 1 || capacity > kMaxCapacity || !(threshold > 0 && threshold <= 1))
      report.add(FindingCode::kMetricsLimits, 0,
                 fmt::format("a capacity of {}, compaction at {}", capacity, threshold));
    else if (reader.counted(0) > capacity)
      report.add(FindingCode::kMetricsFull, 0,
                 fmt::format("{} samples, the capacity is {}", reader.counted(0), capacity));
  }
};

class MetricsV21Extra : public TableExtra {
 public:
  void header(TableReport& /*report*/, const TableReader& /*reader*/, Bytes head) override {
    oldest_ = static_cast<uint64_t>(number_of(tables::kMetricsV21.header, head, "oldest"));
    newest_ = static_cast<uint64_t>(number_of(tables::kMetricsV21.header, head, "newest"));
  }

  void record(TableReport& /*report*/, const TableRecord& record, uint64_t /*block*/) override {
    const auto time = static_cast<uint64_t>(record.number("nanoseconds"));
    first_ = std::min(first_, time);
    last_ = std::max(last_, time);
    any_ = true;
  }

  Result<void> end(TableReport& report, bool complete) override {
    if (any_ && complete && (oldest_ != first_ || newest_ != last_))
      report.add(FindingCode::kMetricsTimes, 0,
                 fmt::format("{} to {} in the header, {} to {} in the entries", oldest_, newest_,
                             first_, last_));
    return {};
  }

 private:
  uint64_t oldest_ = 0;
  uint64_t newest_ = 0;
  uint64_t first_ = UINT64_MAX;
  uint64_t last_ = 0;
  bool any_ = false;
};

class OperationsExtra : public TableExtra {
 public:
  void header(TableReport& /*report*/, const TableReader& /*reader*/, Bytes head) override {
    const auto number = [&](std::string_view name) {
      return static_cast<uint64_t>(number_of(tables::kOperations.header, head, name));
    };
    magic_ = load_le<uint64_t>(head, 0);
    active_ = number("active");
    oldest_active_ = number("oldest_active");
    newest_ = number("newest");
  }

  void record(TableReport& report, const TableRecord& record, uint64_t block) override {
    constexpr int64_t kRunning = 1;
    constexpr int64_t kLastActive = 2;  // queued, running, paused
    const auto id = static_cast<uint64_t>(record.number("id"));
    const int64_t state = record.number("state");
    most_ = std::max(most_, id);
    if (state <= kLastActive) {
      least_active_ = found_active_ == 0 ? id : std::min(least_active_, id);
      ++found_active_;
    }
    // The field rules allow 0, which is not defined either.
    if (id == 0 || record.number("type") == 0)
      report.add(FindingCode::kOperationUnknown, block,
                 fmt::format("{} has the id {} and the type {}", name_of(record), id,
                             record.number("type")),
                 {name_of(record)});
    const auto done = static_cast<uint64_t>(record.number("completed_units"));
    const auto total = static_cast<uint64_t>(record.number("total_units"));
    if (done > total)
      report.add(FindingCode::kOperationOdd, block,
                 fmt::format("{} has done {} of {} units", name_of(record), done, total),
                 {name_of(record)});
    if (state == kRunning)
      report.add(FindingCode::kOperationRuns, block,
                 fmt::format("{} with id {} is marked as running", name_of(record), id),
                 {name_of(record)});
  }

  Result<void> end(TableReport& report, bool complete) override {
    if (magic_ != kOperationsMagic)
      report.add(FindingCode::kOperationHeader, 0, "it does not begin with OPJRNL");
    if (complete &&
        (active_ != found_active_ || oldest_active_ != least_active_ || newest_ != most_))
      report.add(
          FindingCode::kOperationHeader, 0,
          fmt::format("{} active, lowest id {}, highest id {}; the operations have {}, {} "
                      "and {}",
                      active_, oldest_active_, newest_, found_active_, least_active_, most_));
    return {};
  }

 private:
  uint64_t magic_ = 0;
  uint64_t active_ = 0;
  uint64_t oldest_active_ = 0;
  uint64_t newest_ = 0;
  uint64_t found_active_ = 0;
  uint64_t least_active_ = 0;
  uint64_t most_ = 0;
};

class WormExtra : public TableExtra {
 public:
  void header(TableReport& report, const TableReader& reader, Bytes head) override {
    const int64_t mark = number_of(tables::kWorm.header, head, "high_water_mark");
    const int64_t capacity = number_of(tables::kWorm.header, head, "capacity_blocks");
    chain_.emplace(tables::kWorm, head);
    if (mark != reader.counted(0) || mark > capacity || capacity <= 0)
      report.add(FindingCode::kWormOdd, 0,
                 fmt::format("a high-water mark of {}, {} records, a capacity of {}", mark,
                             reader.counted(0), capacity));
  }

  void record(TableReport& report, const TableRecord& record, uint64_t block) override {
    const LinkFaults faults = chain_->next(record);
    if (faults.sequence)
      report.add(
          FindingCode::kWormOdd, block,
          fmt::format("{} belongs to block {}", name_of(record), record.number("block_index")),
          {name_of(record)});
    const int64_t length = record.number("data_length");
    const int64_t payload = payload_size(report.context().io.block_size());
    if (length > payload)
      report.add(FindingCode::kWormUnknown, block,
                 fmt::format("{} has {} bytes of data, a block holds {}", name_of(record), length,
                             payload),
                 {name_of(record)});
    if (faults.time)
      report.add(FindingCode::kWormTimes, block,
                 fmt::format("{} is older than the record before it", name_of(record)));
  }

  void gap() override { chain_->gap(); }

 private:
  std::optional<LogChain> chain_;  // from header() on
};

}  // namespace

std::unique_ptr<TableExtra> make_audit_extra() {
  return std::make_unique<AuditExtra>();
}
std::unique_ptr<TableExtra> make_metrics_extra() {
  return std::make_unique<MetricsExtra>();
}
std::unique_ptr<TableExtra> make_metrics_v21_extra() {
  return std::make_unique<MetricsV21Extra>();
}
std::unique_ptr<TableExtra> make_operations_extra() {
  return std::make_unique<OperationsExtra>();
}
std::unique_ptr<TableExtra> make_worm_extra() {
  return std::make_unique<WormExtra>();
}

}  // namespace vde
