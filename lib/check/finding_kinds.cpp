// The table of findings, built from its families, and lookups in it.
#include <algorithm>
#include <cctype>

#include "check/findings/block_rows.h"
#include "check/findings/image_rows.h"
#include "check/findings/origin_rows.h"
#include "check/findings/record_rows.h"
#include "check/findings/state_rows.h"
#include "check/findings/table_rows.h"
#include "check/findings/tag_rows.h"

namespace vde {
namespace {

template <size_t... kCounts>
constexpr auto concat(const std::array<FindingRow, kCounts>&... families) {
  std::array<FindingRow, (kCounts + ...)> rows{};
  auto end = rows.begin();
  ((end = std::copy(families.begin(), families.end(), end)), ...);
  return rows;
}

// Ordered by code.
constexpr auto kRows =
    concat(finding_rows::kAuditRows, finding_rows::kMappingRows, finding_rows::kBlockRows,
           finding_rows::kBitmapRows, finding_rows::kConsensusRows, finding_rows::kPassportRows,
           finding_rows::kCodeRows, finding_rows::kDictionaryRows, finding_rows::kKeysRows,
           finding_rows::kGeometryRows, finding_rows::kInodeRows, finding_rows::kCacheRows,
           finding_rows::kMetricsRows, finding_rows::kTreeRows, finding_rows::kJournalRows,
           finding_rows::kOperationRows, finding_rows::kOriginRows, finding_rows::kPolicyRows,
           finding_rows::kRaidRows, finding_rows::kReplicaRows, finding_rows::kRegionMapRows,
           finding_rows::kSnapshotRows, finding_rows::kRingRows, finding_rows::kSuperblockRows,
           finding_rows::kTagRows, finding_rows::kCursorRows, finding_rows::kWormRows,
           finding_rows::kReferenceRows, finding_rows::kZoneRows);
static_assert(kRows.size() == static_cast<size_t>(FindingCode::kZoneUnknown) + 1);

constexpr FindingKind to_kind(const FindingRow& row) {
  const Fixable fixable = row.need == RepairNeed::kNever ? Fixable::kNever : Fixable::kSometimes;
  return {row.code, row.severity, fixable, row.title, row.meaning, row.risk, row.next, row.loses};
}

// The rows themselves are not part of the program: each start would relocate their texts a second
// time.
constexpr auto kNeeds = [] {
  std::array<RepairNeed, kRows.size()> needs{};
  std::ranges::transform(kRows, needs.begin(), &FindingRow::need);
  return needs;
}();

constexpr auto kKinds = [] {
  std::array<FindingKind, kRows.size()> kinds{};
  std::transform(kRows.begin(), kRows.end(), kinds.begin(), to_kind);
  return kinds;
}();

}  // namespace

std::span<const FindingKind> finding_kinds() {
  return kKinds;
}

const FindingKind& kind_of(FindingCode code) {
  return kKinds[static_cast<size_t>(code)];
}

bool names_an_operation(const FindingKind& kind) {
  return kind.code.starts_with("ORIG") || &kind == &kind_of(FindingCode::kMigrationLeft);
}

RepairNeed need_of(FindingCode code) {
  return kNeeds[static_cast<size_t>(code)];
}

RepairNeed need_of(const FindingKind& kind) {
  return kNeeds[static_cast<size_t>(&kind - kKinds.data())];
}

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
