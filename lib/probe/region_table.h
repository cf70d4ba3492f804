// Where the regions of an image lie, as a value that was checked: made once from the slots of a
// probe or of the journal. Writers change regions through it, and nobody else needs a slot.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "format/region_map.h"

namespace vde {

// A region that lies within the volume.
struct Region {
  size_t slot = 0;  // names it to the table
  BlockType tag;
  BlockRange blocks;
  int64_t used = 0;  // blocks that hold something, by the slot; a hint
};

// A region in words: its name, what is said where an image has none, and what to do then.
struct RegionWords {
  BlockType tag;
  std::string_view name;
  std::string_view missing;
  std::string_view remedy;
};

class RegionTable {
 public:
  // `blocks`: of the volume that the file has.
  RegionTable(std::vector<RegionSlot> slots, uint64_t blocks)
      : slots_(std::move(slots)), blocks_(blocks) {}

  // Blocks of the volume.
  [[nodiscard]] uint64_t blocks() const { return blocks_; }

  // The region of a slot that find() or open_region() named, as it is now.
  [[nodiscard]] Region at(size_t slot) const;

  // The first region of that tag, whatever its flags; nothing where there is none, or where it is
  // empty or reaches out of the volume.
  [[nodiscard]] std::optional<Region> find(BlockType tag) const;

  // The one rule for what may be read: the first region of that tag exists (else kUnsupported), is
  // neither encrypted nor compressed (kUnsupported), and lies after the fixed places and within the
  // volume (kDamaged).
  [[nodiscard]] Result<Region> open_region(const RegionWords& words) const;

  // The one rule for what may be changed: each region lies within the volume and after the fixed
  // places, and none shares a block with another one, the data area aside. kDamaged.
  [[nodiscard]] Result<void> check_places() const;

  // Nothing where there is none, or where it makes no sense.
  [[nodiscard]] std::optional<Region> data_area() const;
  // The fixed places and all regions but the data area: disjoint and ascending, within the volume.
  [[nodiscard]] std::vector<BlockRange> metadata() const;
  // The first region but the data area that has blocks from `block` on.
  [[nodiscard]] std::optional<Region> first_reaching(uint64_t block) const;

  // Changes, for writers: check_places() passed, and they keep it so. Slots of regions never
  // overlap: new blocks come out of the data area, old ones go back to it.
  //
  // The region in `slot` gets `count` blocks, more than it has: the next ones.
  void grow(size_t slot, uint64_t count);
  // The region in `slot` lies in `run` from now on.
  void move(size_t slot, BlockRange run);
  void set_used(size_t slot, uint64_t used);
  // The volume has `blocks` blocks from now on. The data area grows with it where it reached its
  // end, and is cut where it would reach out of it. kNoSpace where nothing would be left of it.
  [[nodiscard]] Result<void> resize_volume(uint64_t blocks);

  // As they lie in the pointer table and in the directory: for the journal, checks and repairs.
  [[nodiscard]] const std::vector<RegionSlot>& raw_slots() const { return slots_; }
  [[nodiscard]] std::vector<RegionSlot>& raw_slots() { return slots_; }

  bool operator==(const RegionTable&) const = default;

 private:
  void take_from_data_area(BlockRange run);
  void give_to_data_area(BlockRange run);
  [[nodiscard]] std::optional<Region> placed(size_t slot) const;

  std::vector<RegionSlot> slots_;
  uint64_t blocks_;
};

}  // namespace vde
