#include <fmt/format.h>

#include <optional>

#include "commands.h"
#include "help.h"
#include "terminal.h"
#include "usage.h"
#include "vde/text.h"
#include "vde/verify.h"
#include "verify_text.h"

namespace vde::cli {
namespace {

Json kind_json(const FindingKind& kind) {
  return Json{{"schema_version", kSchemaVersion},
              {"command", "explain"},
              {"code", kind.code},
              {"severity", severity_name(kind.severity)},
              {"fixable", kind.fixable != Fixable::kNever},
              {"repair", fixable_name(kind.fixable)},
              {"title", kind.title},
              {"meaning", kind.meaning},
              {"risk", kind.risk},
              {"next", kind.next},
              {"repair_loses", kind.loses.empty() ? Json(nullptr) : Json(kind.loses)}};
}

std::string kind_text(const FindingKind& kind) {
  constexpr size_t kIndent = 15;
  // A pipe gets lines that are not wrapped.
  const size_t width = Context::is_terminal() ? terminal_width() : SIZE_MAX;
  std::string text =
      fmt::format("{} ({}): {}\n\n", kind.code, severity_name(kind.severity), kind.title);
  const auto line = [&](std::string_view name, std::string_view words) {
    text += fmt::format("{:<{}}{}\n", name, kIndent, wrap(words, width, kIndent));
  };
  line("Meaning:", kind.meaning);
  line("At risk:", kind.risk);
  line("To do:", kind.next);
  line("Repair:", repair_words(kind));
  if (!kind.loses.empty()) line("Repair loses:", fmt::format("{}.", kind.loses));
  return text;
}

// Without a code: all of them, one per line.
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

Result<void> run_explain(Context& context, const std::optional<std::string>& code) {
  if (!code) return list_kinds(context);
  const FindingKind* kind = find_finding_kind(*code);
  if (kind == nullptr)
    return fail(ErrorCode::kNotFound, fmt::format("unknown finding code '{}'", escape(*code)),
                "run 'vdetool explain' to list all codes");
  if (context.globals.json) return context.write_json(kind_json(*kind));
  return context.out.write(kind_text(*kind));
}

std::vector<std::string> finding_codes() {
  std::vector<std::string> codes;
  for (const FindingKind& kind : finding_kinds()) codes.emplace_back(kind.code);
  return codes;
}

}  // namespace

Runner define_explain(CLI::App& command) {
  auto code = std::make_shared<std::optional<std::string>>();
  add_text(command, "CODE", *code, "finding code, e.g. SUPB-001; omit to list all")
      ->check(offers(finding_codes));
  return [code](Context& context) { return context.finish("", run_explain(context, *code)); };
}

}  // namespace vde::cli
