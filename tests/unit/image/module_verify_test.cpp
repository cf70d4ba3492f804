// Verifying modules whose entries name the same blocks.
#include <doctest/doctest.h>

#include "format/region/module_entry.h"
#include "support/module_session.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr size_t kEntrySize = 82;  // with the entry point _start
constexpr size_t kPayload = 4080;
constexpr int kModules = 40;

struct Verdicts {
  int good = 0;
  int damaged = 0;
  uint64_t hashed = 0;  // bytes
};

// One large module and many small ones; their entries get other blocks.
class SharedBlocks {
 public:
  SharedBlocks() : image_({4096, 512, "compute"}) {
    for (int i = 0; i < kModules; ++i) {
      MemoryFile file(wasm_of_size(i == 0 ? kModules * kPayload : 100, static_cast<uint64_t>(i)));
      Activity activity;
      must(register_module(image_.file(), file, {}, kSomeOptions, activity));
    }
    large_ = modules_in(image_.file())[0];
  }

  template <class Edit>
  void edit_entries(Edit edit_entry) {
    const uint64_t table = image_.start("CODE");
    for (int i = 1; i < kModules; ++i)
      edit(image_, table, 16 + static_cast<size_t>(i) * kEntrySize, kModuleEntryLayout,
           [&](ModuleEntry& entry) { edit_entry(entry, i); });
    image_.rehash(table);
  }

  Verdicts verify() {
    const Image image = must(open_to_read(image_.file()));
    auto reader = must(image.modules());
    Verdicts verdicts;
    Activity activity;
    must(reader.verify(modules_in(image_.file()), activity,
                       [&](const Module&, const Result<void>& verdict) {
                         verdict ? ++verdicts.good : ++verdicts.damaged;
                         if (!verdict) CHECK(verdict.error().code == ErrorCode::kDamaged);
                         return Result<void>{};
                       }));
    verdicts.hashed = activity.done;
    return verdicts;
  }

  [[nodiscard]] const Module& large() const { return large_; }

 private:
  ImageBuilder image_;
  Module large_;
};

}  // namespace

TEST_CASE("modules with blocks of their own are all hashed") {
  SharedBlocks modules;
  const Verdicts verdicts = modules.verify();
  CHECK(verdicts.good == kModules);
  CHECK(verdicts.hashed == kModules * kPayload + (kModules - 1) * 100);
}

TEST_CASE("many entries of the same bytes are hashed once") {
  SharedBlocks modules;
  modules.edit_entries([&](ModuleEntry& entry, int) {
    entry.first_block = modules.large().first_block;
    entry.block_count = modules.large().block_count;
    entry.size = modules.large().size;
  });
  const Verdicts verdicts = modules.verify();
  CHECK(verdicts.good == 1);
  CHECK(verdicts.damaged == kModules - 1);
  CHECK(verdicts.hashed == kModules * kPayload);
}

TEST_CASE("entries that overlap in every way hash no block more than twice") {
  SharedBlocks modules;
  modules.edit_entries([&](ModuleEntry& entry, int i) {
    entry.first_block = modules.large().first_block + i;
    entry.block_count = modules.large().block_count - i;
    entry.size = modules.large().size - i * static_cast<int>(kPayload);
  });
  const Verdicts verdicts = modules.verify();
  CHECK(verdicts.good == 1);
  CHECK(verdicts.damaged == kModules - 1);
  CHECK(verdicts.hashed <= 2 * kModules * kPayload);
}
