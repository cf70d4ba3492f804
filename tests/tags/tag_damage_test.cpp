// The results of a lost write in a tag index: older blocks with valid trailers. Nothing is built on
// them, and they never end a list early.
#include <doctest/doctest.h>

#include "format/tag/tag_extension.h"
#include "format/tag/tag_index.h"
#include "support/image_builder.h"
#include "tags/tag_session.h"

using namespace vde;
using namespace vde::test;

namespace {

void set(BlockFile& file, int64_t from, int64_t to) {
  const auto writer = must(TagWriter::open(file, kSomeOptions));
  for (int64_t i = from; i < to; ++i)
    must(writer->set({"key" + std::to_string(100'000 + i), "value", i, 0}));
  must(writer->commit());
  must(writer->close());
}

// An index of 512-byte blocks in two commits: `then` is the image after the first one.
struct TwoCommits {
  explicit TwoCommits(int64_t first = 40, int64_t second = 200) : image({512, 1024, "tags"}) {
    set(image.file(), 0, first);
    then = image.bytes();
    set(image.file(), first, second);
    tagi = image.start("TAGI");
  }

  // Restores block `number` of the index to its content after the first commit.
  void lose(uint64_t number) {
    const size_t at = (tagi + number) * 512;
    std::copy_n(then.begin() + static_cast<ptrdiff_t>(at), 512,
                image.bytes().begin() + static_cast<ptrdiff_t>(at));
  }

  // The first error of a list of all tags.
  std::optional<Error> list_error(bool reverse = false) {
    const auto reader = try_open_tags(image.file());
    if (!reader) return reader.error();
    TagQuery query;
    query.reverse = reverse;
    const auto found = (*reader)->find(query, [](const TagView&) { return true; });
    return found ? std::nullopt : std::optional(found.error());
  }

  // The error of the first change that fails; the file must not change.
  std::optional<Error> set_error() {
    const auto before = image.bytes();
    const auto writer = must(TagWriter::open(image.file(), kSomeOptions));
    std::optional<Error> error;
    for (int64_t i = 0; i < 400 && !error; ++i)
      if (auto done = writer->set({"key" + std::to_string(99'000 + i * 7), "v", 1, 0}); !done)
        error = done.error();
    must(writer->close());
    CHECK(image.bytes() == before);
    return error;
  }

  ImageBuilder image;
  std::vector<uint8_t> then;
  uint64_t tagi = 0;
};

void check_damaged(const std::optional<Error>& error, std::string_view hint) {
  REQUIRE(error.has_value());
  CHECK(error->code == ErrorCode::kDamaged);
  CHECK(error->block.has_value());
  CHECK(error->hint == hint);
}

constexpr std::string_view kLook = "run 'vdetool verify IMAGE'";
constexpr std::string_view kRepair = "run 'vdetool verify IMAGE --repair'";

}  // namespace

TEST_CASE("an index whose header is older than its nodes is neither read nor changed") {
  TwoCommits index;
  index.lose(0);
  check_damaged(index.list_error(), kLook);
  check_damaged(index.set_error(), kRepair);
}

TEST_CASE("a stale root, which leads to only some of the leaves, is detected") {
  for (const bool reverse : {false, true}) {
    CAPTURE(reverse);
    TwoCommits index;
    index.lose(kTagRoot);
    check_damaged(index.list_error(reverse), kLook);
    check_damaged(index.set_error(), kRepair);
  }
}

TEST_CASE("a root leaf must hold as many tags as the header counts") {
  TwoCommits index(3, 6);
  index.lose(kTagRoot);
  check_damaged(index.list_error(), kLook);
  check_damaged(index.set_error(), kRepair);
}

TEST_CASE("an all-zero header before nodes does not mean an empty index") {
  for (const bool with_trailer : {false, true}) {
    CAPTURE(with_trailer);
    TwoCommits index;
    index.image.wipe(index.tagi);
    if (with_trailer) index.image.write(index.tagi, "TAGI", "");
    check_damaged(index.list_error(), kLook);
    check_damaged(index.set_error(), kRepair);
  }
}

TEST_CASE("a header with a wrong tag count makes lists fail") {
  for (const bool reverse : {false, true}) {
    CAPTURE(reverse);
    TwoCommits index;
    edit(index.image, index.tagi, 0, kTagIndexHeaderLayout, [](TagIndexHeader& header) {
      header.entry_count = 0;
    }).rehash(index.tagi);
    check_damaged(index.list_error(reverse), kLook);
  }
}

TEST_CASE("an import does not rebuild an index with a wrong tag count") {
  TwoCommits index;
  edit(index.image, index.tagi, 0, kTagIndexHeaderLayout, [](TagIndexHeader& header) {
    header.entry_count = 0;
  }).rehash(index.tagi);
  const auto import = must(TagImport::open(index.image.file(), {}, kSomeOptions));
  must(import->add({"another", "", 1, 0}, 1));
  Activity activity;
  const auto done = import->finish(activity);
  REQUIRE_FALSE(done.has_value());
  check_damaged(done.error(), kRepair);
}

TEST_CASE("a block that the header marks as unused must be empty") {
  TwoCommits index;
  TagExtension record = *decode_tag_extension(index.image.payload(index.tagi));
  --record.high_water;
  encode_tag_extension(record, index.image.payload(index.tagi));
  index.image.rehash(index.tagi);
  check_damaged(index.set_error(), kRepair);
}

TEST_CASE("a filter that overlaps a node destroys no tag") {
  TwoCommits index(40, 2'000);
  TagExtension record = *decode_tag_extension(index.image.payload(index.tagi));
  REQUIRE(record.filter_lines > 0);
  record.filter_start = kTagRoot + 1;
  encode_tag_extension(record, index.image.payload(index.tagi));
  index.image.rehash(index.tagi);
  check_damaged(index.set_error(), kRepair);
}
