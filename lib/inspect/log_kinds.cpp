#include "inspect/log_kinds.h"

#include <algorithm>
#include <array>

#include "format/number.h"
#include "inspect/decode_table.h"
#include "vde/text.h"

namespace vde {
namespace {

constexpr auto kAuditEvents =
    std::to_array<std::string_view>({"read", "write", "delete", "create", "modify", "access",
                                     "policy change", "authentication", "system"});
constexpr auto kOperationTypes = std::to_array<std::string_view>(
    {"", "resize", "RAID migration", "encrypt", "decrypt", "rekey", "defragment", "tier migration",
     "compress", "scrub", "rebalance"});

const LogKind kKinds[] = {
    {.table = &tables::kAuditLog,
     .sequence = "sequence",
     .next = "next sequence number",
     .time = "ticks",
     .actor = "actor",
     .event = "event",
     .target = "target",
     .event_names = kAuditEvents,
     .is_numbered = true},
    {.table = &tables::kConsensusLog,
     .sequence = "committed",
     .time = "updated_ticks",
     .actor = "leader",
     .target = "group",
     .note = "it holds the state of each group, not its entries"},
    {.table = &tables::kMetrics,
     .time = "ticks",
     .event = "metric",
     .note = "its samples have neither numbers nor hashes"},
    {.table = &tables::kMetricsV21,
     .time = "nanoseconds",
     .event = "metric",
     .note = "its samples have neither numbers nor hashes"},
    {.table = &tables::kOperations,
     .sequence = "id",
     .time = "update_ticks",
     .event = "type",
     .target = "target",
     .event_names = kOperationTypes,
     .is_numbered = true,
     .note = "its operations are changed in place"},
    {.table = &tables::kStreaming,
     .note = "the format does not define where the entries of the ring are"},
    {.table = &tables::kWorm,
     .sequence = "block_index",
     .next = "high-water mark",
     .time = "ticks",
     .is_numbered = true,
     .note = "the hashes of the data are not checkable: the format does not define where it is"}};

Bytes field_of(const TableRecord& record, std::string_view name) {
  return bytes_of(record.list->fields, record.bytes, name);
}

std::string actor_text(const LogKind& kind, const TableRecord& record) {
  Guid guid;
  const Bytes bytes = field_of(record, kind.actor);
  std::copy_n(bytes.begin(), guid.bytes.size(), guid.bytes.begin());
  return to_string(guid);
}

Json member(const Json& fields, std::string_view name) {
  return name.empty() ? Json(nullptr) : fields[std::string(name)];
}

Json event_name(const LogKind& kind, const TableRecord& record) {
  const auto event = static_cast<uint64_t>(kind.event.empty() ? -1 : record.number(kind.event));
  if (event >= kind.event_names.size() || kind.event_names[event].empty()) return nullptr;
  return kind.event_names[event];
}

}  // namespace

const LogKind* log_kind_of(const TableDescription& table) {
  const auto found = std::ranges::find(kKinds, &table, &LogKind::table);
  return found == std::ranges::end(kKinds) ? nullptr : found;
}

const LogKind* log_kind_of(BlockType content) {
  for (const LogKind& kind : kKinds)
    if (kind.table->type == content) return &kind;
  return nullptr;
}

bool is_column(std::string_view log, std::string_view field) {
  return std::ranges::any_of(kKinds, [&](const LogKind& kind) {
    const auto shown = {kind.sequence, kind.time, kind.actor, kind.event, kind.target};
    return to_string(kind.table->type) == log && std::ranges::find(shown, field) != shown.end();
  });
}

std::vector<std::string> log_types() {
  std::vector<std::string> types;
  for (const LogKind& kind : kKinds) {
    std::string type = to_string(kind.table->type);
    if (std::ranges::find(types, type) == types.end()) types.push_back(std::move(type));
  }
  return types;
}

std::optional<Ticks> time_of(const LogKind& kind, const TableRecord& record) {
  if (kind.time.empty()) return std::nullopt;
  const int64_t time = record.number(kind.time);
  if (kind.time != "nanoseconds") return Ticks{time};
  constexpr uint64_t kNanosecondsPerTick = 100;
  const uint64_t since_1970 = static_cast<uint64_t>(time) / kNanosecondsPerTick;
  return Ticks{kUnixEpochTicks + static_cast<int64_t>(since_1970)};
}

bool passes(const LogFilter& filter, const LogKind& kind, const TableRecord& record) {
  const auto time = time_of(kind, record);
  if (filter.since && (!time || *time < *filter.since)) return false;
  if (filter.until && (!time || *time > *filter.until)) return false;
  if (filter.actor.empty()) return true;
  if (kind.actor.empty()) return false;
  const auto is_same = [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); };
  const std::string actor = actor_text(kind, record);
  return filter.actor.size() <= actor.size() &&
         std::ranges::equal(actor.substr(0, filter.actor.size()), filter.actor, is_same);
}

Json sequence_of(const LogKind& kind, const TableRecord& record) {
  if (kind.sequence.empty()) return nullptr;
  const int64_t number = record.number(kind.sequence);
  // The only one without a sign.
  if (kind.table == &tables::kOperations) return static_cast<uint64_t>(number);
  return number;
}

Json entry_json(const LogKind& kind, const TableRecord& record) {
  Json fields = record_values(record);
  Json entry = Json::object();
  put_time(entry, "time", time_of(kind, record).value_or(Ticks{0}));
  entry["sequence"] = sequence_of(kind, record);
  entry["actor"] = member(fields, kind.actor);
  entry["event"] = member(fields, kind.event);
  entry["event_name"] = event_name(kind, record);
  entry["target"] = member(fields, kind.target);
  if (kind.table == &tables::kAuditLog) {
    const Bytes details = field_of(record, "details");
    put_text(entry, "details", {reinterpret_cast<const char*>(details.data()), details.size()});
  } else {
    entry["details"] = nullptr;
  }
  entry["fields"] = std::move(fields);
  return entry;
}

}  // namespace vde
