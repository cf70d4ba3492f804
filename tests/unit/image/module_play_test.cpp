// Modules registered and removed at random, compared with a plain map of their bytes.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "support/effort.h"
#include "support/module_session.h"
#include "support/random.h"

using namespace vde;
using namespace vde::test;

namespace {

class ModulePlay {
 public:
  ModulePlay(uint32_t block_size, uint64_t seed)
      : image_({block_size, 1200, "compute,tags"}),
        payload_(block_size - 16),
        free_(free_blocks(image_)),
        random_(seed) {}

  void play(int rounds) {
    for (int i = 0; i < rounds; ++i)
      if (model_.empty() || below(10) < 7)
        add();
      else
        remove();
    check();
    while (!model_.empty()) remove();
    check();
  }

 private:
  uint64_t below(uint64_t limit) { return random_.below(limit); }

  void add() {
    const std::vector<uint8_t> bytes = wasm_of_size(kMinWasm + below(4 * payload_), random_.next());
    MemoryFile file(bytes);
    ModuleOptions options;
    options.entry = std::string(below(129), 'e');
    options.force = true;
    Activity activity;
    auto stored = register_module(image_.file(), file, options, kSomeOptions, activity);
    if (!stored) {
      CHECK(stored.error().code == ErrorCode::kNoSpace);
      return;
    }
    model_.emplace(to_hex(stored->module.hash), std::pair(stored->module, bytes));
  }

  void remove() {
    auto victim = model_.begin();
    std::advance(victim, static_cast<ptrdiff_t>(below(model_.size())));
    must(remove_modules(image_.file(), {victim->first}, kSomeOptions));
    model_.erase(victim);
  }

  void check() {
    std::vector<Module> seen = modules_in(image_.file());
    const Verified verdict = verified(image_.file());
    CHECK_FALSE(verdict.complains());
    const bool misread = std::count(verdict.codes.begin(), verdict.codes.end(), "CODE-015") > 0;
    if (!misread) check_strictly(image_, seen);
    REQUIRE(seen.size() == model_.size());
    uint64_t blocks = 0;
    for (const Module& module : seen) {
      const auto expected = model_.find(to_hex(module.hash));
      REQUIRE(expected != model_.end());
      CHECK(module == expected->second.first);
      CHECK(stored_bytes(image_.file(), module) == expected->second.second);
      blocks += static_cast<uint64_t>(module.block_count);
    }
    const uint64_t table = table_blocks();
    CHECK(free_blocks(image_) == free_ - blocks - (table - first_table_));
  }

  uint64_t table_blocks() {
    return static_cast<uint64_t>(image_.slots()[image_.slot_of("CODE")].count);
  }

  ImageBuilder image_;
  uint64_t payload_;
  uint64_t free_;
  uint64_t first_table_ = table_blocks();
  Random random_;
  std::map<std::string, std::pair<Module, std::vector<uint8_t>>> model_;
};

}  // namespace

TEST_CASE("modules registered and removed at random are those of a plain map") {
  const int rounds = static_cast<int>(scaled(150));
  for (const uint32_t block_size : {512u, 1024u, 4096u})
    for (uint64_t seed = 1; seed <= 2; ++seed) {
      CAPTURE(block_size);
      CAPTURE(seed);
      ModulePlay(block_size, seed).play(rounds);
    }
}
