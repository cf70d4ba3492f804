// libFuzzer entry point for described tables.
#include <cstddef>
#include <cstdint>

#include "fuzz/play_tables.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vde::test::play_table_input({data, size});
  return 0;
}
