// The finding codes of each described table.
#pragma once

#include <optional>

#include "check/mutation.h"
#include "format/region/tables.h"

namespace vde {

// A code, and the source line that assigns it to a table. A mutation test switches it off.
struct CodeAt {
  FindingCode code;
  FindingSite site;
};

constexpr CodeAt code_at(FindingCode code, FindingSite site = FindingSite::here()) {
  return {code, site};
}

struct TableCodes {
  const TableDescription* table = nullptr;
  std::optional<CodeAt> count = {};      // a count that is negative, too large or wrong
  std::optional<CodeAt> broken = {};     // a record with an invalid length
  std::optional<CodeAt> uncounted = {};  // something after the last record
  std::optional<CodeAt> twice = {};      // two records with the same id
  std::optional<CodeAt> value = {};      // a value that violates the rule of its field
  std::optional<CodeAt> left_over = {};  // room at the end of a block that the SDK misreads
  std::optional<CodeAt> spare = {};      // blocks after the last record that were never written
};

// Null for a table with a separate pass.
[[nodiscard]] const TableCodes* codes_of(const TableDescription& table);

}  // namespace vde
