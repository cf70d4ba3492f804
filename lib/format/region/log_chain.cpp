#include "format/region/log_chain.h"

#include <algorithm>

#include "format/hash.h"
#include "format/region/tables.h"

namespace vde {

// The names of the fields that chain the entries of a table.
struct LogChain::Rule {
  const TableDescription* table;
  std::string_view sequence;
  std::string_view hash;  // or empty
  std::string_view next;  // in the header
};

const LogChain::Rule* LogChain::rule_of(const TableDescription& table) {
  static constexpr Rule kRules[] = {
      {&tables::kAuditLog, "sequence", "previous_hash", "next_sequence"},
      {&tables::kWorm, "block_index", "", "high_water_mark"}};
  for (const Rule& rule : kRules)
    if (rule.table == &table) return &rule;
  return nullptr;
}

bool LogChain::is_in(const TableDescription& table) {
  return rule_of(table) != nullptr;
}

LogChain::LogChain(const TableDescription& table, Bytes head)
    : rule_(*rule_of(table)),
      count_(TableReader(table, head).counted(0)),
      next_(number_of(table.header, head, rule_.next)) {}

LinkFaults LogChain::next(const TableRecord& record) {
  LinkFaults faults;
  const int64_t sequence = record.number(rule_.sequence);
  if (has_one_size(*record.list))
    expected_ = record.index;
  else if (after_gap_ && sequence < count_ && sequence >= static_cast<int64_t>(expected_))
    expected_ = static_cast<uint64_t>(sequence);
  faults.sequence = sequence != static_cast<int64_t>(expected_);
  if (!rule_.hash.empty()) {
    const Bytes held = bytes_of(record.list->fields, record.bytes, rule_.hash);
    faults.hash = hash_ && !std::ranges::equal(held, *hash_);
    hash_ = sha256(record.bytes);
  }
  const int64_t ticks = record.number("ticks");
  faults.time = ticks < ticks_ && !went_back_;
  went_back_ |= faults.time;
  ticks_ = ticks;
  ++expected_;
  after_gap_ = false;
  return faults;
}

void LogChain::gap() {
  after_gap_ = true;
  hash_.reset();
  ticks_ = INT64_MIN;
}

std::optional<int64_t> LogChain::wrong_next() const {
  return next_ == count_ ? std::nullopt : std::optional(next_);
}

bool StreamRing::is_ordered() const {
  return tail >= 0 && head >= tail && entries == head - tail && entries <= allocated &&
         allocated <= std::max<int64_t>(capacity, 0);
}

StreamRing read_ring(Bytes head) {
  const auto number = [&](std::string_view name) {
    return number_of(tables::kStreaming.header, head, name);
  };
  return {number("max_capacity_blocks"), number("allocated_blocks"), number("write_head"),
          number("read_tail"),           number("entry_count"),      number("growth_increment")};
}

}  // namespace vde
