// Described tables: the total sizes of the descriptions, and reading block by block.
#include "format/region/table.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <memory>

#include "format/block_type.h"
#include "support/table_image.h"

using namespace vde;
using namespace vde::test;

namespace {

// Record by record: list, index, offset and first bytes.
std::string text_of(const TableBlock& block) {
  std::string text;
  for (const TableRecord& record : block.records)
    text += fmt::format("{} {} at {}: {:02x}{:02x} {}\n", record.list->name, record.index,
                        record.offset, record.bytes[0], record.bytes[8], record.bytes.size());
  return text;
}

// A table with `count` records in its first list.
std::unique_ptr<ImageBuilder> with_records(const TableDescription& table, int64_t count) {
  auto image = std::make_unique<ImageBuilder>();
  make_table_region(*image, table.type);
  TableContent content = sound_table(table);
  auto& records = content.records[0];
  for (auto i = static_cast<int64_t>(records.size()); i < count; ++i) {
    records.push_back(records[0]);
    for (const char* number : {"metric", "id", "sequence"}) records.back()[number] = i;
  }
  write_table(*image, content);
  return image;
}

}  // namespace

TEST_CASE("headers and records of described tables have the sizes in FORMAT.md") {
  std::string all;
  for (const TableDescription* table : all_tables()) {
    all += fmt::format("{} {}", to_string(table->type), fixed_size(table->header));
    for (const RecordList& list : table->lists) all += fmt::format(" {}", fixed_size(list.fields));
    all += "\n";
  }
  CHECK(all ==
        "ANON 16 108\nALOG 16 86\nCMVT 16 132\nCLOG 16 89\nDICT 16 68\nXREF 16 20 32\n"
        "INTE 16 43\nMLOG 32 19\nMLOG 38 18\nOPJR 64 128\nRAID 16 40 12 64\nXREF 16 74\n"
        "REPL 8 32 48\nXREF 16 36\nSTRE 44\nWALS 16 32\nWORM 40 52\nZNSM 0 16\n");
}

TEST_CASE("seeking to a block finds the same records as reading up to it") {
  for (const TableDescription* table :
       {&tables::kAnonymization, &tables::kMetrics, &tables::kOperations, &tables::kWorm,
        &tables::kMetricsV21, &tables::kIntelligence}) {
    CAPTURE(table->name);
    const auto built = with_records(*table, 90);
    ImageBuilder& image = *built;
    const auto payload = [&](uint64_t index) {
      return index < kTableBlocks ? Bytes(image.payload(kTableStart + index)) : Bytes{};
    };
    TableReader reader(*table, payload(0));
    size_t records = 0;
    for (uint64_t index = 0; index < kTableBlocks; ++index) {
      CAPTURE(index);
      const TableBlock read = reader.read(payload(index), payload(index + 1));
      TableReader other(*table, payload(0));
      other.seek(index);
      CHECK(text_of(other.read(payload(index), payload(index + 1))) == text_of(read));
      records += read.records.size();
    }
    CHECK(records == 90);
    CHECK(reader.done());
  }
}

TEST_CASE("places are only in the block in which their list starts") {
  ImageBuilder image;
  make_table_region(image, tables::kRaid.type);
  write_table(image, sound_table(tables::kRaid));
  TableReader reader(tables::kRaid, image.payload(kTableStart));
  const auto used = [&](uint64_t index) {
    reader.seek(index);
    std::string names;
    const TableBlock block = reader.read(image.payload(kTableStart + index), {});
    for (const TableRecord& record : block.records)
      if (!record.is_empty) names += fmt::format("{} {}, ", record.list->name, record.index);
    return names;
  };
  CHECK(used(0) == "shard 0, shard 1, shard 2, ");
  CHECK(used(1) == "parity 0, parity 1, parity 2, rebuild 0, ");
  CHECK(used(2).empty());
}

TEST_CASE("the bytes of a stream record in two payloads are joined") {
  const auto built = with_records(tables::kOperations, 40);
  ImageBuilder& image = *built;
  const Bytes head = image.payload(kTableStart);
  TableReader reader(tables::kOperations, head);
  const TableBlock first = reader.read(head, image.payload(kTableStart + 1));
  // (4080 - 64) / 128 is 31 and a rest.
  REQUIRE(first.records.size() == 32);
  CHECK(first.records[31].offset == 64 + 31 * 128);
  CHECK(first.records[31].bytes.size() == 128);
  CHECK(first.records[31].number("id") == 31);
  const TableBlock second = reader.read(image.payload(kTableStart + 1), {});
  CHECK(second.records[0].index == 32);
  CHECK(second.records[0].offset == 64 + 32 * 128 - 4080);
}

TEST_CASE("a length above its limit ends a block; the records before it are read") {
  ImageBuilder image;
  make_table_region(image, tables::kAuditLog.type);
  TableContent content = sound_table(tables::kAuditLog);
  content.records[0][1]["details_length"] = int64_t{257};
  write_table(image, content);
  TableReader reader(tables::kAuditLog, image.payload(kTableStart));
  const TableBlock block = reader.read(image.payload(kTableStart), {});
  CHECK(block.records.size() == 1);
  REQUIRE(block.broken.has_value());
  CHECK(block.broken->message == "details_length is 257 (maximum 256)");
}

TEST_CASE("the forms of XREF and MLOG regions are recognized by their bytes") {
  for (const TableDescription* table : {&tables::kReferences, &tables::kFederation, &tables::kRoles,
                                        &tables::kMetrics, &tables::kMetricsV21}) {
    CAPTURE(table->name);
    ImageBuilder image;
    make_table_region(image, table->type);
    write_table(image, sound_table(*table));
    CHECK(find_table(table->type, image.payload(kTableStart)) == table);
  }
  CHECK(find_table(block_types::kCode, std::vector<uint8_t>(4080)) == nullptr);
  // These blocks are too small for the fixed places.
  CHECK(find_table(tables::kReplication.type, std::vector<uint8_t>(2032)) == nullptr);
}
