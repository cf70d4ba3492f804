#include "journal/metadata_chain.h"

#include <doctest/doctest.h>

#include "support/evidence_image.h"
#include "support/session.h"
#include "support/strict/strict_evidence.h"

using namespace vde;
using namespace vde::test;
using strict::Proof;

namespace {

struct ChainedImage {
  explicit ChainedImage(bool is_foreign = false) : image({4096, 256, kAllModules}) {
    const uint64_t header = image.start("MWAL");
    if (is_foreign) image.patch(header, 96, std::string(80, '0')).rehash(header);
    chain_image(image);
    REQUIRE(proof() == Proof::kFits);
  }
  Proof proof() { return strict::metadata_chain(image.bytes()); }
  int64_t generation() { return must(probe_image(image.file())).anchor.chain_generation; }

  ImageBuilder image;
};

}  // namespace

TEST_CASE("a session keeps a chain hash that fits, and each checkpoint counts its generation") {
  for (const bool is_foreign : {false, true}) {
    ChainedImage chained(is_foreign);
    const auto volume = open_volume(chained.image.file());
    const BlockRange run = commit_data(*volume, 1, 1);
    commit_change(*volume, run, 2);
    must(volume->close());
    CHECK(chained.proof() == Proof::kFits);
    CHECK(chained.generation() == 2);
    const Probe probe = must(probe_image(chained.image.file()));
    CHECK(probe.anchor.chain == probe.superblock.modified);
    commit_change(*open_volume(chained.image.file()), run, 3);
    static_cast<void>(open_volume(chained.image.file()));
    CHECK(chained.proof() == Proof::kFits);
    CHECK(chained.generation() == 3);
  }
}

TEST_CASE("a chain hash that does not fit is not changed") {
  ChainedImage chained;
  chained.image.flip(chained.image.start("BMAP"), 300).rehash(chained.image.start("BMAP"));
  const IntegrityAnchor before = must(probe_image(chained.image.file())).anchor;
  const auto volume = open_volume(chained.image.file());
  Transaction transaction = must(volume->begin());
  must(volume->commit(transaction));
  must(volume->close());
  CHECK(must(probe_image(chained.image.file())).anchor == before);
}

TEST_CASE("a recovery with commits writes the chain hash of the last one") {
  ChainedImage chained;
  leave_commits(chained.image.file(), 3);
  static_cast<void>(open_volume(chained.image.file()));
  CHECK(chained.proof() == Proof::kFits);
  CHECK(chained.generation() == 2);
}

TEST_CASE("after recoveries without commits, the next commit renews the chain hash") {
  for (const int recoveries : {1, 2, 4}) {
    ChainedImage chained;
    for (int i = 0; i < recoveries; ++i) {
      // A crash cut the record short.
      leave_commits(chained.image.file(), 1);
      chained.image.flip(chained.image.start("MWAL") + 1, 300);
      static_cast<void>(open_volume(chained.image.file()));
      CHECK(chained.proof() == Proof::kWrong);
      CHECK(chained.generation() == 1);
    }
    commit_data(*open_volume(chained.image.file()), 1, 1);
    static_cast<void>(open_volume(chained.image.file()));
    CHECK(chained.proof() == Proof::kFits);
    CHECK(chained.generation() == 2);
  }
}

TEST_CASE("a torn header does not hide that the chain hash fitted") {
  ChainedImage chained;
  const auto volume = open_volume(chained.image.file());
  const BlockRange run = commit_data(*volume, 1, 1);
  must(volume->close());
  const std::vector<uint8_t> closed = chained.image.bytes();
  for (const size_t offset : {5u, 100u, 500u}) {
    chained.image.bytes() = closed;
    chained.image.flip(chained.image.start("MWAL"), offset);
    commit_change(*open_volume(chained.image.file()), run, 2);
    static_cast<void>(open_volume(chained.image.file()));
    CHECK(chained.proof() == Proof::kFits);
  }
}

TEST_CASE("an image whose first mark was written, and nothing else, has a stale chain hash") {
  ChainedImage chained(true);
  const Probe probe = must(probe_image(chained.image.file()));
  const BlockIo io(chained.image.file(), probe.block_size);
  const JournalArea area = must(find_journal(probe));
  must(write_journal_header(io, area, probe.superblock, 1));
  const auto volume = open_volume(chained.image.file());
  commit_data(*volume, 1, 1);
  must(volume->close());
  CHECK(chained.proof() == Proof::kWrong);
  CHECK(chained.generation() == 1);
}
