#include "image/readable_slot.h"

#include <fmt/format.h>

namespace vde {

Result<size_t> find_readable_slot(const std::vector<RegionSlot>& slots,
                                  const StructureWords& words) {
  for (size_t i = 0; i < slots.size(); ++i) {
    if (slots[i].is_free() || slots[i].tag != words.tag) continue;
    if (slots[i].is_plain()) return i;
    return fail(ErrorCode::kUnsupported, fmt::format("{} is encrypted or compressed", words.name),
                "use the program that made the image");
  }
  return fail(ErrorCode::kUnsupported, std::string(words.missing), std::string(words.remedy));
}

}  // namespace vde
