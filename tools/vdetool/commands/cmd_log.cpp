#include <fmt/format.h>

#include "commands.h"
#include "terminal.h"
#include "usage.h"
#include "vde/inspect.h"
#include "vde/text.h"
#include "verify_text.h"

namespace vde::cli {
namespace {

struct LogArguments {
  std::string image;
  std::string type;
  std::optional<std::string> since;
  std::optional<std::string> until;
  std::optional<std::string> actor;
};

Result<LogFilter> filter_of(const LogArguments& arguments) {
  LogFilter filter;
  filter.type = arguments.type;
  if (arguments.since) {
    VDE_TRY_ASSIGN(since, parse_time(*arguments.since));
    filter.since = since.first;
  }
  if (arguments.until) {
    VDE_TRY_ASSIGN(until, parse_time(*arguments.until));
    filter.until = until.last;
  }
  if (filter.since && filter.until && *filter.since > *filter.until)
    return fail(ErrorCode::kUsage, "--since is after --until");
  filter.actor = arguments.actor.value_or("");
  if (arguments.actor && filter.actor.empty())
    return fail(ErrorCode::kUsage, "--actor is empty", "name the start of an id");
  return filter;
}

// Into a pipe, columns with tabs between them.
std::string piped_entry(const LogColumns& entry) {
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", entry.time, entry.log, entry.sequence,
                     entry.actor, entry.event, entry.target, entry.faults, entry.details);
}

std::string log_heading() {
  return fmt::format("{:<20}  {:<4}  {:>8}  {}\n", "TIME", "LOG", "SEQUENCE",
                     "ACTOR  EVENT  TARGET  [FAULTS]  DETAILS");
}

// On a terminal, columns that are missing at the end are left out.
std::string shown_entry(const Json& json) {
  const LogColumns entry = log_columns(json);
  std::string line = fmt::format("{:<20}  {:<4}  {:>8}  {}  {}  {}",
                                 short_time(Ticks{json["time_ticks"].get<int64_t>()}), entry.log,
                                 entry.sequence, entry.actor, entry.event, entry.target);
  if (entry.faults != "-") line += fmt::format("  [{}]", entry.faults);
  if (entry.details != "-") line += "  " + entry.details;
  return line + "\n";
}

class LogPrinter {
 public:
  LogPrinter(Context& context, const LogArguments& arguments)
      : context_(context), arguments_(arguments) {}

  Result<void> run() {
    VDE_TRY_ASSIGN(filter, filter_of(arguments_));
    VDE_TRY_ASSIGN(file, context_.open_storage(arguments_.image, OpenMode::kRead));
    VDE_TRY_ASSIGN(summary, show_logs(*file, filter, context_.activity,
                                      [&](const Json& json) { return print(json); }));
    if (context_.globals.json) VDE_TRY(print_summary(summary));
    return outcome(summary);
  }

 private:
  Result<void> print(const Json& json) {
    if (context_.globals.json)
      return context_.write_json(with_header("log", arguments_.image, json));
    const bool is_entry = json["type"] == "entry";
    const bool is_terminal = Context::is_terminal();
    std::string text;
    if (is_terminal && is_entry && !has_entries_) text = log_heading();
    if (is_terminal && !is_entry && has_entries_ && !has_states_) text = "\n";
    has_entries_ |= is_entry;
    has_states_ |= !is_entry;
    if (!is_entry)
      text += log_state_text(json);
    else
      text += is_terminal ? shown_entry(json) : piped_entry(log_columns(json));
    return context_.out.write(text);
  }

  Result<void> print_summary(const LogsSummary& summary) {
    const Json json{{"type", "summary"},
                    {"logs", summary.logs},
                    {"shown", summary.shown},
                    {"broken", summary.broken},
                    {"damaged", summary.damaged},
                    {"verified", summary.verified},
                    {"error", summary.journal ? Json(summary.journal->message) : Json(nullptr)}};
    return context_.write_json(with_header("log", arguments_.image, json));
  }

  Result<void> outcome(const LogsSummary& summary) {
    const std::string hint = fmt::format("run 'vdetool verify {}'", escape(arguments_.image));
    if (!summary.verified)
      return fail(ErrorCode::kDamaged, "the places of the logs come from bytes that do not verify",
                  hint);
    if (summary.journal)
      return fail(ErrorCode::kDamaged,
                  "the logs are those before the last commits: " + summary.journal->message, hint);
    if (summary.logs == 0)
      return fail(ErrorCode::kNotFound, "the image has no log",
                  fmt::format("'vdetool info {}' lists its regions", escape(arguments_.image)));
    if (summary.broken + summary.damaged == 0) return {};
    std::string what;
    if (summary.broken > 0) what = counted(summary.broken, "log") + " with a broken chain";
    if (summary.damaged > 0)
      what += (what.empty() ? "" : ", ") + counted(summary.damaged, "damaged log");
    return fail(ErrorCode::kDamaged, what, hint);
  }

  Context& context_;
  const LogArguments& arguments_;
  bool has_entries_ = false;
  bool has_states_ = false;
};

}  // namespace

Runner define_log(CLI::App& command) {
  auto arguments = std::make_shared<LogArguments>();
  command.add_option("IMAGE", arguments->image, kImageHelp)->required();
  command.add_option("--type", arguments->type, "only entries of logs of this type, e.g. ALOG")
      ->type_name("TYPE")
      ->check(one_of(log_types()));
  add_text(command, "--since", arguments->since,
           "only entries at or after TIME, e.g. 2024-12-17 or 2024-12-17T02:40:00Z")
      ->type_name("TIME");
  add_text(command, "--until", arguments->until, "only entries at or before TIME")
      ->type_name("TIME");
  add_text(command, "--actor", arguments->actor, "only entries whose actor's id starts with TEXT")
      ->type_name("TEXT");
  return [arguments](Context& context) {
    return context.finish(arguments->image, LogPrinter(context, *arguments).run());
  };
}

}  // namespace vde::cli
