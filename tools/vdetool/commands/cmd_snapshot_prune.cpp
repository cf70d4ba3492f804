#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "terminal.h"
#include "usage.h"
#include "vde/image.h"
#include "vde/snapshots.h"
#include "vde/text.h"
#include "verb.h"

namespace vde::cli {
namespace {

struct PruneArguments {
  std::string image;
  RetentionRules rules;
  std::optional<std::string> within;
  std::vector<std::string> labels;
  bool dry_run = false;
  SealChoice seal;
};

// A number of 1 or more, without a sign.
template <class Number>
bool read_positive(std::string_view text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end && number > 0;
}

// "1y5m7d2h": each unit at most once.
Result<CalendarSpan> parse_span(const std::string& text) {
  CalendarSpan span;
  const auto invalid = [&] {
    return fail(ErrorCode::kUsage, fmt::format("invalid duration '{}'", escape(text)),
                "write numbers of years, months, days and hours, e.g. 1y5m7d2h");
  };
  for (std::string_view left = text; !left.empty();) {
    const size_t digits = left.find_first_not_of("0123456789");
    if (digits == std::string_view::npos) return invalid();
    const char unit = left[digits];
    uint32_t* const part = unit == 'y'   ? &span.years
                           : unit == 'm' ? &span.months
                           : unit == 'd' ? &span.days
                           : unit == 'h' ? &span.hours
                                         : nullptr;
    if (part == nullptr || *part != 0 || !read_positive(left.substr(0, digits), *part))
      return invalid();
    left.remove_prefix(digits + 1);
  }
  if (span == CalendarSpan{}) return invalid();
  return span;
}

Result<RetentionRules> rules_of(const PruneArguments& arguments) {
  RetentionRules rules = arguments.rules;
  if (arguments.within) {
    VDE_TRY_ASSIGN(span, parse_span(*arguments.within));
    rules.within = span;
  }
  for (const std::string& text : arguments.labels) {
    VDE_TRY_ASSIGN(label, unescape(text));
    rules.labels.push_back(std::move(label));
  }
  if (rules == RetentionRules{})
    return fail(ErrorCode::kUsage, "no rule says which snapshots to keep",
                "give one, e.g. --keep-daily 7");
  return rules;
}

std::vector<std::string> names_of(const std::vector<KeepReason>& reasons) {
  std::vector<std::string> names;
  names.reserve(reasons.size());
  for (const KeepReason reason : reasons) names.emplace_back(keep_reason_name(reason));
  return names;
}

Json choice_json(const RetentionChoice& choice) {
  Json json{{"id", to_string(choice.snapshot.id)}};
  put_text(json, "label", choice.snapshot.label);
  put_time(json, "created", choice.snapshot.created);
  json["keep"] = choice.is_kept();
  json["reasons"] = names_of(choice.reasons);
  return json;
}

std::string choice_heading() {
  return fmt::format("{:<6}  {:<36}  {:<20}  {}\n", "", "ID", "CREATED", "LABEL [RULES]");
}

// "keep  ID  CREATED  LABEL  [RULES]"
std::string choice_line(const RetentionChoice& choice) {
  const Snapshot& snapshot = choice.snapshot;
  std::string line = fmt::format(
      "{:<6}  {}  {}", choice.is_kept() ? "keep" : "delete", to_string(snapshot.id),
      Context::is_terminal() ? short_time(snapshot.created) : to_string(snapshot.created));
  if (!snapshot.label.empty()) line += "  " + escape(snapshot.label);
  if (choice.is_kept()) line += fmt::format("  [{}]", fmt::join(names_of(choice.reasons), ","));
  return line + "\n";
}

Result<void> print_choices(Context& context, const std::string& image,
                           const std::vector<RetentionChoice>& choices) {
  const bool has_text = !context.globals.json && !context.globals.quiet;
  if (has_text && Context::is_terminal() && !choices.empty())
    VDE_TRY(context.out.write(choice_heading()));
  for (const RetentionChoice& choice : choices) {
    if (context.globals.json)
      VDE_TRY(context.write_json(with_header("snapshot prune", image, choice_json(choice))));
    else if (has_text)
      VDE_TRY(context.out.write(choice_line(choice)));
  }
  return {};
}

// Commits what `change` stages, unless a signal asked to stop.
Result<void> commit_unless_stopped(Context& context, const std::string& image, Change& change) {
  if (context.activity.stop) return fail(ErrorCode::kInterrupted, "interrupted");
  return context.commit(image, change);
}

Result<void> run_prune(Context& context, const PruneArguments& arguments) {
  VDE_TRY_ASSIGN(rules, rules_of(arguments));
  if (arguments.dry_run) {
    VDE_TRY_ASSIGN(open, context.open_reader(arguments.image, &Image::snapshots));
    VDE_TRY_ASSIGN(choices, open.reader.choose(rules));
    return print_choices(context, arguments.image, choices);
  }
  VDE_TRY_ASSIGN(opened, context.begin_change(arguments.image, arguments.seal));
  VDE_TRY_ASSIGN(choices, opened.change.snapshots().prune(rules));
  const bool keeps_all = std::all_of(choices.begin(), choices.end(),
                                     [](const RetentionChoice& one) { return one.is_kept(); });
  if (!keeps_all) VDE_TRY(commit_unless_stopped(context, arguments.image, opened.change));
  return print_choices(context, arguments.image, choices);
}

Result<void> print_purged(Context& context, const std::string& image,
                          const std::vector<Snapshot>& purged) {
  Json ids = Json::array();
  std::string text;
  for (const Snapshot& snapshot : purged) {
    ids.push_back(to_string(snapshot.id));
    text += to_string(snapshot.id) + "\n";
  }
  if (context.globals.json)
    return context.write_json(with_header("snapshot purge", image, Json{{"ids", ids}}));
  return context.globals.quiet ? Result<void>{} : context.out.write(text);
}

Result<void> run_purge(Context& context, const PruneArguments& arguments) {
  if (arguments.dry_run) {
    VDE_TRY_ASSIGN(open, context.open_reader(arguments.image, &Image::snapshots));
    VDE_TRY_ASSIGN(found, open.reader.purgeable());
    return print_purged(context, arguments.image, found);
  }
  VDE_TRY_ASSIGN(opened, context.begin_change(arguments.image, arguments.seal));
  VDE_TRY_ASSIGN(purged, opened.change.snapshots().purge());
  VDE_TRY(commit_unless_stopped(context, arguments.image, opened.change));
  return print_purged(context, arguments.image, purged);
}

struct PruneVerb : Verb<PruneArguments> {
  using Verb::Verb;

  void add_keep(const char* name, uint64_t RetentionRules::*number, const char* help) {
    const auto check = [](std::string& text) {
      uint64_t value = 0;
      return read_positive<uint64_t>(text, value)
                 ? std::string{}
                 : fmt::format("'{}' is not a number of 1 or more", escape(text));
    };
    command
        .add_option_function<std::string>(
            name,
            [kept = arguments, number](const std::string& text) {
              read_positive(std::string_view(text), kept->rules.*number);
            },
            help)
        ->type_name("N")
        ->check(CLI::Validator(check, ""));
  }
  void add_dry_run(const char* help) {
    command.add_flag("--dry-run", arguments->dry_run, help);
    add_seal();
  }
};

}  // namespace

Runner define_snapshot_prune(CLI::App& command) {
  PruneVerb verb(command, run_prune);
  verb.add_keep("--keep-last", &RetentionRules::last, "keep the N newest snapshots");
  verb.add_keep("--keep-hourly", &RetentionRules::hourly,
                "keep the newest snapshot of each of the last N hours that have one");
  verb.add_keep("--keep-daily", &RetentionRules::daily, "the same for days");
  verb.add_keep("--keep-weekly", &RetentionRules::weekly, "the same for ISO weeks (from Monday)");
  verb.add_keep("--keep-monthly", &RetentionRules::monthly, "the same for months");
  verb.add_keep("--keep-yearly", &RetentionRules::yearly, "the same for years");
  add_text(command, "--keep-within", verb.arguments->within,
           "keep snapshots at most DURATION older than the newest, e.g. 1y5m7d2h")
      ->type_name("DURATION");
  add_list(command, "--keep-label", verb.arguments->labels,
           "keep snapshots with this label (repeatable)")
      ->allow_extra_args(false);
  verb.add_dry_run("print what would be kept and deleted, change nothing");
  return verb.runner();
}

Runner define_snapshot_purge(CLI::App& command) {
  PruneVerb verb(command, run_purge);
  verb.add_dry_run("print what would be removed, change nothing");
  return verb.runner();
}

}  // namespace vde::cli
