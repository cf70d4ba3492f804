// A verification with several threads finds the same as with one thread, in the same order.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <thread>

#include "support/files/faulty_file.h"
#include "support/module_session.h"
#include "vde/tags.h"

using namespace vde;
using namespace vde::test;

namespace {

// An image with content in every region, and a tag tree large enough to be divided.
struct BusyImage : ImageBuilder {
  BusyImage() : ImageBuilder({512, 16384, kAllModules}) {
    auto import = must(TagImport::open(file(), {}, kSomeOptions));
    for (int64_t inode = 1; inode <= 4'000; ++inode) {
      const std::string key = fmt::format("key {:04}", inode * 7919 % 4'000);
      must(import->add({key, "value", inode, 0}, static_cast<uint64_t>(inode)));
    }
    Activity activity;
    must(import->finish(activity));
    MemoryFile module(wasm_of_size(size_t{1} << 20, 1));
    must(register_module(file(), module, {}, kSomeOptions, activity));
    const auto volume = open_volume(file());
    static_cast<void>(commit_data(*volume, 50, 3));
    must(volume->close());
  }
};

void check_same(const Verified& one, const Verified& other) {
  REQUIRE(other.codes == one.codes);
  for (size_t i = 0; i < one.findings.size(); ++i) {
    CHECK(other.findings[i].block == one.findings[i].block);
    CHECK(other.findings[i].message == one.findings[i].message);
  }
  CHECK(other.summary.blocks_checked == one.summary.blocks_checked);
  CHECK(other.summary.intact == one.summary.intact);
}

// Not enough for all damaged blocks: which of them are tried must not depend on threads.
constexpr double kSearchSeconds = 0.05;

void check_on_threads(BlockFile& file, size_t findings) {
  const Verified on_one = verified(file, {VerifyScope::kAll, 1, kSearchSeconds});
  CHECK_FALSE(on_one.error);
  CHECK(on_one.findings.size() == findings);
  for (const unsigned jobs : {2u, 3u, 8u}) {
    CAPTURE(jobs);
    check_same(on_one, verified(file, {VerifyScope::kAll, jobs, kSearchSeconds}));
  }
}

// Sets Activity::stop at one of its reads, on any thread.
class StoppingFile : public FaultyFile {
 public:
  StoppingFile(BlockFile& file, Activity& activity, uint64_t reads)
      : FaultyFile(file, 512, {}), activity_(activity), left_(reads) {}
  Result<void> read(uint64_t offset, MutableBytes out) override {
    if (left_-- == 0) activity_.stop = true;
    return FaultyFile::read(offset, out);
  }
  [[nodiscard]] uint64_t reads_left() const { return left_; }

 private:
  Activity& activity_;
  std::atomic<uint64_t> left_;
};

}  // namespace

TEST_CASE("findings come in the same order on any number of threads") {
  ImageBuilder image({512, 16384, kAllModules});
  for (uint64_t block = image.start("SNAP"); block < image.start("DATA"); ++block)
    image.flip(block, 3);
  check_on_threads(image.file(), 65);  // the last one reports lost entries
}

TEST_CASE("an intact image is clean on any number of threads") {
  BusyImage image;
  const Verified on_one = verified(image.file());
  CHECK_FALSE(on_one.complains());
  check_on_threads(image.file(), on_one.findings.size());
}

TEST_CASE("damage in the tag tree, in modules and in data is found on any number of threads") {
  BusyImage image;
  const size_t sound = verified(image.file()).findings.size();
  size_t flipped = 0;
  for (const uint64_t block : image.written_blocks())
    if (block > image.start("SNAP") && block % 16 == 0 && ++flipped != 0) image.flip(block, 9);
  REQUIRE(flipped > 100);
  const size_t found = verified(image.file()).findings.size();
  CHECK(found >= sound + flipped);
  check_on_threads(image.file(), found);
}

TEST_CASE("all threads end when one of them sees the request to stop") {
  BusyImage image;
  uint64_t reads = 0;
  {
    Activity activity;
    StoppingFile file(image.file(), activity, UINT64_MAX);
    must(verify_image(file, {VerifyScope::kAll, 4, 0}, activity, [](const Finding&) {}));
    reads = UINT64_MAX - file.reads_left();
  }
  REQUIRE(reads > 100);
  for (const uint64_t at : {reads / 3, reads / 2, reads * 2 / 3}) {
    Activity activity;
    StoppingFile file(image.file(), activity, at);
    const auto stopped =
        verify_image(file, {VerifyScope::kAll, 4, 0}, activity, [](const Finding&) {});
    REQUIRE_FALSE(stopped.has_value());
    CHECK(stopped.error().code == ErrorCode::kInterrupted);
  }
}

TEST_CASE("several verifications of one file at once do not disturb each other") {
  BusyImage image;
  const Verified alone = verified(image.file());
  std::vector<Verified> found(3);
  std::vector<std::thread> threads;
  for (Verified& each : found)
    threads.emplace_back([&] { each = verified(image.file(), {VerifyScope::kAll, 2, 0}); });
  for (std::thread& thread : threads) thread.join();
  for (const Verified& each : found) check_same(alone, each);
}
