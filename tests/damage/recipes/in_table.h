// Recipes that make one change to a valid described table.
#pragma once

#include "damage/recipes/recipes.h"
#include "support/table_image.h"

namespace vde::test {

struct TableCase {
  std::string code;
  std::string name;
  const TableDescription& table;
  void (*change)(TableContent&);                        // before it is written
  std::vector<std::string> expected = {};               // if empty, only the code
  uint64_t block = kTableStart;                         // of the first finding
  void (*after)(ImageBuilder&) = [](ImageBuilder&) {};  // changes the written blocks
};

[[nodiscard]] Recipe in_table(const TableCase& changed);
// The same, where a repair removes the damage.
[[nodiscard]] Recipe repaired_in_table(const TableCase& changed);

// Sets a field of record `index` of a list.
inline void set(TableContent& content, size_t list, size_t index, std::string_view name,
                FieldValue value) {
  content.records.at(list).at(index)[name] = std::move(value);
}

}  // namespace vde::test
