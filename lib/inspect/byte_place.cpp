#include "inspect/byte_place.h"

#include <fmt/format.h>

#include "format/region/bitmap.h"

namespace vde {

Json field_at(const Json& structures, uint64_t at) {
  for (const Json& structure : structures)
    for (const Json& field : structure["fields"]) {
      const uint64_t begin = field["offset"];
      const uint64_t width = field["width"];
      if (at < begin || at >= begin + width) continue;
      Json found{{"structure", structure["name"]}};
      found.update(field);
      found["byte"] = at - begin;
      return found;
    }
  return nullptr;
}

Json bitmap_byte(uint64_t index, Bytes payload, uint64_t at) {
  const uint64_t first = (index * payload.size() + at) * 8;
  Json allocated = Json::array();
  for (uint64_t bit = 0; bit < 8; ++bit)
    if (test_bit(payload, at * 8 + bit)) allocated.push_back(first + bit);
  return Json{{"structure", "allocation bitmap"},
              {"name", fmt::format("allocated of {} to {}", first, first + 7)},
              {"offset", at},
              {"width", 1},
              {"value", std::move(allocated)},
              {"byte", 0}};
}

Json gap_at(const Json& structures, Bytes payload, uint64_t at) {
  uint64_t begin = 0;
  uint64_t end = payload.size();
  Json after = nullptr;
  Json before = nullptr;
  for (const Json& structure : structures)
    for (const Json& field : structure["fields"]) {
      const uint64_t field_begin = field["offset"];
      const uint64_t field_end = field_begin + field["width"].get<uint64_t>();
      if (field_begin == field_end) continue;
      if (field_end <= at && field_end >= begin) {
        begin = field_end;
        after = structure["name"];
      } else if (field_begin > at && field_begin < end) {
        end = field_begin;
        before = structure["name"];
      }
    }
  return Json{{"begin", begin},
              {"end", end},
              {"after", std::move(after)},
              {"before", std::move(before)},
              {"zero", all_zero(payload.subspan(begin, end - begin))}};
}

std::string_view covering(uint32_t block_size, uint64_t at) {
  const uint64_t trailer = payload_size(block_size);
  if (at < trailer) return "trailer checksum";
  return at < trailer + 8 ? "nothing" : "itself";
}

}  // namespace vde
