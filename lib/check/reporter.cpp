#include "check/reporter.h"

#include "format/superblock.h"

namespace vde {

void Reporter::pass_on(NewFinding finding) {
  tally(finding);
  Finding made{&kind_of(finding.code), finding.block, {}, {}, {}};
  made.fixable = is_fixable(finding);
  if (finding.region) made.region = to_string(*finding.region);
  if (finding.block)
    made.bytes = {*finding.block * block_size_, (*finding.block + 1) * block_size_};
  made.message = std::move(finding.message);
  made.affects = std::move(finding.affects);
  sink_(made);
}

bool Reporter::is_fixable(const NewFinding& finding) {
  if (finding.exact && file_ != nullptr) return true;
  if (need_of(finding.code) == RepairNeed::kNever || file_ == nullptr) return false;
  if (!facts_) facts_ = find_repair_facts(*file_, search_);
  return can_repair(*facts_, finding.code, finding.region);
}

void Reporter::tally(const NewFinding& finding) {
  switch (kind_of(finding.code).severity) {
    case Severity::kError:
      ++summary_.errors;
      break;
    case Severity::kWarning:
      ++summary_.warnings;
      break;
    case Severity::kNote:
      ++summary_.notes;
      return;
  }
  if (finding.region) taint(*finding.region);
  if (finding.block && *finding.block < kFirstRegionBlock)
    tainted_fixed_ |= uint64_t{1} << *finding.block;
}

bool Reporter::are_clean(uint64_t from, uint64_t count) const {
  return (tainted_fixed_ >> from & ((uint64_t{1} << count) - 1)) == 0;
}

}  // namespace vde
