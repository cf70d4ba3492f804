// The other regions of the format, as the SDK's classes read them: only whether they accept what a
// fresh region holds, and how many records they find. Written from the description of the format.
#pragma once

#include "support/strict/strict_image.h"

namespace vde::test::strict {

// How a class finds a region without records.
enum class Fresh : uint8_t {
  kRecords,    // a table, with as many records as its header counts
  kUnwritten,  // nothing was written, which this class takes for an empty region
};

struct FreshRegion {
  Fresh state = Fresh::kRecords;
  int64_t records = 0;
};

// `content`: the type of the region's slot, or what a DATA slot of a module holds. Throws Failure
// if the class rejects the region, or if this reader does not know it.
[[nodiscard]] FreshRegion read_region(const Region& region, std::string_view content);

}  // namespace vde::test::strict
