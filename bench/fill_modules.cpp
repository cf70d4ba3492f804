// bench_fill_modules IMAGE COUNT: adds COUNT modules with a custom section that holds a number,
// many per commit. Prints the hash of the one in the middle.
#include <cstdio>

#include "fill_table.h"
#include "format/hash.h"
#include "table/module_table.h"
#include "vde/text.h"

namespace vde {
namespace {

// A core module with one custom section, which holds `number`.
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
  VDE_TRY(transaction.write_direct(blocks.begin, block_types::kData, block));
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

}  // namespace
}  // namespace vde

int main(int argc, char** argv) {
  const auto count =
      vde::fill_table({"bench_fill_modules", vde::kModuleTable, vde::add_module}, argc, argv);
  if (!count) return count.error();
  std::printf("%s\n", vde::to_hex(vde::sha256(vde::small_module(*count / 2))).c_str());
  return 0;
}
