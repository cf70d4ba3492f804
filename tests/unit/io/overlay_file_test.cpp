#include "io/overlay_file.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "io/memory_file.h"
#include "support/files/sparse_file.h"
#include "support/random.h"
#include "support/session.h"

using namespace vde;
using namespace vde::test;

namespace {

std::vector<uint8_t> page_of(uint8_t fill) {
  return std::vector<uint8_t>(512, fill);
}

uint8_t byte_at(BlockFile& file, uint64_t offset) {
  std::array<uint8_t, 1> byte{};
  must(file.read(offset, byte));
  return byte[0];
}

// Lends its bytes, as a file that keeps them in memory does.
class LendingFile : public MemoryFile {
 public:
  using MemoryFile::MemoryFile;
  [[nodiscard]] std::unique_ptr<FileMapping> cached(ByteRange range) override {
    return std::make_unique<Lent>(Bytes(bytes()).subspan(range.begin, range.length()));
  }

 private:
  class Lent : public FileMapping {
   public:
    explicit Lent(Bytes bytes) : bytes_(bytes) {}
    [[nodiscard]] Bytes bytes() const override { return bytes_; }

   private:
    Bytes bytes_;
  };
};

}  // namespace

TEST_CASE("a view shows what was written to it, and the file below is unchanged") {
  MemoryFile below(std::vector<uint8_t>(4096, 1));
  OverlayFile view(below, 512);
  std::vector<uint8_t> pages = page_of(2);
  pages.insert(pages.end(), 512, 3);
  must(view.write(1024, pages));
  must(view.zero({3072, 3584}));
  must(view.sync());

  std::vector<uint8_t> all(4096);
  must(view.read(0, all));
  std::vector<uint8_t> expected(4096, 1);
  std::fill_n(expected.begin() + 1024, 512, uint8_t{2});
  std::fill_n(expected.begin() + 1536, 512, uint8_t{3});
  std::fill_n(expected.begin() + 3072, 512, uint8_t{0});
  CHECK(all == expected);
  CHECK(below.bytes() == std::vector<uint8_t>(4096, 1));
}

TEST_CASE("a read may begin and end anywhere in a changed page") {
  MemoryFile below(std::vector<uint8_t>(2048, 1));
  OverlayFile view(below, 512);
  must(view.write(512, page_of(2)));
  std::vector<uint8_t> bytes(514);
  must(view.read(511, bytes));
  CHECK(bytes.front() == 1);
  CHECK(bytes[1] == 2);
  CHECK(bytes[512] == 2);
  CHECK(bytes.back() == 1);
  CHECK(byte_at(view, 700) == 2);
  must(view.write(512, page_of(4)));
  CHECK(byte_at(view, 700) == 4);
}

TEST_CASE("a view is as long as its file, and a read past its end is an error") {
  MemoryFile below(std::vector<uint8_t>(2048, 1));
  OverlayFile view(below, 512);
  CHECK(*view.size() == 2048);
  std::vector<uint8_t> bytes(513);
  CHECK(view.read(1536, bytes).error().code == ErrorCode::kIo);
}

TEST_CASE("a view lends what its file lends, but nothing that it has changed or cut") {
  LendingFile below(std::vector<uint8_t>(4096, 1));
  OverlayFile view(below, 512);
  must(view.write(1024, page_of(2)));
  const auto lent = view.cached({0, 1024});
  REQUIRE(lent != nullptr);
  CHECK(lent->bytes().data() == below.bytes().data());
  CHECK(view.cached({1000, 1030}) == nullptr);
  CHECK(view.cached({1024, 1536}) == nullptr);
  CHECK(view.cached({1536, 4096}) != nullptr);
  must(view.resize(2048));
  must(view.resize(4096));
  CHECK(view.cached({1536, 2048}) != nullptr);
  CHECK(view.cached({1536, 4096}) == nullptr);
}

TEST_CASE("only the size of the view changes, and added or cut bytes are zero") {
  MemoryFile below(std::vector<uint8_t>(2048, 1));
  OverlayFile view(below, 512);
  must(view.write(1536, page_of(2)));
  must(view.resize(1000));
  must(view.resize(4096));
  CHECK(*view.size() == 4096);
  CHECK(*below.size() == 2048);
  CHECK(byte_at(view, 999) == 1);
  CHECK(byte_at(view, 1000) == 0);
  CHECK(byte_at(view, 1536) == 0);
  CHECK(byte_at(view, 4095) == 0);
  CHECK(*view.next_data({1024, 4096}) == ByteRange{4096, 4096});
  must(view.write(2048, page_of(3)));
  CHECK(*view.next_data({1024, 4096}) == ByteRange{2048, 2560});
}

TEST_CASE("data is where the file has some or the view was written, in order") {
  SparseFile below;
  must(below.resize(1 << 20));
  must(below.write(16'384, page_of(1)));
  OverlayFile view(below, 512);
  must(view.write(1024, page_of(2)));
  must(view.write(65'536, page_of(3)));
  const auto next = [&](uint64_t begin, uint64_t end) {
    return must(view.next_data({begin, end}));
  };
  CHECK(next(0, 1 << 20) == ByteRange{1024, 1536});
  CHECK(next(1100, 1 << 20) == ByteRange{1100, 1536});
  CHECK(next(1536, 1 << 20) == ByteRange{16'384, 20'480});
  CHECK(next(20'480, 1 << 20) == ByteRange{65'536, 66'048});
  CHECK(next(66'048, 1 << 20).empty());
  CHECK(next(0, 1024).empty());
  CHECK(next(0, 1200) == ByteRange{1024, 1200});
}

TEST_CASE("a redirected page is not copied, and can be overwritten") {
  MemoryFile below;
  for (uint8_t i = 0; i < 8; ++i) must(below.write(i * 512, page_of(i)));
  OverlayFile view(below, 512);
  view.redirect(512, 5 * 512);
  view.redirect(1024, 6 * 512);
  std::vector<uint8_t> bytes(1026);
  must(view.read(511, bytes));
  CHECK(bytes.front() == 0);
  CHECK(bytes[1] == 5);
  CHECK(bytes[513] == 6);
  CHECK(bytes.back() == 3);
  CHECK(byte_at(view, 5 * 512) == 5);
  must(view.write(512, page_of(9)));
  CHECK(byte_at(view, 512) == 9);
  CHECK(byte_at(view, 1024) == 6);
  CHECK(byte_at(below, 512) == 1);
}

TEST_CASE("a page that reads as zeros is not written, and can be overwritten") {
  MemoryFile below;
  for (uint8_t i = 0; i < 4; ++i) must(below.write(i * 512, page_of(7)));
  OverlayFile view(below, 512);
  view.redirect(1024, OverlayFile::kZeros);
  CHECK(byte_at(view, 1023) == 7);
  CHECK(byte_at(view, 1024) == 0);
  CHECK(byte_at(view, 1535) == 0);
  CHECK(byte_at(view, 1536) == 7);
  CHECK(view.written().empty());
  must(view.write(1024, page_of(9)));
  CHECK(byte_at(view, 1024) == 9);
}

TEST_CASE("a hole that reads as another page is data") {
  SparseFile below;
  must(below.resize(1 << 20));
  must(below.write(65'536, page_of(1)));
  OverlayFile view(below, 512);
  view.redirect(1024, 65'536);
  CHECK(must(view.next_data({0, 1 << 20})) == ByteRange{1024, 1536});
  CHECK(must(view.next_data({1536, 1 << 20})).begin == 65'536);
}

TEST_CASE("pages over the memory limit read the same from a temporary file") {
  MemoryFile below(std::vector<uint8_t>(16 * 512, 1));
  OverlayFile view(below, 512, 2 * 512);
  std::vector<uint8_t> expected = below.bytes();
  for (const uint64_t page : {9u, 3u, 4u, 5u, 3u, 10u, 11u, 4u, 0u, 15u}) {
    const auto fill = static_cast<uint8_t>(page + 100);
    must(view.write(page * 512, page_of(fill)));
    std::fill_n(expected.begin() + static_cast<ptrdiff_t>(page * 512), 512, fill);
    std::vector<uint8_t> all(16 * 512);
    must(view.read(0, all));
    CHECK(all == expected);
  }
  CHECK(byte_at(view, 5 * 512 + 511) == 105);
  const std::vector<ByteRange> written = {
      {0, 512}, {3 * 512, 6 * 512}, {9 * 512, 12 * 512}, {15 * 512, 16 * 512}};
  CHECK(view.written() == written);
  CHECK(view.map({3 * 512, 4 * 512}) == nullptr);
  CHECK(below.bytes() == std::vector<uint8_t>(16 * 512, 1));
}

TEST_CASE("a view with little memory behaves like one with much") {
  SparseFile below;
  must(below.resize(64 * 512));
  must(below.write(8 * 512, page_of(7)));
  OverlayFile small(below, 512, 3 * 512);
  OverlayFile large(below, 512);
  Random random(1);
  const auto upto = [&](uint64_t max) { return random.below(max + 1); };
  for (int step = 0; step < 3000; ++step) {
    CAPTURE(step);
    const uint64_t size = must(large.size());
    const uint64_t page = upto(size / 512 - 1);
    const uint64_t count = 1 + upto(std::min<uint64_t>(4, size / 512 - page - 1));
    const std::vector<uint8_t> bytes(count * 512, static_cast<uint8_t>(step));
    const uint64_t what = upto(40);
    for (OverlayFile* view : {&small, &large}) {
      if (what == 0) must(view->resize((32 + page) * 512));
      if (what == 1) must(view->zero({page * 512, (page + count) * 512}));
      if (what > 1) must(view->write(page * 512, bytes));
    }
    const uint64_t from = upto(must(large.size()) - 1);
    std::vector<uint8_t> here(upto(must(large.size()) - from));
    std::vector<uint8_t> there(here.size());
    must(small.read(from, here));
    must(large.read(from, there));
    CHECK(here == there);
    if (step % 50 == 0) CHECK(small.written() == large.written());
    // Ranges are returned as one run from the file, and page by page from memory.
    const ByteRange asked{from, must(large.size())};
    CHECK(must(small.next_data(asked)).begin == must(large.next_data(asked)).begin);
  }
}

TEST_CASE("a write reports that no temporary file can be created") {
  MemoryFile below(std::vector<uint8_t>(2048, 1));
  OverlayFile view(below, 512, 512);
  must(view.write(0, page_of(2)));
  const char* before = std::getenv("TMPDIR");
  const std::string kept = before == nullptr ? "" : before;
  setenv("TMPDIR", "/nowhere/at/all", 1);
  const Result<void> outcome = view.write(512, page_of(3));
  before == nullptr ? unsetenv("TMPDIR") : setenv("TMPDIR", kept.c_str(), 1);
  REQUIRE_FALSE(outcome.has_value());
  CHECK(outcome.error().message.find("cannot create a temporary file") != std::string::npos);
}
