#include "fill_table.h"

#include <cstdio>
#include <cstdlib>

#include "open_volume.h"

namespace vde {
namespace {

constexpr uint32_t kAtOnce = 10000;

Result<void> add_entries(const TableFill& fill, const std::string& path, uint32_t count) {
  VDE_TRY_ASSIGN(file, open_file(path, OpenMode::kReadWrite));
  VDE_TRY(file->lock(LockMode::kExclusive, {}));
  VDE_TRY_ASSIGN(volume, open_volume(*file));
  for (uint32_t number = 0; number < count;) {
    VDE_TRY_ASSIGN(transaction, volume->begin());
    const auto region = transaction.regions().find(fill.table.type);
    if (!region) return fail(ErrorCode::kUnsupported, "the image has no such table");
    VDE_TRY_ASSIGN(table,
                   PackedEditor::open(transaction, volume->allocator(), region->slot, fill.table));
    for (uint32_t i = 0; i < kAtOnce && number < count; ++i)
      VDE_TRY(fill.add(transaction, volume->allocator(), table, number++));
    VDE_TRY(volume->commit(transaction));
  }
  return volume->close();
}

}  // namespace

tl::expected<uint32_t, int> fill_table(const TableFill& fill, int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s IMAGE COUNT\n", fill.program);
    return tl::unexpected(16);
  }
  const auto count = static_cast<uint32_t>(std::strtoul(argv[2], nullptr, 10));
  const auto result = add_entries(fill, argv[1], count);
  if (result) return count;
  std::fprintf(stderr, "%s: %s: %s\n", fill.program, argv[1], result.error().message.c_str());
  return tl::unexpected(8);
}

}  // namespace vde
