#include "findings.h"

#include <fmt/format.h>

#include "vde/verify.h"

namespace vde::descriptions {
namespace {

constexpr std::string_view kHead = R"(# Findings

Everything that `vdetool verify` can report. `vdetool explain CODE` says what a finding means, what
is at risk, and what to do. Codes are permanent: a code that is retired is not used again.

| severity | meaning | exit status of `verify` |
|---|---|---|
| error | the image contradicts the format, or data is lost | 4 |
| warning | allowed, but probably not intended | 0, unless `--fail-on warning` |
| note | for information | 0 |

The column "repair" says whether `vdetool verify IMAGE --repair` can fix findings of this kind. The
plan (`--repair --dry-run`) says what it does in an image.

The first four letters name the structure, mostly by its block type. This list is made from the
table in the program.

| code | severity | finding | repair |
|---|---|---|---|
)";

std::string_view repair_word(Fixable fixable) {
  switch (fixable) {
    case Fixable::kAlways:
      return "yes";
    case Fixable::kSometimes:
      return "sometimes";
    case Fixable::kNever:
      break;
  }
  return "no";
}

}  // namespace

std::string write_findings() {
  std::string text{kHead};
  for (const FindingKind& kind : finding_kinds())
    text += fmt::format("| `{}` | {} | {} | {} |\n", kind.code, severity_name(kind.severity),
                        kind.title, repair_word(kind.fixable));
  return text;
}

}  // namespace vde::descriptions
