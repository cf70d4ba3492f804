// libFuzzer entry point for tag indexes.
#include <cstddef>
#include <cstdint>

#include "fuzz/play_index.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vde::test::play_index_input({data, size});
  return 0;
}
