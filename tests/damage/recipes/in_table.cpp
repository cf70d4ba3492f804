#include "damage/recipes/in_table.h"

namespace vde::test {

Recipe in_table(const TableCase& changed) {
  const TableDescription& table = changed.table;
  const auto change = changed.change;
  const auto after = changed.after;
  return lost({changed.code, std::string(table.name) + ": " + changed.name,
               [&table, change, after](ImageBuilder& image) {
                 make_table_region(image, table.type);
                 TableContent content = sound_table(table);
                 change(content);
                 write_table(image, content);
                 after(image);
               },
               changed.expected.empty() ? std::vector{changed.code} : changed.expected,
               changed.block});
}

Recipe repaired_in_table(const TableCase& changed) {
  return fully_repaired(in_table(changed));
}

}  // namespace vde::test
