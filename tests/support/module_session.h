// Modules in tests; failures end the test.
#pragma once

#include "support/image_builder.h"
#include "support/session.h"
#include "support/strict/strict_reader.h"
#include "support/verify_list.h"
#include "support/wasm_bytes.h"
#include "vde/modules.h"

namespace vde::test {

[[nodiscard]] inline std::vector<Module> modules_in(BlockFile& file) {
  std::vector<Module> all;
  must(list_modules(file, [&](const Module& module) {
    all.push_back(module);
    return true;
  }));
  return all;
}

[[nodiscard]] inline std::vector<uint8_t> stored_bytes(BlockFile& file, const Module& module) {
  std::vector<uint8_t> bytes;
  Activity activity;
  must(read_module_bytes(
      file, module,
      [&](Bytes some) {
        bytes.insert(bytes.end(), some.begin(), some.end());
        return Result<void>{};
      },
      activity));
  return bytes;
}

[[nodiscard]] inline uint64_t free_blocks(ImageBuilder& image) {
  return static_cast<uint64_t>(kSuperblockLayout.decode(image.payload(0)).free_blocks);
}

// The strict reader reads exactly these modules, in this order, and verify finds nothing wrong.
inline void check_strictly(ImageBuilder& image, const std::vector<Module>& modules) {
  const StrictReader reader(image.bytes());
  REQUIRE(reader.outcome("CODE") == Outcome::kReads);
  std::vector<Module> strict;
  for (const strict::Module& entry : reader.modules())
    strict.push_back({entry.hash, Guid{entry.id}, entry.first_block, entry.block_count, entry.size,
                      entry.abi, Ticks{entry.registered}, entry.entry_point});
  CHECK(strict == modules);
  CHECK_FALSE(verified(image.file()).complains());
}

}  // namespace vde::test
