// Described tables with hostile bytes: verify and dump finish quickly with limited memory, and
// report every value that violates the rule of its field.
#include <doctest/doctest.h>

#include <algorithm>
#include <ctime>
#include <vector>

#include "format/region/encryption_header.h"
#include "format/region/policy.h"
#include "support/allocation_watch.h"
#include "support/effort.h"
#include "support/random.h"
#include "support/table_image.h"
#include "support/verify_list.h"
#include "vde/inspect.h"

using namespace vde;
using namespace vde::test;

namespace {

// CPU seconds per image.
constexpr double kLongest = kSlowness;

double processor_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

void look(ImageBuilder& image) {
  const double begin = processor_seconds();
  reset_largest_allocation();
  CHECK_FALSE(verified(image.file()).error.has_value());
  BlockSelection selection;
  selection.kind = BlockSelection::Kind::kBlocks;
  selection.blocks = {kTableStart, kTableStart + kTableBlocks};
  const auto dumped = dump_blocks(image.file(), selection, Activity{}, [](const Json& block) {
    CHECK_FALSE(block_text(block).empty());
    CHECK_FALSE(block.dump().empty());
    return Result<void>();
  });
  CHECK(dumped.has_value());
  const auto info = image_info(image.file());
  REQUIRE(info.has_value());
  CHECK_FALSE(info_text(*info).empty());
  const auto logs = show_logs(image.file(), {}, Activity{}, [](const Json& json) {
    const bool is_entry = json["type"] == "entry";
    CHECK_FALSE((is_entry ? log_columns(json).details : log_state_text(json)).empty());
    CHECK_FALSE(json.dump().empty());
    return Result<void>();
  });
  CHECK(logs.has_value());
  CHECK(largest_allocation() <= image.bytes().size() + (size_t{1} << 20));
  CHECK(processor_seconds() - begin < kLongest);
}

// A field of a header or of the first record of a list, with its position in the image.
struct FieldPlace {
  std::string name;
  const TableField* field = nullptr;
  uint64_t block = 0;
  size_t offset = 0;
  size_t width = 0;
};

std::vector<FieldPlace> all_fields(ImageBuilder& image, const TableDescription& table) {
  std::vector<FieldPlace> places;
  const auto add = [&](std::span<const TableField> fields, Bytes bytes, uint64_t block, size_t at,
                       const std::string& of) {
    for (const PlacedField& placed : place_fields(fields, bytes))
      if (placed.width > 0)
        places.push_back({of + " " + std::string(placed.field->name), placed.field, block,
                          at + placed.offset, placed.width});
  };
  add(table.header, image.payload(kTableStart), kTableStart, 0, "header");
  TableReader reader(table, image.payload(kTableStart));
  for (uint64_t index = 0; index < 2; ++index) {
    const TableBlock block = reader.read(image.payload(kTableStart + index), {});
    for (const TableRecord& record : block.records)
      if (record.index == 0)
        add(record.list->fields, record.bytes, kTableStart + index, record.offset,
            std::string(record.list->name));
  }
  return places;
}

// Whether all ones violate the rule of a field.
bool must_be_seen(const TableField& field) {
  switch (field.rule) {
    case Rule::kZero:
    case Rule::kAtMost:
    case Rule::kBits:
    case Rule::kNotNegative:
    case Rule::kScore:
    case Rule::kWithin:
    case Rule::kLength:
    case Rule::kCount:
      return true;
    default:
      return false;
  }
}

}  // namespace

TEST_CASE("an undamaged table of each description has no findings") {
  for (const TableDescription* table : all_tables()) {
    if (table == &tables::kDictionaries) continue;  // it would need written data blocks
    CAPTURE(table->name);
    ImageBuilder image;
    make_table_region(image, table->type);
    write_table(image, sound_table(*table));
    const Verified result = verified(image.file());
    CHECK(result.codes.empty());
    look(image);
  }
}

TEST_CASE("random bytes in described tables do not cause crashes, hangs or large allocations") {
  const uint64_t seeds = scaled(50, test_effort());
  for (const TableDescription* table : all_tables()) {
    CAPTURE(table->name);
    ImageBuilder sound;
    make_table_region(sound, table->type);
    write_table(sound, sound_table(*table));
    for (uint64_t seed = 1; seed <= seeds; ++seed) {
      CAPTURE(seed);
      Random random(seed);
      ImageBuilder image(sound.bytes(), sound.block_size());
      for (uint64_t changes = 1 + random.below(4); changes > 0; --changes) {
        const uint64_t block = kTableStart + (random.below(3) == 0 ? random.below(4) : 0);
        const size_t at = random.below(random.below(2) == 0 ? 64 : 1200);
        for (uint64_t bytes = 1 + random.below(8), i = 0; i < bytes; ++i)
          image.payload(block)[at + i] =
              static_cast<uint8_t>(random.below(3) == 0 ? 0xff : random.next());
        image.rehash(block);
      }
      look(image);
    }
  }
}

TEST_CASE("hostile values in each field of keys and policies are shown") {
  struct Part {
    uint64_t block = 0;
    size_t offset = 0;
    std::span<const Field> fields;
  };
  const EncryptionCapacity room = encryption_capacity(4096);
  const size_t rotations = size_t{room.second_slots} * kKeySlotLayout.size();
  const std::vector<std::pair<BlockType, std::vector<Part>>> structures = {
      {block_types::kEncryption,
       {{kTableStart, 0, kEncryptionHeaderLayout.fields()},
        {kTableStart, kEncryptionHeaderLayout.size(), kKeySlotLayout.fields()},
        {kTableStart + 1, rotations, kKeyRotationLayout.fields()}}},
      {block_types::kPolicyVault,
       {{kTableStart, 0, kPolicyVaultHeaderLayout.fields()},
        {kTableStart, kPolicyVaultHeaderLayout.size(), kPolicyEntryLayout.fields()},
        {kTableStart + 1, 0, kPolicySealLayout.fields()}}}};
  for (const auto& structure : structures)
    for (const Part& part : structure.second)
      for (const Field& field : part.fields) {
        CAPTURE(to_string(structure.first));
        CAPTURE(field.name);
        for (const unsigned fill : {0x01u, 0x7fu, 0x80u, 0xffu}) {
          ImageBuilder image;
          make_table_region(image, structure.first);
          image.patch(kTableStart, 0, "01").rehash(kTableStart);
          const MutableBytes bytes =
              image.payload(part.block).subspan(part.offset + field.offset, field.width);
          std::fill(bytes.begin(), bytes.end(), static_cast<uint8_t>(fill));
          image.rehash(part.block);
          look(image);
        }
      }
}

TEST_CASE("hostile values in each field of each table are shown, and violated rules are found") {
  const double effort = std::min(1.0, 3 * test_effort());
  Share share(effort);
  size_t seen = 0;
  for (const TableDescription* table : all_tables()) {
    if (table == &tables::kDictionaries) continue;
    CAPTURE(table->name);
    ImageBuilder sound;
    make_table_region(sound, table->type);
    write_table(sound, sound_table(*table));
    for (const FieldPlace& place : all_fields(sound, *table)) {
      CAPTURE(place.name);
      for (const unsigned fill : {0x00u, 0x01u, 0x7fu, 0x80u, 0xffu})
        for (const bool rehashed : {false, true}) {
          CAPTURE(fill);
          if (!share.takes_next()) continue;
          ImageBuilder image(sound.bytes(), sound.block_size());
          const MutableBytes bytes = image.payload(place.block).subspan(place.offset, place.width);
          std::fill(bytes.begin(), bytes.end(), static_cast<uint8_t>(fill));
          if (image.bytes() == sound.bytes()) continue;
          if (rehashed) image.rehash(place.block);
          look(image);
          const bool found = !verified(image.file()).codes.empty();
          CHECK((found || rehashed));
          // Some bytes determine the form of the table.
          const bool same_form = find_table(table->type, image.payload(kTableStart)) == table;
          if (fill == 0xffu && same_form && must_be_seen(*place.field)) CHECK(found);
          seen += found ? 1 : 0;
        }
    }
  }
  CHECK(seen > scaled(500, effort));
}
