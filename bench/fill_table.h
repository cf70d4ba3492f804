// Fills a packed table of an image; shared by bench_fill_modules and bench_fill_snapshots.
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

// Runs `PROGRAM IMAGE COUNT`, with many entries per commit. Returns COUNT, or the exit status of
// the program if something failed; the error is already printed then.
[[nodiscard]] tl::expected<uint32_t, int> fill_table(const TableFill& fill, int argc, char** argv);

}  // namespace vde
