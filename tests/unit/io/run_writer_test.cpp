#include "io/run_writer.h"

#include <doctest/doctest.h>

#include "io/memory_file.h"
#include "support/files/failing_file.h"
#include "support/session.h"

using namespace vde;
using namespace vde::test;

namespace {

std::vector<ByteRange> writes_of(FailingFile& file, std::initializer_list<uint64_t> blocks) {
  const BlockIo io(file, 512);
  RunWriter writer(io);
  for (const uint64_t number : blocks)
    must(writer.add(number, BlockBuffer(512, static_cast<uint8_t>(number))));
  must(writer.flush());
  std::vector<ByteRange> writes;
  for (const LoggedCall& call : file.log()) writes.push_back(call.bytes);
  return writes;
}

}  // namespace

TEST_CASE("blocks that follow each other are written in one call") {
  MemoryFile memory(std::vector<uint8_t>(16 * 512));
  FailingFile file(memory);
  const auto writes = writes_of(file, {3, 4, 5, 9, 0});
  REQUIRE(writes.size() == 3);
  CHECK(writes[0] == ByteRange{3 * 512, 6 * 512});
  CHECK(writes[1] == ByteRange{9 * 512, 10 * 512});
  CHECK(writes[2] == ByteRange{0, 512});
  for (const size_t number : {3u, 4u, 5u, 9u}) CHECK(memory.bytes()[number * 512 + 7] == number);
  CHECK(memory.bytes()[6 * 512] == 0);
}

TEST_CASE("a run that cannot be written is an error that names its first block") {
  MemoryFile memory(std::vector<uint8_t>(16 * 512));
  FailingFile file(memory, Failure{});
  const BlockIo io(file, 512);
  RunWriter writer(io);
  must(writer.add(6, BlockBuffer(512)));
  must(writer.add(7, BlockBuffer(512)));
  CHECK(writer.flush().error().block == 6);
}
