// bench_fill_modules IMAGE COUNT: adds COUNT modules of eight bytes and a number each, in commits
// of many. Prints the hash of the one in the middle.
#include <cstdio>
#include <cstdlib>

#include "format/hash.h"
#include "image/code_cache.h"
#include "image/volume.h"
#include "region/module_blocks.h"
#include "vde/text.h"

namespace vde {
namespace {

constexpr uint32_t kAtOnce = 10000;

// A core module of one custom section, which holds `number`.
std::vector<uint8_t> small_module(uint32_t number) {
  std::vector<uint8_t> bytes = {0, 'a', 's', 'm', 1, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0};
  store_le(MutableBytes(bytes), bytes.size() - sizeof(number), number);
  return bytes;
}

Result<void> add_module(Transaction& transaction, Allocator& allocator, PackedEditor& table,
                        uint32_t number) {
  const std::vector<uint8_t> bytes = small_module(number);
  VDE_TRY_ASSIGN(blocks, allocator.allocate(transaction, 1));
  BlockBuffer block = transaction.journal().io().make_buffer();
  std::copy(bytes.begin(), bytes.end(), block.begin());
  VDE_TRY(transaction.write_direct(blocks.begin, tags::kData, block));
  ModuleEntry entry;
  entry.hash = sha256(bytes);
  entry.id = random_guid();
  entry.first_block = static_cast<int64_t>(blocks.begin);
  entry.block_count = 1;
  entry.size = static_cast<int32_t>(bytes.size());
  entry.abi = kAbiStable;
  entry.entry_point = "_start";
  std::vector<uint8_t> record(encoded_size(entry));
  encode(entry, record);
  return table.append(record);
}

Result<void> fill_modules(const std::string& path, uint32_t count) {
  VDE_TRY_ASSIGN(file, open_image(path, OpenMode::kReadWrite));
  VDE_TRY(file->lock(LockMode::kExclusive, {}));
  VDE_TRY_ASSIGN(now, current_ticks());
  VDE_TRY_ASSIGN(volume, Volume::open(*file, {now, false}));
  for (uint32_t number = 0; number < count;) {
    VDE_TRY_ASSIGN(transaction, volume->begin());
    VDE_TRY_ASSIGN(slot, code_slot(transaction.slots()));
    VDE_TRY_ASSIGN(table, PackedEditor::open(transaction, volume->allocator(), slot, kModuleTable));
    for (uint32_t i = 0; i < kAtOnce && number < count; ++i)
      VDE_TRY(add_module(transaction, volume->allocator(), table, number++));
    VDE_TRY(volume->commit(transaction));
  }
  return volume->close();
}

}  // namespace
}  // namespace vde

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench_fill_modules IMAGE COUNT\n");
    return 16;
  }
  const auto count = static_cast<uint32_t>(std::strtoul(argv[2], nullptr, 10));
  const auto result = vde::fill_modules(argv[1], count);
  if (!result) {
    std::fprintf(stderr, "bench_fill_modules: %s: %s\n", argv[1], result.error().message.c_str());
    return 8;
  }
  std::printf("%s\n", vde::to_hex(vde::sha256(vde::small_module(count / 2))).c_str());
  return 0;
}
