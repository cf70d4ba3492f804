// The results of a lost write in a packed table: nothing is added to it, and no list ends early.
#include <doctest/doctest.h>

#include "format/region/module_entry.h"
#include "region/packed_editor.h"
#include "support/image_builder.h"
#include "support/session.h"

using namespace vde;
using namespace vde::test;

namespace {

constexpr PackedTable kCodeTable{block_types::kCode, kModuleShape};

std::vector<uint8_t> record_of(uint32_t number) {
  ModuleEntry entry;
  store_le(MutableBytes(entry.hash), 0, number + 1);
  entry.first_block = 500 + number;
  std::vector<uint8_t> record(encoded_size(entry));
  encode(entry, record);
  return record;
}

Result<void> add_entries(BlockFile& file, uint32_t from, uint32_t to) {
  const auto volume = open_volume(file);
  Transaction transaction = must(volume->begin());
  size_t slot = 0;
  while (transaction.regions().raw_slots()[slot].type != block_types::kCode) ++slot;
  VDE_TRY_ASSIGN(table, PackedEditor::open(transaction, volume->allocator(), slot, kCodeTable));
  for (uint32_t i = from; i < to; ++i) VDE_TRY(table.append(record_of(i)));
  VDE_TRY(volume->commit(transaction));
  return volume->close();
}

Result<size_t> count_entries(ImageBuilder& image) {
  const uint64_t begin = image.start("CODE");
  const auto blocks = static_cast<uint64_t>(image.slots()[image.slot_of("CODE")].count);
  FileSource source(BlockIo(image.file(), image.block_size()), {begin, begin + blocks},
                    block_types::kCode);
  size_t count = 0;
  VDE_TRY(walk_packed(source, kCodeTable, [&](const PackedRecord&) {
    ++count;
    return true;
  }));
  return count;
}

void check_damaged(const Error& error, uint64_t block) {
  CHECK(error.code == ErrorCode::kDamaged);
  CHECK(error.block == block);
}

}  // namespace

TEST_CASE("a stale first block, which counts too few entries, is detected") {
  ImageBuilder image({512, 1024, "compute"});
  must(add_entries(image.file(), 0, 4));
  const uint64_t code = image.start("CODE");
  const std::vector<uint8_t> head(image.block(code).begin(), image.block(code).end());
  must(add_entries(image.file(), 4, 20));
  std::copy(head.begin(), head.end(), image.block(code).begin());

  const auto listed = count_entries(image);
  REQUIRE_FALSE(listed.has_value());
  CHECK(listed.error().code == ErrorCode::kDamaged);
  const auto before = image.bytes();
  const auto added = add_entries(image.file(), 20, 21);
  REQUIRE_FALSE(added.has_value());
  CHECK(added.error().code == ErrorCode::kDamaged);
  CHECK(image.bytes() == before);
}

TEST_CASE("a stale last block, which holds too few entries, is detected") {
  ImageBuilder image({512, 1024, "compute"});
  must(add_entries(image.file(), 0, 8));
  const uint64_t last = image.start("CODE") + 1;
  const std::vector<uint8_t> then(image.block(last).begin(), image.block(last).end());
  must(add_entries(image.file(), 8, 10));
  std::copy(then.begin(), then.end(), image.block(last).begin());
  CHECK_FALSE(count_entries(image).has_value());
  CHECK_FALSE(add_entries(image.file(), 20, 21).has_value());
}

TEST_CASE("if only the first block was never written, it is lost, not empty") {
  ImageBuilder image({512, 1024, "compute"});
  must(add_entries(image.file(), 0, 3));
  const uint64_t code = image.start("CODE");
  image.wipe(code);
  const auto added = add_entries(image.file(), 3, 4);
  REQUIRE_FALSE(added.has_value());
  check_damaged(added.error(), code);
}

TEST_CASE("a table without any written block is empty") {
  ImageBuilder image({512, 1024, "compute"});
  const uint64_t code = image.start("CODE");
  const auto blocks = static_cast<uint64_t>(image.slots()[image.slot_of("CODE")].count);
  for (uint64_t n = code; n < code + blocks; ++n) image.wipe(n);
  must(add_entries(image.file(), 0, 3));
  CHECK(must(count_entries(image)) == 3);
}
