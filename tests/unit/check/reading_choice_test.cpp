#include "check/passes/reading_choice.h"

#include <doctest/doctest.h>

#include "support/image_builder.h"
#include "support/must.h"
#include "support/session.h"
#include "support/temporary_folder.h"
#include "support/verify_list.h"

using namespace vde;
using namespace vde::test;
using std::chrono::milliseconds;

namespace {

constexpr uint64_t kRange = uint64_t{2} << 20;

// How often each way was chosen in so many ranges, if a range takes so long.
struct Chosen {
  int read = 0;
  int map = 0;
};
Chosen choose(ReadingChoice& choice, int ranges, milliseconds read, milliseconds map) {
  Chosen chosen;
  for (int i = 0; i < ranges; ++i) {
    const Reading way = choice.next();
    choice.took(way, kRange, way == Reading::kRead ? read : map);
    ++(way == Reading::kRead ? chosen.read : chosen.map);
  }
  return chosen;
}

}  // namespace

TEST_CASE("both ways are tried for 4 MiB, then the faster one is used") {
  ReadingChoice choice;
  CHECK(choice.next() == Reading::kRead);
  const Chosen map_is_faster = choose(choice, 1000, milliseconds(3), milliseconds(2));
  CHECK(map_is_faster.read == 2 + 1000 / 128);
  ReadingChoice other;
  const Chosen read_is_faster = choose(other, 1000, milliseconds(2), milliseconds(3));
  CHECK(read_is_faster.map == 2 + 1000 / 128);
}

TEST_CASE("a way that becomes slower is given up") {
  ReadingChoice choice;
  static_cast<void>(choose(choice, 100, milliseconds(3), milliseconds(2)));
  const Chosen after = choose(choice, 1000, milliseconds(3), milliseconds(9));
  CHECK(after.read > 900);
}

TEST_CASE("what cannot be mapped is read") {
  ReadingChoice choice;
  choice.stop_mapping();
  CHECK(choose(choice, 1000, milliseconds(9), milliseconds(1)).map == 0);
}

// Of 24 MiB, the first 4 MiB are read and the next 4 MiB mapped; then the faster way is taken.
TEST_CASE("damage is found whether its block is read or mapped") {
  ImageBuilder image({4096, 8192, "tags"});
  const auto volume = open_volume(image.file());
  std::vector<uint64_t> data;
  while (data.size() < 6144) {
    const BlockRange run = commit_data(*volume, 64, 7);
    for (uint64_t block = run.begin; block < run.end; ++block) data.push_back(block);
  }
  must(volume->close());
  std::vector<uint64_t> damaged;
  for (size_t i = 0; i < data.size(); i += 100) {
    image.flip(data[i], data[i] % 4080);
    damaged.push_back(data[i]);
  }
  // A wrong trailer, and none at all.
  image.set_tag(data[1], "TAGX").clear_trailer(data.back());
  const TemporaryFolder folder;
  const std::string path = folder / "image";
  write_file(path, image.bytes());
  const auto file = must(open_file(path, OpenMode::kRead));

  const Verified in_memory = verified(image.file());
  CHECK(in_memory.findings.size() == damaged.size() + 2);
  for (const unsigned jobs : {1u, 2u}) {
    const Verified in_file = verified(*file, {VerifyScope::kAll, jobs, 0});
    REQUIRE(in_file.codes == in_memory.codes);
    for (size_t i = 0; i < in_file.findings.size(); ++i)
      CHECK(in_file.findings[i].block == in_memory.findings[i].block);
  }
}
