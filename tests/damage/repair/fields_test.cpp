// Repairs of fields that follow from the rest of their region: what needs consent, and what is left
// alone because more than one value is possible.
#include <doctest/doctest.h>

#include <algorithm>

#include "support/table_image.h"
#include "support/tree_image.h"
#include "support/verify_list.h"
#include "vde/repair.h"

using namespace vde;
using namespace vde::test;

namespace {

RepairOptions field_repair(bool allow_loss) {
  return {from_unix_seconds(1'800'000'000), false, {VerifyScope::kAll, 1, 0}, allow_loss};
}

RepairPlan planned_fields(ImageBuilder& image, bool allow_loss) {
  Activity activity;
  auto plan = plan_repair(image.file(), field_repair(allow_loss), activity);
  REQUIRE(plan.has_value());
  return std::move(*plan);
}

void put_table(ImageBuilder& image, const TableContent& content) {
  make_table_region(image, content.table->type);
  write_table(image, content);
}

}  // namespace

TEST_CASE("what an erased mapping holds is erased only with consent, and the mapping stays") {
  TableContent content = sound_table(tables::kAnonymization);
  content.records[0][1]["flags"] = int64_t{2};
  ImageBuilder image;
  put_table(image, content);
  CHECK(verified(image.file()).codes == std::vector<std::string>{"ANON-006"});
  const RepairPlan without = planned_fields(image, false);
  CHECK(without.steps.empty());
  CHECK(without.withheld.size() == 1);
  const RepairPlan with = planned_fields(image, true);
  REQUIRE(with.steps.size() == 1);
  Activity activity;
  REQUIRE(apply_repair(image.file(), with, field_repair(true), nullptr, activity).has_value());
  content.records[0][1]["pii_hash"] = std::string(32, '\0');
  content.records[0][1]["token"] = std::string(32, '\0');
  ImageBuilder wanted;
  put_table(wanted, content);
  CHECK(std::ranges::equal(image.payload(kTableStart), wanted.payload(kTableStart)));
}

TEST_CASE("a next sequence number that is too high is lowered only with consent") {
  for (const int64_t next : {2, 9}) {
    CAPTURE(next);
    TableContent content = sound_table(tables::kAuditLog);
    content.header["next_sequence"] = next;
    ImageBuilder image;
    put_table(image, content);
    CHECK(planned_fields(image, false).steps.size() == (next == 2 ? 1 : 0));
    CHECK(planned_fields(image, true).steps.size() == 1);
  }
}

TEST_CASE("a count is lowered only with consent") {
  TableContent content = sound_table(tables::kConsensusLog);
  content.header["group_count"] = int64_t{5};
  ImageBuilder image;
  put_table(image, content);
  CHECK(planned_fields(image, false).steps.empty());
  CHECK(planned_fields(image, true).steps.size() == 1);
}

TEST_CASE("an audit entry that the header does not count is kept only if it continues the chain") {
  for (const bool chained : {false, true}) {
    CAPTURE(chained);
    TableContent content = sound_table(tables::kAuditLog);
    content.header["entry_count"] = int64_t{2};
    content.header["next_sequence"] = int64_t{2};
    if (!chained) content.records[0][2]["previous_hash"] = std::string(32, 'x');
    ImageBuilder image;
    put_table(image, content);
    CHECK(verified(image.file()).codes == std::vector<std::string>{"ALOG-003"});
    CHECK(planned_fields(image, true).steps.size() == (chained ? 1 : 0));
  }
}

TEST_CASE("bytes without an id or a time do not become a record") {
  for (const bool timed : {false, true}) {
    CAPTURE(timed);
    TableContent content = sound_table(tables::kMetrics);
    content.header["sample_count"] = int64_t{2};
    if (!timed) content.records[0][2]["ticks"] = int64_t{0};
    ImageBuilder image;
    put_table(image, content);
    CHECK(verified(image.file()).codes == std::vector<std::string>{"MLOG-003"});
    CHECK(planned_fields(image, true).steps.size() == (timed ? 1 : 0));
  }
}

TEST_CASE("a count is corrected although another record has an unknown value") {
  TableContent content = sound_table(tables::kIntelligence);
  content.header["entry_count"] = int64_t{2};
  content.records[0][0]["tier"] = int64_t{9};
  ImageBuilder image;
  put_table(image, content);
  const RepairPlan plan = planned_fields(image, false);
  CHECK(plan.steps.size() == 1);
  REQUIRE(plan.left.size() == 1);
  CHECK(plan.left.front().kind->code == "INTE-005");
}

TEST_CASE("hashes of the integrity tree are computed only if the root proves the leaves") {
  ImageBuilder image;
  make_tree(image);
  const uint64_t nodes = image.start("MTRK") + 1;
  image.patch(nodes, node_place(3, 4096).offset, "aabb").rehash(nodes);
  const RepairPlan plan = planned_fields(image, false);
  CHECK(plan.steps.size() == 1);
  CHECK(plan.left.empty());
  // A leaf and a node above it.
  image.patch(nodes, node_place(6, 4096).offset, "aabb").rehash(nodes);
  CHECK(planned_fields(image, true).steps.empty());
}
