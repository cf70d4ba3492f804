// What findings are called, and how one is found by its code.
#include <algorithm>
#include <cctype>

#include "vde/verify.h"

namespace vde {

std::string_view fixable_name(Fixable fixable) {
  switch (fixable) {
    case Fixable::kNever:
      return "never";
    case Fixable::kSometimes:
      return "sometimes";
    case Fixable::kAlways:
      return "always";
  }
  return "unknown";
}

std::string_view severity_name(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "note";
  }
  return "unknown";
}

const FindingKind* find_finding_kind(std::string_view code) {
  const auto same = [&](const FindingKind& kind) {
    return std::equal(code.begin(), code.end(), kind.code.begin(), kind.code.end(),
                      [](char a, char b) { return std::toupper(static_cast<uint8_t>(a)) == b; });
  };
  const std::span<const FindingKind> kinds = finding_kinds();
  const auto found = std::find_if(kinds.begin(), kinds.end(), same);
  return found == kinds.end() ? nullptr : &*found;
}

}  // namespace vde
