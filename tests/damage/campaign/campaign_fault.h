// One fault in one block of an image's metadata, as storage makes it.
#pragma once

#include <string>

#include "damage/campaign/campaign_base.h"
#include "support/random.h"

namespace vde::test {

enum class FaultKind : uint8_t {
  kNone,        // the image stays sound: nothing may be refused, and nothing be found afterwards
  kZeros,       // the whole block
  kValidZeros,  // a payload of zeros with a valid trailer
  kStale,       // what the block held in an older copy: a lost write
  kSwapped,     // with another block of its region
  kOtherType,   // a valid checksum, and the block type of another region
};
[[nodiscard]] std::string_view fault_name(FaultKind kind);

struct Fault {
  FaultKind kind = FaultKind::kNone;
  std::string part;  // "TAGI leaf"
  uint64_t block = 0;
  uint64_t other = 0;  // kSwapped: the other block
  size_t older = 0;    // kStale: the copy

  // "stale TAGI leaf, block 93, as in copy 2".
  [[nodiscard]] std::string describe() const;
};

// Chooses a fault that changes something, and puts it into `file`, which holds the base.
[[nodiscard]] Fault put_fault(const CampaignBase& base, CowFile& file, Random& random);

}  // namespace vde::test
