// Chains of logs: what of an entry does not fit those before it.
#include "format/region/log_chain.h"

#include <doctest/doctest.h>

#include <memory>

#include "format/region/tables.h"
#include "support/table_image.h"

using namespace vde;
using namespace vde::test;

namespace {

// Three entries, and the letters of their faults.
struct ChainedLog {
  explicit ChainedLog(const TableDescription& description)
      : table(description), content(sound_table(description)) {}

  FieldValues& entry(size_t index) { return content.records[0][index]; }

  // "s", "h" and "t" for sequence, hash and time; entries are separated by blanks. There is a gap
  // before entry `gap`.
  std::string faults(size_t gap = SIZE_MAX) {
    content.header.try_emplace("entry_count", int64_t{3});
    content.header.try_emplace("record_count", int64_t{3});
    const std::vector<uint8_t> head = encode_fields(table.header, content.header);
    LogChain chain(table, head);
    std::string text;
    for (size_t i = 0; i < content.records[0].size(); ++i) {
      if (i == gap) {
        chain.gap();
        continue;
      }
      const std::vector<uint8_t> bytes = encode_fields(table.lists[0].fields, entry(i));
      TableRecord record;
      record.list = &table.lists[0];
      record.index = i;
      record.bytes = bytes;
      const LinkFaults found = chain.next(record);
      text += std::string(text.empty() ? "" : " ") + (found.breaks() ? "" : "-");
      if (found.sequence) text += "s";
      if (found.hash) text += "h";
      if (found.time) text += "t";
    }
    next = chain.wrong_next();
    return text;
  }

  const TableDescription& table;
  TableContent content;
  std::optional<int64_t> next;
};

}  // namespace

TEST_CASE("the logs with a chain are those of entries with numbers") {
  for (const TableDescription* table : all_tables()) {
    CAPTURE(table->name);
    CHECK(LogChain::is_in(*table) == (table == &tables::kAuditLog || table == &tables::kWorm));
  }
}

TEST_CASE("an audit log that was written by the rules has no faults") {
  ChainedLog log(tables::kAuditLog);
  CHECK(log.faults() == "- - -");
  CHECK_FALSE(log.next.has_value());
}

TEST_CASE("a changed entry breaks the link of the entry after it") {
  ChainedLog log(tables::kAuditLog);
  log.entry(0)["event"] = int64_t{2};
  CHECK(log.faults() == "- h -");
  log.entry(2)["details"] = "other";
  CHECK(log.faults() == "- h -");  // nothing protects the last entry
  log.entry(2)["previous_hash"] = std::string(32, 'x');
  CHECK(log.faults() == "- h h");
}

TEST_CASE("the first entry holds zeros as the hash of the entry before it") {
  ChainedLog log(tables::kAuditLog);
  log.entry(0)["previous_hash"] = std::string(32, 'x');
  CHECK(log.faults() == "h h -");
}

TEST_CASE("numbers are compared with the place, not with the number before") {
  ChainedLog log(tables::kAuditLog);
  log.entry(1)["sequence"] = int64_t{7};
  log.content.chain();
  CHECK(log.faults() == "- s -");
  log.entry(1)["sequence"] = int64_t{-1};
  log.content.chain();
  CHECK(log.faults() == "- s -");
}

TEST_CASE("an entry that was removed is missed, and one that was moved too") {
  ChainedLog log(tables::kAuditLog);
  auto& entries = log.content.records[0];
  std::swap(entries[0], entries[1]);
  CHECK(log.faults() == "sh sht h");
  std::swap(entries[0], entries[1]);
  entries.erase(entries.begin() + 1);
  CHECK(log.faults() == "- sh");
}

TEST_CASE("after a gap, the next entry may have any later number, and its hash is not compared") {
  ChainedLog log(tables::kAuditLog);
  CHECK(log.faults(1) == "- -");
  CHECK(log.faults(0) == "- -");
  log.entry(2)["sequence"] = int64_t{0};  // there was one already
  CHECK(log.faults(1) == "- s");
  log.entry(2)["sequence"] = int64_t{3};  // the log has three
  CHECK(log.faults(1) == "- s");
}

TEST_CASE("a time that goes back is reported once, and breaks nothing") {
  ChainedLog log(tables::kAuditLog);
  for (int64_t i = 0; i < 3; ++i) log.entry(static_cast<size_t>(i))["ticks"] = 100 - i;
  log.content.chain();
  CHECK(log.faults() == "- -t -");
}

TEST_CASE("the header may announce another next number than the entries lead to") {
  ChainedLog log(tables::kAuditLog);
  log.content.header["next_sequence"] = int64_t{9};
  CHECK(log.faults() == "- - -");
  CHECK(log.next == 9);
}

TEST_CASE("records of a write-once log have numbers and no hashes of each other") {
  ChainedLog log(tables::kWorm);
  CHECK(log.faults() == "- - -");
  CHECK(log.faults(1) == "- -");
  log.entry(1)["content_hash"] = std::string(32, 'x');
  CHECK(log.faults() == "- - -");
  log.entry(2)["block_index"] = int64_t{5};
  CHECK(log.faults() == "- - s");
  CHECK(log.faults(1) == "- s");
}

TEST_CASE("the high-water mark of a write-once log is the number of its next record") {
  ChainedLog log(tables::kWorm);
  log.faults();
  CHECK_FALSE(log.next.has_value());
  log.content.header["high_water_mark"] = int64_t{100};
  CHECK(log.faults() == "- - -");
  CHECK(log.next == 100);
}

TEST_CASE("a ring holds the entries from its tail to its head") {
  TableContent content = sound_table(tables::kStreaming);
  const auto ring = [&](const char* field, int64_t value) {
    TableContent changed = content;
    changed.header[field] = value;
    return read_ring(encode_fields(tables::kStreaming.header, changed.header));
  };
  CHECK(ring("growth_increment", 1).is_ordered());
  CHECK(ring("growth_increment", 1).has_limits());
  CHECK_FALSE(ring("growth_increment", 0).has_limits());
  CHECK_FALSE(ring("max_capacity_blocks", -1).has_limits());
  CHECK_FALSE(ring("max_capacity_blocks", 1).is_ordered());
  CHECK_FALSE(ring("write_head", 6).is_ordered());
  CHECK_FALSE(ring("read_tail", -1).is_ordered());
  CHECK_FALSE(ring("entry_count", 2).is_ordered());
  CHECK_FALSE(ring("allocated_blocks", 0).is_ordered());
}
