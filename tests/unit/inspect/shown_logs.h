// Logs as show_logs() passes them on, and an audit log of several blocks.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/table_image.h"
#include "vde/inspect.h"

namespace vde::test {

struct ShownLogs {
  std::vector<Json> entries;
  std::vector<Json> states;
  LogsSummary summary;

  // "NUMBER FAULTS" of each entry.
  [[nodiscard]] std::vector<std::string> numbers() const {
    std::vector<std::string> all;
    for (const Json& entry : entries) {
      const LogColumns columns = log_columns(entry);
      all.push_back(columns.sequence + (columns.faults == "-" ? "" : " " + columns.faults));
    }
    return all;
  }
  // The state of the only log.
  [[nodiscard]] std::string state() const {
    REQUIRE(states.size() == 1);
    return log_state_text(states[0]);
  }
};

inline ShownLogs logs_of(BlockFile& file, const LogFilter& filter = {}) {
  ShownLogs shown;
  const Activity activity;
  const auto summary = show_logs(file, filter, activity, [&](const Json& json) -> Result<void> {
    (json["type"] == "entry" ? shown.entries : shown.states).push_back(json);
    return {};
  });
  REQUIRE(summary.has_value());
  shown.summary = *summary;
  return shown;
}

// An audit log whose `count` entries are about 340 bytes long: eleven begin in block 0, twelve in
// each other one.
struct LongLog {
  explicit LongLog(int64_t count) {
    make_table_region(image, tables::kAuditLog.type);
    const FieldValues entry = content.records[0][0];
    content.records[0].clear();
    for (int64_t i = 0; i < count; ++i) {
      content.records[0].push_back(entry);
      content.records[0].back()["sequence"] = i;
      content.records[0].back()["details"] = std::string(254, static_cast<char>('a' + i % 26));
    }
    content.header["next_sequence"] = count;
    content.chain();
    write();
  }
  void write() {
    for (uint64_t block = kTableStart; block < kTableStart + kTableBlocks; ++block)
      image.clear_payload(block);
    write_table(image, content);
  }

  ImageBuilder image;
  TableContent content = sound_table(tables::kAuditLog);
};

}  // namespace vde::test
