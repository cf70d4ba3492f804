// libFuzzer entry point for journals.
#include <cstddef>
#include <cstdint>

#include "fuzz/play_journal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  vde::test::play_journal_input({data, size});
  return 0;
}
