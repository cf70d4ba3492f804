// The regions of an image as a checked value, made once from the slots of a probe or of the
// journal. Writers change regions through it; other code does not need slots.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "format/region_content.h"

namespace vde {

// A region that lies within the volume.
struct Region {
  size_t slot = 0;  // identifies the region in the table
  BlockType type;
  BlockRange blocks;
  int64_t used = 0;  // blocks in use, according to the slot; only a hint
};

// Texts about a region: its name, the error if an image has none, and the hint for that error.
struct RegionWords {
  BlockType type;
  std::string_view name;
  std::string_view missing;
  std::string_view remedy;
};

class RegionTable {
 public:
  // `blocks` is the number of blocks of the volume that the file has. `manifest` distinguishes the
  // DATA slots of features from that of the data area.
  RegionTable(std::vector<RegionSlot> slots, uint64_t blocks, uint32_t manifest)
      : slots_(std::move(slots)), blocks_(blocks), manifest_(manifest) {}

  // The number of blocks of the volume.
  [[nodiscard]] uint64_t blocks() const { return blocks_; }

  // The current region of a slot that find() or open_region() returned.
  [[nodiscard]] Region at(size_t slot) const;

  // The first region of that type, regardless of its flags; nothing if there is none, or if it is
  // empty or extends past the end of the volume.
  [[nodiscard]] std::optional<Region> find(BlockType type) const;

  // The rule for what may be read: the first region of that type must exist (kUnsupported), be
  // neither encrypted nor compressed (kUnsupported), and lie after the fixed blocks and within the
  // volume (kDamaged).
  [[nodiscard]] Result<Region> open_region(const RegionWords& words) const;

  // The rule for what may be changed: each region must lie after the fixed blocks and within the
  // volume, and no two regions except the data area may overlap. kDamaged.
  [[nodiscard]] Result<void> check_places() const;

  // Nothing if there is none, or if it is invalid.
  [[nodiscard]] std::optional<Region> data_area() const;
  // The fixed blocks and all regions except the data area, within the volume: disjoint and
  // ascending.
  [[nodiscard]] std::vector<BlockRange> metadata() const;
  // The first region, except the data area, with blocks at or after `block`.
  [[nodiscard]] std::optional<Region> first_reaching(uint64_t block) const;

  // Changes, for writers. They require check_places(), and preserve it. The data area gets the old
  // blocks of a region that lay next to it, and ends where a region at its edge begins.
  //
  // Gives the region in `slot` `count` blocks, more than it has, by adding the following ones.
  void grow(size_t slot, uint64_t count);
  // Moves the region in `slot` to `run`.
  void move(size_t slot, BlockRange run);
  void set_used(size_t slot, uint64_t used);
  // Sets the size of the volume to `blocks` blocks. The data area grows with the volume if it
  // reached its end, or only regions lay after it; it is cut at the new end. kNoSpace if no data
  // area would be left.
  [[nodiscard]] Result<void> resize_volume(uint64_t blocks);

  // As stored in the pointer table and the directory; for the journal, checks and repairs.
  [[nodiscard]] const std::vector<RegionSlot>& raw_slots() const { return slots_; }
  [[nodiscard]] std::vector<RegionSlot>& raw_slots() { return slots_; }

  bool operator==(const RegionTable&) const = default;

 private:
  void fit_data_area();
  void give_to_data_area(BlockRange run);
  [[nodiscard]] std::optional<Region> placed(size_t slot) const;

  std::vector<RegionSlot> slots_;
  uint64_t blocks_;
  uint32_t manifest_;
};

}  // namespace vde
