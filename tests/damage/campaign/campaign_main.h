// What main() of a campaign does.
#pragma once

#include <malloc.h>

#include <cstdio>
#include <exception>

namespace vde::test {

// Runs `play` with the arguments. Returns the exit status: 2 if it fails altogether.
inline int campaign_main(const char* name, int (*play)(int, char**), int argc, char** argv) {
  // Each seed allocates and frees the same few buffers: the heap keeps them.
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  try {
    return play(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name, error.what());
    return 2;
  }
}

}  // namespace vde::test
