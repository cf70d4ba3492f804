// Runs the fuzz targets for tag indexes and journals on random inputs. A broken promise ends the
// program.
#include <cstdio>
#include <exception>
#include <vector>

#include "fuzz/play_index.h"
#include "fuzz/play_journal.h"
#include "support/effort.h"
#include "support/random.h"

namespace {

using namespace vde::test;

constexpr uint64_t kRuns = 1000;

void play_random(void (*play)(vde::Bytes)) {
  Random random(1);
  const uint64_t runs = scaled(kRuns, test_effort());
  for (uint64_t run = 0; run < runs; ++run) {
    std::vector<uint8_t> input(random.below(60));
    // Small numbers select existing operations, blocks and counts.
    for (uint8_t& byte : input)
      byte = static_cast<uint8_t>(random.below(2) == 0 ? random.below(8) : random.next());
    play(input);
  }
  std::printf("%llu runs\n", static_cast<unsigned long long>(runs));
}

}  // namespace

int main() {
  try {
    play_random(play_index_input);
    play_random(play_journal_input);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
