// The content of the DATA slots of an image, and the types that its blocks may have.
#include "format/region_content.h"

#include <doctest/doctest.h>

#include "format/block_type.h"

using namespace vde;

namespace {

constexpr uint32_t kCompliance = 1u << 1;
constexpr uint32_t kSubscribers = 1u << 21;
constexpr uint32_t kZones = 1u << 23;
constexpr uint32_t kOperations = 1u << 28;

std::vector<RegionSlot> slots_of(std::initializer_list<const char*> tags) {
  std::vector<RegionSlot> slots;
  for (const char* tag : tags) {
    RegionSlot slot;
    slot.type = make_block_type(tag);
    slot.flags = kRegionActive;
    slots.push_back(slot);
  }
  return slots;
}

}  // namespace

TEST_CASE("the data area is the last DATA slot, unless all of them belong to features") {
  const auto slots = slots_of({"CMVT", "DATA", "TAGI", "DATA"});
  CHECK(data_area_slot(slots, 0) == 3);
  CHECK(data_area_slot(slots, kCompliance) == 3);
  CHECK_FALSE(data_area_slot(slots, kCompliance | kZones).has_value());
  CHECK_FALSE(data_area_slot(slots_of({"CMVT", "DATA"}), kCompliance).has_value());
}

TEST_CASE("DATA slots of features are in the order of their bits") {
  const auto slots = slots_of({"DATA", "MLOG", "DATA", "DATA", "DATA", "DATA"});
  const uint32_t all = kCompliance | kSubscribers | kZones | kOperations;
  std::string contents;
  for (size_t i = 0; i < slots.size(); ++i)
    contents += to_string(region_content(slots, i, all)) + " ";
  CHECK(contents == "ALOG MLOG WALS ZNSM OPJR DATA ");
  CHECK(region_content(slots, 0, kZones) == block_types::kZones);
  CHECK(region_content(slots, 0, 0) == block_types::kData);
}

TEST_CASE("blocks have the type of their slot, or in some regions another one") {
  const auto may = [](const char* slot, const char* content, const char* tag) {
    return may_carry(make_block_type(slot), make_block_type(content), make_block_type(tag));
  };
  CHECK(may("SNAP", "SNAP", "SNAP"));
  CHECK(may("MLOG", "MLOG", "MTRK"));
  CHECK(may("BTRE", "BTRE", "TAGI"));
  CHECK(may("DATA", "ALOG", "DATA"));
  CHECK(may("DATA", "ALOG", "ALOG"));
  CHECK(may("DATA", "ALOG", "CMAL"));
  CHECK(may("DATA", "WALS", "WALS"));
  CHECK_FALSE(may("MTRK", "MTRK", "MLOG"));
  CHECK_FALSE(may("TAGI", "TAGI", "BTRE"));
  CHECK_FALSE(may("ALOG", "ALOG", "CMAL"));
  CHECK_FALSE(may("DATA", "WALS", "ALOG"));
}
