// Recipes for tables of records: audit log, mappings, consensus groups, passports, cache entries,
// samples, write-once records and references.
#include "damage/recipes/in_table.h"

namespace vde::test {
namespace {

constexpr int64_t kOne = 1;

void nothing(TableContent&) {}

// One more than fit in a region of four blocks.
template <int64_t kRoom>
void count_too_many(TableContent& content) {
  for (const TableField& field : content.table->header)
    if (field.rule == Rule::kCount) content.header[field.name] = kRoom + 1;
}

void count_below_zero(TableContent& content) {
  for (const TableField& field : content.table->header)
    if (field.rule == Rule::kCount) content.header[field.name] = int64_t{-1};
}

void count_one_less(TableContent& content) {
  for (const TableField& field : content.table->header)
    if (field.rule == Rule::kCount)
      content.header[field.name] = static_cast<int64_t>(content.records.back().size()) - 1;
}

void same_id(TableContent& content) {
  for (const TableField& field : content.table->lists[0].fields)
    if (field.rule == Rule::kId)
      content.records[0][2][field.name] = content.records[0][0][field.name];
}

void later_content(ImageBuilder& image) {
  image.patch(kTableStart + 2, 7, "01").rehash(kTableStart + 2);
}

void unwritten_rest(ImageBuilder& image) {
  image.wipe(kTableStart + 2).wipe(kTableStart + 3);
}

// Enough records for a second block, with texts of these sizes.
template <size_t kLists>
void grow(TableContent& content, std::initializer_list<std::pair<std::string_view, size_t>> texts) {
  constexpr int64_t kRecords = 20;
  auto& records = content.records[kLists - 1];
  for (auto i = static_cast<int64_t>(records.size()); i < kRecords; ++i) {
    records.push_back(records[0]);
    records.back()["id"] = std::string(16, static_cast<char>(100 + i));
    records.back()["sequence"] = i;
  }
  for (FieldValues& record : records)
    for (const auto& [name, size] : texts) record[name] = std::string(size, 'x');
  if (content.table != &tables::kAuditLog) return;
  for (FieldValues& record : records) record["ticks"] = kOne;
  content.header["next_sequence"] = kRecords;
  content.chain();
}

void add_audit(std::vector<Recipe>& all) {
  const auto& t = tables::kAuditLog;
  all.push_back(repaired_in_table(
      {"ALOG-001", "a negative count", t, count_below_zero, {"ALOG-001", "ALOG-011"}}));
  all.push_back(repaired_in_table({"ALOG-001",
                                   "more than the region can hold",
                                   t,
                                   count_too_many<188>,
                                   {"ALOG-001", "ALOG-011"}}));
  all.push_back(
      repaired_in_table({"ALOG-001", "one more than the blocks hold", t, [](TableContent& c) {
                           c.header["entry_count"] = int64_t{4};
                           c.header["next_sequence"] = int64_t{4};
                         }}));
  all.push_back(in_table({"ALOG-002", "details of 257 bytes", t,
                          [](TableContent& c) { set(c, 0, 2, "details_length", int64_t{257}); }}));
  all.push_back(in_table({"ALOG-002", "details of a negative length", t,
                          [](TableContent& c) { set(c, 0, 2, "details_length", int64_t{-1}); }}));
  all.push_back(repaired_in_table({"ALOG-003", "the count is one too low", t, [](TableContent& c) {
                                     count_one_less(c);
                                     c.header["next_sequence"] = int64_t{2};
                                   }}));
  all.push_back(in_table(
      {"ALOG-003", "a later block has content", t, nothing, {}, kTableStart + 2, later_content}));
  all.push_back(in_table({"ALOG-005", "event 9", t, [](TableContent& c) {
                            set(c, 0, 1, "event", int64_t{9});
                            c.chain();
                          }}));
  all.push_back(in_table({"ALOG-006", "a missing sequence number", t, [](TableContent& c) {
                            set(c, 0, 2, "sequence", int64_t{3});
                            c.chain();
                          }}));
  all.push_back(in_table({"ALOG-007", "302 bytes are left over", t, [](TableContent& c) {
                            grow<1>(c, {{"details", 256}});
                          }}));
  all.push_back(in_table({"ALOG-008",
                          "spare blocks have no trailer",
                          t,
                          nothing,
                          {},
                          kTableStart + 2,
                          unwritten_rest}));
  all.push_back(in_table({"ALOG-010", "an entry was changed", t,
                          [](TableContent& c) { set(c, 0, 1, "event", int64_t{4}); }}));
  all.push_back(repaired_in_table({"ALOG-011", "next sequence 9", t, [](TableContent& c) {
                                     c.header["next_sequence"] = int64_t{9};
                                   }}));
  all.push_back(in_table({"ALOG-012", "the last entry is the oldest", t, [](TableContent& c) {
                            set(c, 0, 2, "ticks", int64_t{5});
                            c.chain();
                          }}));
  all.push_back(in_table({"BLCK-001",
                          "a damaged block of entries: later entries are not checked",
                          t,
                          [](TableContent& c) {
                            grow<1>(c, {{"details", 200}});
                          },
                          {"BLCK-001"},
                          kTableStart + 1,
                          [](ImageBuilder& image) { image.flip(kTableStart + 1, 100); }}));
}

void add_mappings(std::vector<Recipe>& all) {
  const auto& t = tables::kAnonymization;
  all.push_back(repaired_in_table({"ANON-001", "a negative count", t, count_below_zero}));
  all.push_back(repaired_in_table(
      {"ANON-001", "one more than the region can hold", t, count_too_many<4 * 37>}));
  all.push_back(repaired_in_table({"ANON-001", "more than its blocks hold", t, [](TableContent& c) {
                                     c.header["mapping_count"] = int64_t{40};
                                   }}));
  all.push_back(repaired_in_table({"ANON-003", "the count is one too low", t, count_one_less}));
  all.push_back(in_table(
      {"ANON-003", "a later block has content", t, nothing, {}, kTableStart + 2, later_content}));
  all.push_back(in_table({"ANON-004", "a duplicate id", t, same_id}));
  all.push_back(in_table(
      {"ANON-005", "kind 8", t, [](TableContent& c) { set(c, 0, 1, "pii_type", int64_t{8}); }}));
  all.push_back(in_table(
      {"ANON-005", "flag 4", t, [](TableContent& c) { set(c, 0, 1, "flags", int64_t{5}); }}));
  const auto erase = [](TableContent& c, int64_t flags) {
    set(c, 0, 1, "flags", flags);
    set(c, 0, 1, "pii_hash", std::string(32, '\0'));
    set(c, 0, 1, "token", std::string(32, '\0'));
  };
  static const auto kErase = erase;
  all.push_back(
      in_table({"ANON-005", "erased and active", t, [](TableContent& c) { kErase(c, 3); }}));
  all.push_back(
      repaired_in_table({"ANON-006", "erased, but the token remains", t, [](TableContent& c) {
                           kErase(c, 2);
                           set(c, 0, 1, "token", std::string(32, 'x'));
                         }}));
  all.push_back(in_table({"ANON-008",
                          "spare blocks have no trailer",
                          t,
                          nothing,
                          {},
                          kTableStart + 2,
                          unwritten_rest}));
  all.push_back(in_table({"SUPB-005", "reserved bytes of the header", t,
                          [](TableContent& c) { c.header["reserved"] = std::string(12, 'x'); }}));
  all.push_back(in_table(
      {"SUPB-005",
       "the last bytes of the block",
       t,
       nothing,
       {},
       kTableStart,
       [](ImageBuilder& image) { image.patch(kTableStart, 4079, "01").rehash(kTableStart); }}));
  all.push_back(in_table(
      {"SUPB-005",
       "the last bytes of a block before the last",
       t,
       [](TableContent& c) {
         for (int i = 3; i < 50; ++i) {
           c.records[0].push_back(c.records[0][0]);
           set(c, 0, static_cast<size_t>(i), "id", std::string(16, static_cast<char>(100 + i)));
         }
       },
       {},
       kTableStart,
       [](ImageBuilder& image) { image.patch(kTableStart, 4079, "01").rehash(kTableStart); }}));
}

void add_groups(std::vector<Recipe>& all) {
  const auto& t = tables::kConsensusLog;
  all.push_back(repaired_in_table({"CLOG-001", "a negative count", t, count_below_zero}));
  all.push_back(repaired_in_table({"CLOG-003", "the count is one too low", t, count_one_less}));
  all.push_back(in_table({"CLOG-004", "a duplicate group", t, same_id}));
  all.push_back(in_table({"CLOG-005", "a negative term", t,
                          [](TableContent& c) { set(c, 0, 1, "term", int64_t{-4}); }}));
  all.push_back(in_table({"CLOG-006", "more applied than committed", t,
                          [](TableContent& c) { set(c, 0, 1, "applied", kOne); }}));
  all.push_back(in_table({"CLOG-006", "a leader without members", t,
                          [](TableContent& c) { set(c, 0, 1, "members", int64_t{0}); }}));
  all.push_back(in_table({"CLOG-008",
                          "spare blocks have no trailer",
                          t,
                          nothing,
                          {},
                          kTableStart + 2,
                          unwritten_rest}));
}

void add_passports(std::vector<Recipe>& all) {
  const auto& t = tables::kComplianceVault;
  all.push_back(repaired_in_table({"CMVT-001", "a negative count", t, count_below_zero}));
  all.push_back(in_table({"CMVT-002", "an issuer of 129 bytes", t,
                          [](TableContent& c) { set(c, 0, 1, "issuer", std::string(129, 'x')); }}));
  all.push_back(in_table({"CMVT-002", "notes of 257 bytes", t,
                          [](TableContent& c) { set(c, 0, 1, "notes", std::string(257, 'x')); }}));
  all.push_back(repaired_in_table({"CMVT-003", "the count is one too low", t, count_one_less}));
  all.push_back(in_table({"CMVT-004", "a duplicate id", t, same_id}));
  all.push_back(in_table({"CMVT-005", "framework 9", t,
                          [](TableContent& c) { set(c, 0, 1, "framework", int64_t{9}); }}));
  all.push_back(in_table({"CMVT-005", "an issuer that is not UTF-8", t,
                          [](TableContent& c) { set(c, 0, 1, "issuer", std::string("\xff")); }}));
  all.push_back(in_table({"CMVT-006", "it expires before it is issued", t,
                          [](TableContent& c) { set(c, 0, 1, "expires_ticks", kOne); }}));
  all.push_back(in_table({"CMVT-007", "room for another one is left over", t, [](TableContent& c) {
                            grow<1>(c, {{"issuer", 128}, {"notes", 256}});
                          }}));
  all.push_back(in_table({"CMVT-008",
                          "spare blocks have no trailer",
                          t,
                          nothing,
                          {},
                          kTableStart + 2,
                          unwritten_rest}));
}

void add_cache(std::vector<Recipe>& all) {
  const auto& t = tables::kIntelligence;
  all.push_back(repaired_in_table({"INTE-001", "a negative count", t, count_below_zero}));
  all.push_back(repaired_in_table({"INTE-003", "the count is one too low", t, count_one_less}));
  all.push_back(in_table({"INTE-004", "a duplicate object", t, same_id}));
  all.push_back(
      in_table({"INTE-005", "a heat of 2", t, [](TableContent& c) { set(c, 0, 1, "heat", 2.0); }}));
  all.push_back(in_table(
      {"INTE-005", "tier 5", t, [](TableContent& c) { set(c, 0, 1, "tier", int64_t{5}); }}));
  all.push_back(in_table({"INTE-008",
                          "spare blocks have no trailer",
                          t,
                          nothing,
                          {},
                          kTableStart + 2,
                          unwritten_rest}));
}

void add_metrics(std::vector<Recipe>& all) {
  const auto& t = tables::kMetrics;
  const auto& v21 = tables::kMetricsV21;
  all.push_back(repaired_in_table({"MLOG-001", "a negative count", t, count_below_zero}));
  all.push_back(repaired_in_table({"MLOG-001", "a count of 2^63", v21,
                                   [](TableContent& c) { c.header["entry_count"] = INT64_MIN; }}));
  all.push_back(repaired_in_table({"MLOG-003", "the count is one too low", t, count_one_less}));
  all.push_back(
      repaired_in_table({"MLOG-003", "the count is one too low", v21, [](TableContent& c) {
                           count_one_less(c);
                           c.header["newest"] = int64_t{1001};
                         }}));
  all.push_back(in_table({"MLOG-005", "aggregation 7", t,
                          [](TableContent& c) { set(c, 0, 1, "aggregation", int64_t{7}); }}));
  all.push_back(in_table({"MLOG-006", "a capacity of 0", t,
                          [](TableContent& c) { c.header["max_capacity"] = int64_t{0}; }}));
  all.push_back(in_table({"MLOG-006", "a threshold of 0", t,
                          [](TableContent& c) { c.header["compaction_threshold"] = 0.0; }}));
  all.push_back(in_table({"MLOG-008",
                          "spare blocks have no trailer",
                          t,
                          nothing,
                          {},
                          kTableStart + 2,
                          unwritten_rest}));
  all.push_back(in_table({"MLOG-008",
                          "spare blocks have no trailer",
                          v21,
                          nothing,
                          {},
                          kTableStart + 2,
                          unwritten_rest}));
  all.push_back(in_table({"MLOG-010", "a capacity of 2", t,
                          [](TableContent& c) { c.header["max_capacity"] = int64_t{2}; }}));
  all.push_back(repaired_in_table({"MLOG-011", "another newest time", v21,
                                   [](TableContent& c) { c.header["newest"] = int64_t{1003}; }}));
}

void add_worm(std::vector<Recipe>& all) {
  const auto& t = tables::kWorm;
  all.push_back(repaired_in_table({"WORM-001",
                                   "a negative count",
                                   t,
                                   [](TableContent& c) { count_below_zero(c); },
                                   {"WORM-001", "WORM-006"}}));
  all.push_back(repaired_in_table({"WORM-003", "the count is one too low", t, [](TableContent& c) {
                                     count_one_less(c);
                                     c.header["high_water_mark"] = int64_t{2};
                                   }}));
  all.push_back(in_table({"WORM-005", "a negative length", t,
                          [](TableContent& c) { set(c, 0, 1, "data_length", int64_t{-1}); }}));
  all.push_back(in_table({"WORM-005", "more data than a block holds", t,
                          [](TableContent& c) { set(c, 0, 1, "data_length", int64_t{4081}); }}));
  all.push_back(repaired_in_table({"WORM-006", "a high-water mark of 4", t, [](TableContent& c) {
                                     c.header["high_water_mark"] = int64_t{4};
                                   }}));
  all.push_back(in_table({"WORM-006", "a record of another block", t,
                          [](TableContent& c) { set(c, 0, 1, "block_index", int64_t{7}); }}));
  all.push_back(in_table({"WORM-008",
                          "spare blocks have no trailer",
                          t,
                          nothing,
                          {},
                          kTableStart + 2,
                          unwritten_rest}));
  all.push_back(in_table({"WORM-010", "the last record is the oldest", t,
                          [](TableContent& c) { set(c, 0, 2, "ticks", kOne); }}));
}

void add_references(std::vector<Recipe>& all) {
  const auto& t = tables::kReferences;
  const auto& federation = tables::kFederation;
  const auto& roles = tables::kRoles;
  all.push_back(repaired_in_table({"XREF-001", "a negative count", t, count_below_zero}));
  all.push_back(repaired_in_table(
      {"XREF-001", "more than the region can hold", roles, count_too_many<112 + 3 * 113>}));
  all.push_back(in_table({"XREF-001", "more places than it can hold", federation,
                          [](TableContent& c) { c.header["place_count"] = int64_t{100000}; }}));
  all.push_back(in_table({"XREF-002", "a name of 33 bytes", federation,
                          [](TableContent& c) { set(c, 0, 1, "name", std::string(33, 'x')); }}));
  all.push_back(
      in_table({"XREF-006", "two places with the same id", federation, [](TableContent& c) {
                  set(c, 0, 2, "id", kOne);
                  set(c, 1, 2, "geo_region", kOne);
                }}));
  all.push_back(in_table({"XREF-005",
                          "role 4, in the second block",
                          roles,
                          [](TableContent& c) {
                            c.records[0].resize(114, c.records[0][0]);
                            set(c, 0, 113, "role", int64_t{4});
                          },
                          {},
                          kTableStart + 1}));
  all.push_back(repaired_in_table({"XREF-003", "the count is one too low", t, count_one_less}));
  all.push_back(in_table({"XREF-003",
                          "a later block has content",
                          roles,
                          nothing,
                          {},
                          kTableStart + 2,
                          later_content}));
  all.push_back(in_table({"XREF-003", "the count of volumes is one too low", federation,
                          [](TableContent& c) { c.header["volume_count"] = int64_t{2}; }}));
  all.push_back(in_table({"XREF-004", "a duplicate id", t, same_id}));
  all.push_back(in_table(
      {"XREF-005", "type 4", t, [](TableContent& c) { set(c, 0, 1, "type", int64_t{4}); }}));
  all.push_back(in_table({"XREF-005", "a latitude of 91", federation,
                          [](TableContent& c) { set(c, 0, 1, "latitude", 91.0); }}));
  all.push_back(in_table({"XREF-006", "a volume at place 9", federation,
                          [](TableContent& c) { set(c, 1, 1, "geo_region", int64_t{9}); }}));
  all.push_back(in_table({"XREF-006", "the local place is 9", federation,
                          [](TableContent& c) { c.header["local_region"] = int64_t{9}; }}));
  all.push_back(
      in_table({"XREF-007", "a block ends in unused bytes", federation, [](TableContent& c) {
                  grow<2>(c, {{"path", 200}});
                }}));
  all.push_back(in_table({"XREF-008",
                          "spare blocks have no trailer",
                          t,
                          nothing,
                          {},
                          kTableStart + 2,
                          unwritten_rest}));
  all.push_back(in_table({"XREF-008",
                          "spare blocks have no trailer",
                          federation,
                          nothing,
                          {},
                          kTableStart + 2,
                          unwritten_rest}));
  all.push_back(in_table({"XREF-008",
                          "spare blocks have no trailer",
                          roles,
                          nothing,
                          {},
                          kTableStart + 2,
                          unwritten_rest}));
  all.push_back(in_table({"XREF-010", "the source is another volume", t,
                          [](TableContent& c) { set(c, 0, 1, "source", std::string(16, 'x')); }}));
}

}  // namespace

std::vector<Recipe> record_recipes() {
  std::vector<Recipe> all;
  add_audit(all);
  add_mappings(all);
  add_groups(all);
  add_passports(all);
  add_cache(all);
  add_metrics(all);
  add_worm(all);
  add_references(all);
  return all;
}

}  // namespace vde::test
