// The fuzz target for described tables with the first bytes of valid tables, and random bytes.
#include <doctest/doctest.h>

#include "fuzz/play_tables.h"
#include "support/effort.h"
#include "support/random.h"
#include "support/table_image.h"

using namespace vde;
using namespace vde::test;

TEST_CASE("tables of every kind pass the fuzz target") {
  std::vector<std::vector<uint8_t>> seeds = {{}};
  for (const TableDescription* table : all_tables()) {
    ImageBuilder image;
    make_table_region(image, table->type);
    write_table(image, sound_table(*table));
    const Bytes payload = image.payload(kTableStart);
    seeds.emplace_back(payload.begin(), payload.end());
  }
  Random random(1);
  const uint64_t runs = scaled(4000, test_effort());
  for (uint64_t run = 0; run < runs; ++run) {
    std::vector<uint8_t> input = {static_cast<uint8_t>(random.next())};
    const auto& seed = seeds[random.below(seeds.size())];
    input.insert(input.end(), seed.begin(), seed.end());
    for (uint64_t changes = random.below(6); changes > 0; --changes) {
      const uint64_t at = random.below(random.below(2) == 0 ? 80 : 4200);
      if (at >= input.size()) input.resize(at + 1);
      input[at] = static_cast<uint8_t>(random.below(2) == 0 ? 0xff : random.next());
    }
    CHECK_NOTHROW(play_table_input(input));
  }
}
