// Runs the fuzz targets for tag indexes, journals and queries on random inputs. A broken promise
// ends the program.
#include <cstdio>
#include <exception>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/play_index.h"
#include "fuzz/play_journal.h"
#include "fuzz/play_query.h"
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

// Texts of the characters that mean something in a query.
void play_random_queries() {
  constexpr std::string_view kCharacters = "ab*=()\"\\ x0nt/";
  constexpr std::string_view kWords[] = {" and ", " or ", "not ", "\\x41"};
  Random random(2);
  for (uint64_t run = scaled(20 * kRuns, test_effort()); run > 0; --run) {
    std::string text;
    for (uint64_t parts = 1 + random.below(20); parts > 0; --parts) {
      if (random.below(3) == 0)
        text += kWords[random.below(std::size(kWords))];
      else
        text += kCharacters[random.below(kCharacters.size())];
    }
    play_query_input({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
}

}  // namespace

int main() {
  try {
    play_random(play_index_input);
    play_random(play_journal_input);
    play_random(play_query_input);
    play_random_queries();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
