// Fills a packed table of an image: what bench_fill_modules and bench_fill_snapshots share.
#pragma once

#include "region/packed_editor.h"

namespace vde {

struct TableFill {
  const char* program;
  const PackedTable& table;
  // Adds entry `number`.
  Result<void> (*add)(Transaction& transaction, Allocator& allocator, PackedEditor& table,
                      uint32_t number);
};

// Does what `PROGRAM IMAGE COUNT` asks for, in commits of many entries. COUNT, or nothing where
// that went wrong, which is then told, with the status that the program ends with.
[[nodiscard]] tl::expected<uint32_t, int> fill_table(const TableFill& fill, int argc, char** argv);

}  // namespace vde
