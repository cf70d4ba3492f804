#include "vde/inspect.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/checked.h"
#include "inspect/log_kinds.h"
#include "inspect/log_reader.h"
#include "inspect/shown_probe.h"
#include "journal/committed_view.h"
#include "journal/journal_area.h"
#include "vde/text.h"

namespace vde {
namespace {

// What is read: the image with the commits that wait in its journal, or as it is on disk.
struct LogSource {
  std::optional<CommittedView> view;
  Probe probe;
};

// Shows every log of an image.
class LogsShower {
 public:
  LogsShower(const LogFilter& filter, const Activity& activity,
             const std::function<Result<void>(const Json&)>& show)
      : filter_(filter), activity_(activity), show_(show) {}

  Result<LogsSummary> run(BlockFile& file) {
    VDE_TRY_ASSIGN(source, open(file));
    BlockFile& shown = source.view ? *source.view->file : file;
    const Probe& probe = source.probe;
    const BlockIo io(shown, probe.block_size);
    const bool has_table = probe.slot_source == SlotSource::kPointerTable ||
                           probe.slot_source == SlotSource::kDirectory;
    summary_.verified = probe.superblock_verified() && has_table;
    std::vector<LogState> states;
    for (size_t slot = 0; slot < probe.slots.size(); ++slot) {
      if (probe.slots[slot].is_free() || log_kind_of(probe.content_of(slot)) == nullptr) continue;
      VDE_TRY_ASSIGN(state, read(io, probe, slot));
      states.push_back(std::move(state));
    }
    for (const LogState& state : states) {
      count(state);
      VDE_TRY(show_(state_json(state)));
    }
    return std::move(summary_);
  }

 private:
  Result<LogSource> open(BlockFile& file) {
    VDE_TRY_ASSIGN(found, probe_shown(file));
    LogSource source{std::nullopt, std::move(found.probe)};
    if (source.probe.superblock_verified()) VDE_TRY(check_features(source.probe));
    // Only an intact group and a slot for the journal lead to commits.
    if (!source.probe.has_group() || !find_journal(source.probe)) return source;
    auto view = view_committed(file, source.probe);
    if (!view) {
      if (view.error().code != ErrorCode::kDamaged) return propagate(view);
      summary_.journal = std::move(view.error());
      return source;
    }
    VDE_TRY_ASSIGN(replayed, probe_replayed(*view));
    if (replayed) source.probe = std::move(*replayed);
    source.view = std::move(*view);
    return source;
  }

  Result<LogState> read(const BlockIo& io, const Probe& probe, size_t index) {
    const RegionSlot& slot = probe.slots[index];
    PlacedRegion region{index, slot.type, {}, false, probe.content_of(index)};
    const auto range = block_range(slot.start, slot.count);
    const auto unread = [&](std::string problem) {
      LogState state(region);
      state.problems.push_back(std::move(problem));
      return state;
    };
    if (range && range->empty()) return unread("its region has no blocks");
    if (!range || range->begin >= probe.usable_blocks())
      return unread("its region lies outside the volume");
    region.blocks = {range->begin, std::min(range->end, probe.usable_blocks())};
    // Many slots may name one large log.
    const auto earlier = std::ranges::find_if(read_, [&](const PlacedRegion& other) {
      return region.blocks.begin < other.blocks.end && other.blocks.begin < region.blocks.end;
    });
    if (earlier != read_.end())
      return unread(fmt::format("it shares blocks with the log of slot {}", earlier->slot));
    if (slot.is_plain()) read_.push_back(region);
    VDE_TRY_ASSIGN(state, read_log(io, region, slot.is_plain(), activity_,
                                   [&](const LogEntry& entry) { return show(region, entry); }));
    if (range->end > probe.usable_blocks())
      state.notes.emplace_back("its region extends past the end of the volume");
    return std::move(state);
  }

  Result<void> show(const PlacedRegion& region, const LogEntry& entry) {
    const std::string type = to_string(region.content);
    if (!filter_.type.empty() && filter_.type != type) return {};
    if (!passes(filter_, entry.kind, entry.record)) return {};
    Json json{{"type", "entry"},
              {"log", type},
              {"slot", region.slot},
              {"block", entry.block},
              {"index", entry.index ? Json(*entry.index) : Json(nullptr)}};
    json.update(entry_json(entry.kind, entry.record));
    Json faults = Json::array();
    if (entry.faults.sequence) faults.push_back("sequence");
    if (entry.faults.hash) faults.push_back("hash");
    if (entry.faults.time) faults.push_back("time");
    json["faults"] = std::move(faults);
    ++summary_.shown;
    return show_(json);
  }

  void count(const LogState& state) {
    ++summary_.logs;
    if (state.broken)
      ++summary_.broken;
    else if (state.is_damaged())
      ++summary_.damaged;
  }

  const LogFilter& filter_;
  const Activity& activity_;
  const std::function<Result<void>(const Json&)>& show_;
  LogsSummary summary_;
  std::vector<PlacedRegion> read_;  // the logs whose blocks were read
};

std::string column(const Json& value) {
  if (value.is_null()) return "-";
  return value.is_string() ? escape(value.get<std::string>()) : value.dump();
}

// A column shows the field, or it is the number of a time that another field has as text.
bool is_shown(const Json& entry, const std::string& name) {
  const auto& log = entry["log"].get_ref<const std::string&>();
  return name == "reserved" || name.ends_with("ticks") || name.ends_with("_unix") ||
         name == "ticks_time" || is_column(log, name) || is_column(log, name + "_ticks");
}

// The other fields as NAME=VALUE.
std::string other_fields(const Json& entry) {
  std::string text;
  for (const auto& [name, value] : entry["fields"].items())
    if (!is_shown(entry, name) && !value.is_null() && !value.is_array())
      text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, column(value));
  return text.empty() ? "-" : text;
}

std::string details_of(const Json& entry) {
  if (entry.contains("details_base64"))
    return escape(from_base64(entry["details_base64"].get<std::string>()).value_or(""));
  if (entry["details"].is_null()) return other_fields(entry);
  const auto& text = entry["details"].get_ref<const std::string&>();
  return text.empty() ? "-" : escape(text);
}

std::string faults_of(const Json& entry) {
  std::string text;
  for (const Json& fault : entry["faults"])
    text += (text.empty() ? "" : ",") + fault.get<std::string>();
  return text.empty() ? "-" : text;
}

}  // namespace

Result<LogsSummary> show_logs(BlockFile& file, const LogFilter& filter, const Activity& activity,
                              const std::function<Result<void>(const Json&)>& show) {
  return LogsShower(filter, activity, show).run(file);
}

LogColumns log_columns(const Json& entry) {
  return {to_string(Ticks{entry["time_ticks"].get<int64_t>()}),
          column(entry["log"]),
          column(entry["sequence"]),
          column(entry["actor"]),
          column(entry[entry["event_name"].is_null() ? "event" : "event_name"]),
          column(entry["target"]),
          faults_of(entry),
          details_of(entry)};
}

std::string log_state_text(const Json& state) {
  // Entries that are nowhere are at least counted.
  const bool is_ring = state["log"] == to_string(tables::kStreaming.type);
  const Json& entries = state[is_ring && !state["counted"].is_null() ? "counted" : "entries"];
  std::string text =
      fmt::format("{} ({}, slot {}): {} {}", column(state["name"]), column(state["log"]),
                  column(state["slot"]), column(entries), entries == 1 ? "entry" : "entries");
  if (!state["first_sequence"].is_null())
    text +=
        fmt::format(", {} to {}", column(state["first_sequence"]), column(state["last_sequence"]));
  text += ": " + column(state["message"]);
  for (const char* list : {"problems", "notes"})
    for (const Json& item : state[list]) text += "; " + column(item);
  return text + "\n";
}

}  // namespace vde
