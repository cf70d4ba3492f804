// Checks of a table in addition to the rules of its fields.
#pragma once

#include <memory>

#include "check/context.h"
#include "format/region/table.h"

namespace vde {

// Reports the findings in one table.
class TableReport {
 public:
  TableReport(VerifyContext& context, const PlacedRegion& region)
      : context_(context), region_(region) {}

  // `block` is the index in the region.
  void add(FindingCode code, uint64_t block, std::string message,
           std::vector<std::string> affects = {}, FindingSite site = FindingSite::here()) {
    context_.report.add(code, region_.blocks.begin + block, region_.type, std::move(message),
                        std::move(affects), site);
  }

  [[nodiscard]] VerifyContext& context() { return context_; }
  [[nodiscard]] const PlacedRegion& region() const { return region_; }

 private:
  VerifyContext& context_;
  const PlacedRegion& region_;
};

// "mapping 5".
[[nodiscard]] std::string name_of(const TableRecord& record);

// Called while a table is read, from its header to its last record.
class TableExtra {
 public:
  TableExtra() = default;
  TableExtra(const TableExtra&) = delete;
  TableExtra& operator=(const TableExtra&) = delete;
  virtual ~TableExtra() = default;

  // `head` is the payload of block 0, which is not all zero.
  virtual void header(TableReport& /*report*/, const TableReader& /*reader*/, Bytes /*head*/) {}
  // `block` is the index of the block in which the record begins. Not called for empty places.
  virtual void record(TableReport& /*report*/, const TableRecord& /*record*/, uint64_t /*block*/) {}
  // A block with records could not be read.
  virtual void gap() {}
  // `complete`: all records were read.
  virtual Result<void> end(TableReport& /*report*/, bool /*complete*/) { return {}; }
  // True if the blocks after the last record belong to the table and end() checks them.
  [[nodiscard]] virtual bool owns_tail() const { return false; }
};

// Null if the table has no additional checks.
[[nodiscard]] std::unique_ptr<TableExtra> make_extra(const TableDescription& table);

}  // namespace vde
