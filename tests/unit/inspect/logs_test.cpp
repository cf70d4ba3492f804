// Logs as `log` shows them: their entries, and the state of each log, intact and damaged.
#include <doctest/doctest.h>

#include <algorithm>

#include "shown_logs.h"
#include "support/crafted_journal.h"
#include "support/files/faulty_file.h"
#include "support/vectors.h"

using namespace vde;
using namespace vde::test;

namespace {

ShownLogs logs_of_sample(const std::string& name) {
  MemoryFile file(vector_image(name));
  return logs_of(file);
}

std::vector<std::string> counted_up(int from, int to) {
  std::vector<std::string> all;
  for (int i = from; i < to; ++i) all.push_back(std::to_string(i));
  return all;
}

}  // namespace

TEST_CASE("an entry of an audit log has its columns, and all its fields as dump has them") {
  LongLog log(3);
  log.content.records[0][1]["details"] = std::string("a\tb\n\xff", 5);
  log.content.chain();
  log.write();
  const ShownLogs shown = logs_of(log.image.file());
  REQUIRE(shown.entries.size() == 3);
  const LogColumns columns = log_columns(shown.entries[1]);
  CHECK(columns.time == "2024-12-17T02:40:00.0000000Z");
  CHECK(columns.log == "ALOG");
  CHECK(columns.sequence == "1");
  CHECK(columns.actor == "01010101-0101-0101-0101-010101010101");
  CHECK(columns.event == "read");
  CHECK(columns.target == columns.actor);
  CHECK(columns.faults == "-");
  CHECK(columns.details == "a\\tb\\n\\xff");
  const Json& entry = shown.entries[1];
  CHECK(entry["block"] == kTableStart);
  CHECK(entry["index"] == 1);
  CHECK(entry["details_base64"] == "YQliCv8=");
  CHECK(entry["fields"]["previous_hash"].get<std::string>().size() == 64);
  CHECK(shown.state() == "audit log (ALOG, slot 8): 3 entries, 0 to 2: complete\n");
  CHECK(shown.summary.broken + shown.summary.damaged == 0);
}

TEST_CASE("a log of several blocks is one chain") {
  LongLog log(40);
  const ShownLogs shown = logs_of(log.image.file());
  CHECK(shown.numbers() == counted_up(0, 40));
  CHECK(shown.entries.back()["block"] == kTableStart + 3);
  CHECK(shown.states[0]["state"] == "complete");
}

TEST_CASE("an entry that does not fit is marked and named with its block") {
  LongLog log(40);
  log.content.records[0][13]["event"] = int64_t{2};
  log.write();
  const ShownLogs shown = logs_of(log.image.file());
  CHECK(shown.numbers()[14] == "14 hash");
  CHECK(shown.entries.size() == 40);
  CHECK(shown.state() ==
        "audit log (ALOG, slot 8): 40 entries, 0 to 39: broken at entry 14 (block 85): it does not "
        "hold the hash of the entry before it\n");
  CHECK(shown.summary.broken == 1);
  CHECK(shown.states[0]["broken_entry"] == 14);
}

TEST_CASE("a damaged block hides its own entries only") {
  LongLog log(40);
  log.image.flip(kTableStart + 1, 100);
  const ShownLogs shown = logs_of(log.image.file());
  std::vector<std::string> expected = counted_up(0, 11);
  for (const std::string& number : counted_up(23, 40)) expected.push_back(number);
  CHECK(shown.numbers() == expected);
  CHECK(shown.entries[10]["index"] == 10);
  CHECK(shown.entries[11]["index"].is_null());
  CHECK(shown.state() ==
        "audit log (ALOG, slot 8): 28 entries, 0 to 39: damaged; block 85 is damaged\n");
  CHECK(shown.summary.damaged == 1);
}

TEST_CASE("a chain can be broken after damage, too") {
  LongLog log(40);
  log.content.records[0][30]["event"] = int64_t{2};
  log.write();
  log.image.flip(kTableStart + 1, 100);
  const ShownLogs shown = logs_of(log.image.file());
  CHECK(shown.states[0]["broken_entry"] == 31);
  CHECK(shown.states[0]["damaged_blocks"] == 1);
  CHECK(shown.summary.broken == 1);
}

TEST_CASE("a number that is too high hides no entries after a gap") {
  LongLog log(40);
  log.content.records[0][23]["sequence"] = int64_t{39};
  log.content.chain();
  log.write();
  log.image.flip(kTableStart + 1, 100);
  std::vector<std::string> expected = counted_up(0, 11);
  expected.emplace_back("39");
  for (const std::string& number : counted_up(24, 40)) expected.push_back(number + " sequence");
  const ShownLogs shown = logs_of(log.image.file());
  CHECK(shown.numbers() == expected);
  CHECK(shown.state() ==
        "audit log (ALOG, slot 8): 28 entries, 0 to 39: broken at entry 40 (block 86): its "
        "sequence number is wrong; 16 entries do not fit the chain; block 85 is damaged\n");
}

TEST_CASE("entries after a gap that the header does not count are shown as wrong") {
  LongLog log(40);
  log.content.header["entry_count"] = log.content.header["next_sequence"] = int64_t{30};
  log.write();
  log.image.flip(kTableStart + 1, 100);
  const ShownLogs shown = logs_of(log.image.file());
  CHECK(shown.numbers().at(17) == "29");
  CHECK(shown.numbers().at(18) == "30 sequence");
  CHECK(shown.entries.size() == 28);
  CHECK(shown.states[0]["broken_entry"] == 30);
}

TEST_CASE("without its header, a log is read up to the first zeros") {
  LongLog log(30);
  log.image.flip(kTableStart, 100);
  const ShownLogs shown = logs_of(log.image.file());
  CHECK(shown.numbers() == counted_up(11, 30));
  CHECK(shown.state() ==
        "audit log (ALOG, slot 8): 19 entries, 11 to 29: damaged; block 84 is damaged\n");
  CHECK(shown.states[0]["counted"].is_null());
}

TEST_CASE("an entry with an impossible length ends its block") {
  LongLog log(40);
  log.content.records[0][13]["details_length"] = int64_t{257};
  log.write();
  const ShownLogs shown = logs_of(log.image.file());
  CHECK(shown.numbers().at(12) == "12");
  CHECK(shown.numbers().at(13) == "23");
  CHECK(shown.states[0]["state"] == "damaged");
  CHECK(shown.state().find("block 85: the entry at byte") != std::string::npos);
}

TEST_CASE("of many invalid entries only the first is described") {
  LongLog log(40);
  for (const size_t entry : {5u, 15u, 25u})
    log.content.records[0][entry]["details_length"] = int64_t{-1};
  log.write();
  const ShownLogs shown = logs_of(log.image.file());
  CHECK(shown.states[0]["problems"].size() == 2);
  CHECK(shown.states[0]["problems"][0] == "3 entries are invalid");
}

TEST_CASE("a log whose header was erased is not empty") {
  for (const bool has_trailer : {true, false}) {
    CAPTURE(has_trailer);
    LongLog log(30);
    log.image.clear_payload(kTableStart).rehash(kTableStart);
    if (!has_trailer) log.image.wipe(kTableStart);
    const ShownLogs shown = logs_of(log.image.file());
    CHECK(shown.numbers() == counted_up(11, 30));
    CHECK(shown.state() ==
          "audit log (ALOG, slot 8): 19 entries, 11 to 29: damaged; block 85 holds more after the "
          "last entry that the header counts\n");
    CHECK(shown.summary.damaged == 1);
  }
}

TEST_CASE("counts are compared with the entries, and never used to reserve memory") {
  struct Count {
    int64_t value;
    size_t shown;
    const char* state;
  };
  for (const Count& count :
       {Count{-1, 0, "0 entries: damaged; the header counts -1 entries"},
        Count{4, 3, "3 entries, 0 to 2: damaged; the header counts 4 entries, but 3 were found"},
        Count{INT64_MAX, 3, "but 3 were found"},
        Count{2, 2, "block 84 holds more after the last entry that the header counts"}}) {
    CAPTURE(count.value);
    LongLog log(3);
    log.content.header["entry_count"] = count.value;
    log.content.header["next_sequence"] = count.value;
    log.write();
    const ShownLogs shown = logs_of(log.image.file());
    CHECK(shown.entries.size() == count.shown);
    CHECK(shown.state().find(count.state) != std::string::npos);
    CHECK(shown.summary.damaged == 1);
  }
}

TEST_CASE("a next number that is too high is a problem, one that is too low a note") {
  struct Next {
    const TableDescription* table;
    const char* field;
    int64_t value;
    const char* state;
  };
  for (const Next& next :
       {Next{&tables::kAuditLog, "next_sequence", 9,
             ": damaged; the next sequence number is 9, the header counts 3 entries: entries may "
             "be missing at the end\n"},
        Next{&tables::kAuditLog, "next_sequence", 2,
             ": complete; the next sequence number is 2, the header counts 3 entries\n"},
        Next{&tables::kWorm, "high_water_mark", 100,
             ": damaged; the high-water mark is 100, the header counts 3 entries: entries may be "
             "missing at the end; "},
        Next{&tables::kWorm, "high_water_mark", 2, "the high-water mark is 2, "}}) {
    CAPTURE(next.state);
    ImageBuilder image;
    make_table_region(image, next.table->type);
    TableContent content = sound_table(*next.table);
    content.header[next.field] = next.value;
    write_table(image, content);
    const ShownLogs shown = logs_of(image.file());
    CHECK(shown.entries.size() == 3);
    CHECK(shown.state().find(next.state) != std::string::npos);
    CHECK(shown.summary.damaged == (next.value > 3 ? 1 : 0));
  }
}

TEST_CASE("zeros are entries if anything but zeros follows them in their block") {
  constexpr size_t kHeader = 38;
  constexpr size_t kSample = 18;
  constexpr size_t kSamples = 223;  // that fit in block 0
  ImageBuilder image;
  make_table_region(image, tables::kMetricsV21.type);
  TableContent content = sound_table(tables::kMetricsV21);
  content.header["entry_count"] = static_cast<int64_t>(kSamples);
  write_table(image, content);
  CHECK(logs_of(image.file()).entries.size() == content.records[0].size());
  image.payload(kTableStart)[kHeader + kSample * kSamples - 1] = 1;
  image.rehash(kTableStart);
  const ShownLogs shown = logs_of(image.file());
  CHECK(shown.entries.size() == kSamples);
  CHECK(shown.states[0]["state"] == "unchained");
}

TEST_CASE("entries after the last block of a log are noticed") {
  LongLog log(3);
  log.image.write(kTableStart + 2, "ALOG", "0102");
  CHECK(logs_of(log.image.file()).state() ==
        "audit log (ALOG, slot 8): 3 entries, 0 to 2: damaged; block 86 holds more after the last "
        "entry that the header counts\n");
}

TEST_CASE("a damaged block after the counted entries may hold entries") {
  LongLog log(23);  // two blocks are full
  LongLog longer(40);
  for (uint64_t block = kTableStart + 2; block < kTableStart + kTableBlocks; ++block) {
    std::ranges::copy(longer.image.block(block), log.image.block(block).begin());
    log.image.flip(block, 100);
  }
  const ShownLogs shown = logs_of(log.image.file());
  CHECK(shown.numbers() == counted_up(0, 23));
  CHECK(shown.state() ==
        "audit log (ALOG, slot 8): 23 entries, 0 to 22: damaged; 2 blocks are damaged, the first "
        "is 86\n");
  CHECK(shown.summary.damaged == 1);
}

TEST_CASE("an unused log with a damaged block is not empty") {
  LongLog log(0);
  log.image.rehash(kTableStart + 2).flip(kTableStart + 2, 100);
  CHECK(logs_of(log.image.file()).state() ==
        "audit log (ALOG, slot 8): 0 entries: damaged; block 86 is damaged\n");
}

TEST_CASE("filters choose entries and leave the check of the chain alone") {
  LongLog log(40);
  for (size_t i = 0; i < 40; ++i)
    log.content.records[0][i]["ticks"] = 638'700'000'000'000'000 + static_cast<int64_t>(i);
  log.content.records[0][7]["actor"] = std::string(16, '\xab');
  log.content.chain();
  log.content.records[0][20]["event"] = int64_t{2};
  log.write();
  const auto shown = [&](const LogFilter& filter) {
    const ShownLogs logs = logs_of(log.image.file(), filter);
    CHECK(logs.summary.broken == 1);
    CHECK(logs.states[0]["entries"] == 40);
    CHECK(logs.summary.shown == logs.entries.size());
    return logs.numbers();
  };
  CHECK(shown({.type = "ALOG"}).size() == 40);
  CHECK(shown({.type = "MLOG"}).empty());
  CHECK(shown({.since = Ticks{638'700'000'000'000'038}}) == counted_up(38, 40));
  CHECK(shown({.until = Ticks{638'700'000'000'000'001}}) == counted_up(0, 2));
  CHECK(shown({.actor = "ABab"}) == counted_up(7, 8));
  CHECK(shown({.actor = "abababab-abab-abab-abab-abababababab"}) == counted_up(7, 8));
  CHECK(shown({.actor = "abababab-abab-abab-abab-ababababababa"}).empty());
  CHECK(shown({.actor = "-"}).empty());
}

TEST_CASE("every log of the samples is complete, or has the state that its listing says") {
  const auto state = [](const std::string& name) { return logs_of_sample(name).state(); };
  CHECK(state("alog-5") == "audit log (ALOG, slot 6): 5 entries, 0 to 4: complete\n");
  CHECK(state("alog-empty") == "audit log (ALOG, slot 6): 0 entries: empty\n");
  CHECK(state("alog-next-odd").find("damaged; the next sequence number is 9, ") !=
        std::string::npos);
  CHECK(state("alog-broken-chain").find(": broken at entry ") != std::string::npos);
  CHECK(state("cmvt-audit") ==
        "compliance audit log (ALOG, slot 7): 4 entries, 0 to 3: complete\n");
  CHECK(state("mlog-6").find(": 6 entries: no chain to check; ") != std::string::npos);
  CHECK(state("mlog-v21-6").find(": 6 entries: no chain to check; ") != std::string::npos);
  CHECK(state("clog-4").find(": 4 entries: no chain to check; ") != std::string::npos);
  CHECK(state("opjr-5").find(": 5 entries, 1 to 5: no chain to check; ") != std::string::npos);
  CHECK(state("worm-3").find(": 3 entries, 0 to 2: complete; ") != std::string::npos);
  CHECK(state("stre-wrapped").find("starts at sequence 39: older entries left the ring") !=
        std::string::npos);
}

TEST_CASE("the entries of the samples are those of their listings") {
  for (const std::string& name : second_vector_names()) {
    const auto listing = vector_listing(name);
    const char* key = listing.contains("audit_log") ? "audit_log" : "compliance_audit_log";
    if (!listing.contains(key) || !listing[key].contains("entries")) continue;
    CAPTURE(name);
    const ShownLogs shown = logs_of_sample(name);
    std::vector<Json> entries;
    for (const Json& entry : shown.entries)
      if (entry["log"] == "ALOG") entries.push_back(entry);
    const auto& listed = listing[key]["entries"];
    REQUIRE(entries.size() == listed.size());
    for (size_t i = 0; i < entries.size(); ++i) {
      CHECK(entries[i]["sequence"] == listed[i]["sequence"].get<int64_t>());
      CHECK(entries[i]["time_ticks"] == listed[i]["ticks"].get<int64_t>());
      CHECK(entries[i]["actor"] == listed[i]["actor"].get<std::string>());
      CHECK(entries[i]["event"] == listed[i]["event"].get<int64_t>());
      CHECK(entries[i]["fields"]["details"] == listed[i]["details_hex"].get<std::string>());
    }
  }
}

TEST_CASE("regions that cannot be read are logs of which nothing is known") {
  LongLog log(3);
  log.image.slot(log.image.slot_of("ALOG"), [](RegionSlot& slot) { slot.flags |= 2; });
  CHECK(logs_of(log.image.file()).state() ==
        "audit log (ALOG, slot 8): 0 entries: not checkable without a key\n");
  CHECK(logs_of(log.image.file()).summary.damaged == 0);
  log.image.slot(log.image.slot_of("ALOG"), [](RegionSlot& slot) {
    slot.flags = 1;
    slot.start = INT64_MAX;
  });
  CHECK(logs_of(log.image.file()).state() ==
        "audit log (ALOG, slot 8): 0 entries: damaged; its region lies outside the volume\n");
  log.image.slot(log.image.slot_of("ALOG"), [](RegionSlot& slot) {
    slot.start = kTableStart;
    slot.count = 0;
  });
  CHECK(logs_of(log.image.file()).state() ==
        "audit log (ALOG, slot 8): 0 entries: damaged; its region has no blocks\n");
}

TEST_CASE("the blocks of a log are not read for another one") {
  LongLog log(40);
  const auto add_slot = [&](size_t index, uint64_t start, int64_t count) {
    log.image.slot(index, [&](RegionSlot& slot) {
      slot.type = tables::kAuditLog.type;
      slot.start = static_cast<int64_t>(start);
      slot.count = count;
      slot.flags = 1;
    });
  };
  add_slot(20, kTableStart, kTableBlocks);
  add_slot(21, kTableStart + 3, 1);
  add_slot(22, kTableStart + 4, 1);
  const ShownLogs shown = logs_of(log.image.file());
  CHECK(shown.numbers() == counted_up(0, 40));
  REQUIRE(shown.states.size() == 4);
  CHECK(shown.states[0]["state"] == "complete");
  for (const size_t slot : {1u, 2u}) {
    CHECK(shown.states[slot]["state"] == "damaged");
    CHECK(shown.states[slot]["problems"] == Json{"it shares blocks with the log of slot 8"});
  }
  CHECK(shown.states[3]["problems"] != shown.states[2]["problems"]);
  CHECK(shown.summary.damaged >= 2);
}

TEST_CASE("logs are found from the mirror group, and from unverified slots with a warning") {
  LongLog log(3);
  log.image.flip(0, 100).flip(1, 100);
  const ShownLogs mirrored = logs_of(log.image.file());
  CHECK(mirrored.entries.size() == 3);
  CHECK(mirrored.summary.verified);
  log.image.flip(4, 100).flip(5, 100).flip(8, 100).flip(9, 100);
  const ShownLogs unverified = logs_of(log.image.file());
  CHECK_FALSE(unverified.summary.verified);
}

TEST_CASE("logs are those of the last commit, also if it waits in the journal") {
  LongLog log(3);
  LongLog later(5);
  const auto commit = [&](CraftedJournal& journal) {
    const MutableBytes block = later.image.block(kTableStart);
    return journal.add({{kTableStart, 0, {block.begin(), block.end()}}});
  };
  CraftedJournal journal(log.image);
  const uint64_t first = commit(journal);
  CHECK(logs_of(log.image.file()).numbers() == counted_up(0, 5));
  commit(journal);
  log.image.flip(first, 100);  // now it cannot be replayed safely
  const ShownLogs shown = logs_of(log.image.file());
  CHECK(shown.numbers() == counted_up(0, 3));
  CHECK(shown.summary.journal.has_value());
}

TEST_CASE("a block that cannot be read is an error, not damage") {
  const auto error_of = [](ImageBuilder& image, uint64_t unreadable) -> std::optional<ErrorCode> {
    FaultyFile file(image.file(), image.block_size(), {unreadable});
    const Activity activity;
    const auto summary =
        show_logs(file, {}, activity, [](const Json&) -> Result<void> { return {}; });
    return summary ? std::nullopt : std::optional(summary.error().code);
  };
  LongLog log(20);
  CHECK(error_of(log.image, kTableStart) == ErrorCode::kIo);
  CHECK(error_of(log.image, kTableStart + 1) == ErrorCode::kIo);
  CHECK(error_of(log.image, kTableStart + 3) == ErrorCode::kIo);  // searched for more entries
  CHECK_FALSE(error_of(log.image, kTableStart - 1).has_value());
  const MutableBytes block = log.image.block(kTableStart);
  CraftedJournal journal(log.image);
  const uint64_t record = journal.add({{kTableStart, 0, {block.begin(), block.end()}}});
  CHECK(error_of(log.image, record) == ErrorCode::kIo);
}

TEST_CASE("the error of the caller ends the walk") {
  LongLog log(40);
  const Activity activity;
  size_t calls = 0;
  const auto summary = show_logs(log.image.file(), {}, activity, [&](const Json&) -> Result<void> {
    return ++calls < 5 ? Result<void>{} : fail(ErrorCode::kIo, "enough");
  });
  REQUIRE_FALSE(summary.has_value());
  CHECK(summary.error().message == "enough");
  CHECK(calls == 5);
}
