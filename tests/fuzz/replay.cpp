// fuzz_replay PATH...: replays fuzz inputs, files or folders of them. A broken promise ends the
// program after the name of the input.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz/play.h"
#include "support/allocation_watch.h"

namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxAtOnce = size_t{16} << 20;  // bytes of one allocation

std::vector<std::string> inputs_of(const fs::path& path) {
  if (!fs::is_directory(path)) return {path.string()};
  std::vector<std::string> inputs;
  for (const fs::directory_entry& entry : fs::directory_iterator(path))
    inputs.push_back(entry.path().string());
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

bool replay(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> text{std::istreambuf_iterator<char>(file), {}};
  const std::vector<uint8_t> input(text.begin(), text.end());
  vde::test::reset_largest_allocation();
  vde::test::play_fuzz_input(input);
  const size_t largest = vde::test::largest_allocation();
  if (largest <= kMaxAtOnce) return true;
  std::fprintf(stderr, "%s: %zu bytes at once\n", path.c_str(), largest);
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  size_t count = 0;
  bool good = true;
  try {
    for (int i = 1; i < argc; ++i)
      for (const std::string& path : inputs_of(argv[i])) {
        // The last line shows which input ended the program.
        std::printf("%s\n", path.c_str());
        std::fflush(stdout);
        good = replay(path) && good;
        ++count;
      }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::printf("%zu inputs\n", count);
  return good && count > 0 ? 0 : 1;
}
