// The entry point of libFuzzer.
#include <cstddef>
#include <cstdint>

#include "fuzz/play.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vde::test::play_fuzz_input({data, size});
  return 0;
}
