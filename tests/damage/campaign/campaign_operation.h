// One change of an image, as a user asks for it, and what it has to come to.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "damage/campaign/campaign_base.h"
#include "support/random.h"

namespace vde::test {

// What the image has to hold.
struct Expected {
  Content content;
  std::string label;
  uint64_t size = 0;  // bytes
};

// Why an operation did nothing; nothing where it succeeded. That nothing matched is kNotFound.
using Refusal = std::optional<Error>;

struct Operation {
  std::string text;  // "set 3 tags"
  std::function<Refusal(BlockFile&)> run;
  std::function<void(Expected&)> apply;  // what success means
};

// Any change that makes sense for an image that holds `expected`, and now and then one that does
// not; as often as not one that goes by the region `aim` ("TAGI"), where there is one. `index`
// tells operations of one seed apart.
[[nodiscard]] Operation choose_operation(const CampaignBase& base, const Expected& expected,
                                         std::string_view aim, uint64_t index, Random& random);

}  // namespace vde::test
