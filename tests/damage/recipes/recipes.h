// Recipes that cause every finding: one or more per code, each with all codes that verify must
// report.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "support/image_builder.h"
#include "vde/verify.h"

namespace vde::test {

struct Recipe {
  std::string code;  // what the recipe is for
  std::string name;  // what was done
  std::function<void(ImageBuilder&)> damage;
  std::vector<std::string> expected;   // all codes, in the order of the report
  std::optional<uint64_t> block;       // of the first finding, if it has one
  ImageShape shape = {};               // of the image before the damage
  std::set<uint64_t> unreadable = {};  // blocks that cannot be read
  // All codes that are left after a repair, in order.
  std::vector<std::string> left = {};
  SecretKeys keys = {};  // that verify gets

  // On one thread, without a search for wrong bits.
  [[nodiscard]] VerifyOptions options() const {
    VerifyOptions options{VerifyScope::kAll, 1, 0};
    options.keys = keys;
    return options;
  }
};

// A recipe whose damage cannot be repaired.
[[nodiscard]] Recipe lost(Recipe recipe);
// A recipe whose damage a repair removes completely.
[[nodiscard]] Recipe fully_repaired(Recipe recipe);

// All of them, in the order of the families below.
[[nodiscard]] std::vector<Recipe> all_recipes();

// One list per family of codes.
[[nodiscard]] std::vector<Recipe> module_recipes();      // CODE
[[nodiscard]] std::vector<Recipe> block_recipes();       // BLCK
[[nodiscard]] std::vector<Recipe> dictionary_recipes();  // DICT
// What needs a key: POLV, SUPB
[[nodiscard]] std::vector<Recipe> keyed_recipes();
// ALOG, ANON, CLOG, CMVT, INTE, MLOG, WORM, XREF
[[nodiscard]] std::vector<Recipe> record_recipes();
[[nodiscard]] std::vector<Recipe> origin_recipes();    // ORIG
[[nodiscard]] std::vector<Recipe> region_recipes();    // BMAP, INOD, MWAL
[[nodiscard]] std::vector<Recipe> table_recipes();     // RMAP
[[nodiscard]] std::vector<Recipe> snapshot_recipes();  // SNAP
// ENCR, MTRK, OPJR, POLV, RAID, REPL, STRE, WALS, ZNSM
[[nodiscard]] std::vector<Recipe> state_recipes();
[[nodiscard]] std::vector<Recipe> superblock_recipes();  // GEOM, SUPB
[[nodiscard]] std::vector<Recipe> tag_recipes();         // TAGI

}  // namespace vde::test
