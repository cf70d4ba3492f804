// The logs that an image may have, and which of their fields are the columns of an entry.
#pragma once

#include "format/region/tables.h"
#include "vde/inspect.h"

namespace vde {

// Names of fields are empty if the entries have no such field.
struct LogKind {
  const TableDescription* table = nullptr;
  std::string_view sequence = {};
  std::string_view next = {};  // the words for LogChain::wrong_next()
  std::string_view time = {};  // ticks, or nanoseconds since 1970
  std::string_view actor = {};
  std::string_view event = {};
  std::string_view target = {};
  std::span<const std::string_view> event_names = {};  // from event 0 on
  bool is_numbered = false;                            // the numbers ascend from entry to entry
  std::string_view note = {};                          // what cannot be checked, and why
};

// Null if the table is not a log.
[[nodiscard]] const LogKind* log_kind_of(const TableDescription& table);
// The first kind of log with this content; null if it is not a log.
[[nodiscard]] const LogKind* log_kind_of(BlockType content);

// Nothing if the entry has no time.
[[nodiscard]] std::optional<Ticks> time_of(const LogKind& kind, const TableRecord& record);
// Whether the filter lets an entry pass; the type of the log is not compared.
[[nodiscard]] bool passes(const LogFilter& filter, const LogKind& kind, const TableRecord& record);
// The columns of an entry and all its fields.
[[nodiscard]] Json entry_json(const LogKind& kind, const TableRecord& record);
// The number of an entry; null if it has none.
[[nodiscard]] Json sequence_of(const LogKind& kind, const TableRecord& record);
// Whether a column shows this field of the entries of logs of type `log`.
[[nodiscard]] bool is_column(std::string_view log, std::string_view field);

}  // namespace vde
