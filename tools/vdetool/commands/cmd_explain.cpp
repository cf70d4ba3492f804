#include <fmt/format.h>

#include "commands.h"
#include "vde/text.h"
#include "vde/verify.h"

namespace vde::cli {
namespace {

// In the order of Fixable.
constexpr std::string_view kRepairs[] = {
    "nothing in the image can put it right",
    "the image may hold what is needed to put it right: 'vdetool verify' says of each finding "
    "whether it does, 'vdetool verify --repair --dry-run' how",
    "the image holds what is needed to put it right"};

Json kind_json(const FindingKind& kind) {
  return Json{{"code", kind.code},
              {"severity", severity_name(kind.severity)},
              {"fixable", kind.fixable != Fixable::kNever},
              {"repair", fixable_name(kind.fixable)},
              {"title", kind.title},
              {"meaning", kind.meaning},
              {"risk", kind.risk},
              {"next", kind.next}};
}

std::string kind_text(const FindingKind& kind) {
  return fmt::format("{} ({}): {}\n\nMeaning: {}\nAt risk: {}\nTo do:   {}\nRepair:  {}\n",
                     kind.code, severity_name(kind.severity), kind.title, kind.meaning, kind.risk,
                     kind.next, kRepairs[static_cast<size_t>(kind.fixable)]);
}

// Without a code: all of them, a line each.
Result<void> list_kinds(Context& context) {
  for (const FindingKind& kind : finding_kinds()) {
    if (context.globals.json)
      VDE_TRY(context.write_json(kind_json(kind)));
    else
      VDE_TRY(context.out.write(
          fmt::format("{}  {:<7}  {}\n", kind.code, severity_name(kind.severity), kind.title)));
  }
  return {};
}

Result<void> run_explain(Context& context, const std::string& code) {
  if (code.empty()) return list_kinds(context);
  const FindingKind* kind = find_finding_kind(code);
  if (kind == nullptr)
    return fail(ErrorCode::kNotFound, fmt::format("there is no finding '{}'", escape(code)),
                "'vdetool explain' lists them");
  if (!context.globals.json) return context.out.write(kind_text(*kind));
  Json json{{"schema_version", kSchemaVersion}, {"command", "explain"}};
  json.update(kind_json(*kind));
  return context.write_json(json);
}

}  // namespace

Runner define_explain(CLI::App& command) {
  auto code = std::make_shared<std::string>();
  command.add_option("CODE", *code, "a finding's code, SUPB-001 for one; all of them without it");
  return [code](Context& context) { return context.finish("", run_explain(context, *code)); };
}

}  // namespace vde::cli
