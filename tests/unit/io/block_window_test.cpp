#include "io/block_window.h"

#include <doctest/doctest.h>

#include "io/memory_file.h"
#include "support/files/failing_file.h"
#include "support/files/faulty_file.h"
#include "support/session.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr uint64_t kBlocks = 64;

// Blocks of 512 bytes, each filled with its number.
std::vector<uint8_t> numbered_blocks() {
  std::vector<uint8_t> bytes(kBlocks * 512);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i / 512);
  return bytes;
}

uint8_t byte_through(BlockWindow& window, uint64_t number) {
  const UncheckedBlock block = must(window.read(number));
  CHECK(block.number() == number);
  CHECK(block.bytes().size() == 512);
  return block.bytes()[0];
}

}  // namespace

TEST_CASE("blocks read in order take fewer readings the longer the order holds") {
  MemoryFile memory(numbered_blocks());
  FailingFile file(memory);
  BlockWindow window(BlockIo(file, 512), {0, kBlocks});
  for (uint64_t number = 0; number < kBlocks; ++number)
    CHECK(byte_through(window, number) == number);
  // 2, 4, 8, 16, 32 and the last two.
  CHECK(file.count(FileCall::kRead) == 6);
}

TEST_CASE("blocks read in random order are read one by one") {
  MemoryFile memory(numbered_blocks());
  FailingFile file(memory);
  BlockWindow window(BlockIo(file, 512), {0, kBlocks});
  for (const uint64_t number : {9u, 3u, 40u, 3u, 63u})
    CHECK(byte_through(window, number) == number);
  CHECK(file.count(FileCall::kRead) == 5);
}

TEST_CASE("nothing is read ahead past the window, and blocks outside of it are read one by one") {
  MemoryFile memory(numbered_blocks());
  FailingFile file(memory);
  BlockWindow window(BlockIo(file, 512), {0, 4});
  for (uint64_t number = 0; number < 6; ++number) CHECK(byte_through(window, number) == number);
  // 2, 2, and one by one.
  CHECK(file.count(FileCall::kRead) == 4);
}

TEST_CASE("an unreadable block is an error only when it is requested") {
  MemoryFile memory(numbered_blocks());
  FaultyFile file(memory, 512, {5});
  BlockWindow window(BlockIo(file, 512), {0, kBlocks});
  for (uint64_t number = 0; number < 16; ++number) {
    CAPTURE(number);
    if (number == 5)
      CHECK(window.read(number).error().block == 5);
    else
      CHECK(byte_through(window, number) == number);
  }
}
