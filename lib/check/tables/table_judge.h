// Checks one described table: counts, ids, values, and the bytes outside its records.
#pragma once

#include <array>
#include <vector>

#include "check/tables/table_codes.h"
#include "check/tables/table_extra.h"
#include "table/table_walk.h"

namespace vde {

class TableJudge {
 public:
  // `head` is the payload of block 0 and not all zero. `region` must outlive this object.
  TableJudge(VerifyContext& context, const PlacedRegion& region, const TableDescription& table,
             BlockBuffer head);

  Result<void> judge();

 private:
  struct Id {
    std::array<uint8_t, 16> bytes{};
    const RecordList* list = nullptr;
    uint64_t index = 0;
    uint64_t block = 0;
  };

  void add(const std::optional<CodeAt>& code, uint64_t block, std::string message,
           std::vector<std::string> affects = {});
  bool check_counts();
  void check_header();
  Result<void> read_records();
  void check_record(const TableRecord& record, uint64_t block);
  [[nodiscard]] std::string broken_rule(const PlacedField& placed, Bytes bytes) const;
  void report_left_over();
  void check_rest(const TableStep& step);
  void check_places();
  void check_ids();
  Result<void> check_tail();
  void report_uncounted(uint64_t block);
  void report_reserved(uint64_t block, std::string_view what);

  VerifyContext& context_;
  const PlacedRegion& region_;
  const TableDescription& table_;
  const TableCodes& codes_;
  BlockBuffer head_;
  TableReport report_;
  RegionBlocks blocks_;
  TableWalk walk_;
  std::unique_ptr<TableExtra> extra_;
  bool complete_ = true;    // all records were read
  bool uncounted_ = false;  // reported
  // Room at the end of a block that the SDK misreads if records follow in the next one.
  struct LeftOver {
    uint64_t block = 0;
    size_t bytes = 0;
    bool reported = false;
  };
  std::optional<LeftOver> left_over_;
  std::vector<uint64_t> used_;  // places of each list
  std::vector<Id> ids_;
};

}  // namespace vde
