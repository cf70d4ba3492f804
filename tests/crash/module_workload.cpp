#include "crash/workloads.h"
#include "io/memory_file.h"
#include "support/one_change.h"
#include "support/wasm_bytes.h"

namespace vde::test {
namespace {

void register_modules(Stage& stage, size_t first, size_t count, size_t blocks) {
  for (size_t i = first; i < first + count; ++i)
    stage.edit([&](BlockFile& file, const EditOptions& options) -> Result<void> {
      const size_t size = (blocks + i % 3) * (stage.block_size() - 16) - i % 2 * 100;
      MemoryFile module(wasm_of_size(size, i));
      ModuleOptions request;
      request.force = true;
      request.entry = std::string(i * 37 % 129, 'e');
      Activity activity;
      VDE_TRY(register_module(file, module, request, options, activity));
      return {};
    });
}

void remove_one(Stage& stage, size_t place) {
  stage.edit([&](BlockFile& file, const EditOptions& options) -> Result<void> {
    std::vector<std::string> ids;
    VDE_TRY(list_modules(file, [&](const Module& module) {
      ids.push_back(to_string(module.id));
      return true;
    }));
    VDE_TRY(remove_modules(file, {ids[place]}, options));
    return {};
  });
}

}  // namespace

void play_modules(Stage& stage) {
  register_modules(stage, 0, 3, 1);
  remove_one(stage, 0);
  register_modules(stage, 3, 2, 5);
  remove_one(stage, 2);
  // More than fit into the four blocks of the table.
  register_modules(stage, 5, 18, 1);
  remove_one(stage, 4);
}

void play_module_folders(Stage& stage) {
  for (size_t round = 0; round < 2; ++round)
    stage.edit([&](BlockFile& file, const EditOptions& options) -> Result<void> {
      std::vector<std::vector<uint8_t>> files;
      for (size_t i = 0; i < 5; ++i)
        files.push_back(wasm_of_size((1 + i) * (stage.block_size() - 16), round * 5 + i));
      ModuleOptions request;
      request.force = true;
      request.entry = std::string(100, 'e');
      VDE_TRY(register_modules(file, files, request, options));
      return {};
    });
  // The blocks of the second one are used again.
  remove_one(stage, 1);
  stage.edit([&](BlockFile& file, const EditOptions& options) -> Result<void> {
    VDE_TRY(register_modules(file, {wasm_of_size(1000, 20), wasm_of_size(1000, 21)}, {}, options));
    return {};
  });
}

}  // namespace vde::test
