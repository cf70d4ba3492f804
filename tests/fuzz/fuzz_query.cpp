// libFuzzer entry point for the text of queries.
#include <cstddef>
#include <cstdint>

#include "fuzz/play_query.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vde::test::play_query_input({data, size});
  return 0;
}
