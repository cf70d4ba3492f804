// What the cells of a map look like. Every drawing distinguishes the kinds by a letter, and by a
// colour or a pattern where it has them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "vde/map.h"

namespace vde::cli {

enum class CellLook {
  kRegion,     // of a region other than the data area
  kOwned,      // a module, a dictionary, or the inode table of a snapshot
  kAllocated,  // all of it, by something else
  kPartly,     // some of it
  kFree,
  kUnknown,
  kMissing,
};
enum class CellMark { kNone, kDamaged, kSuspect };

struct CellFace {
  CellLook look = CellLook::kFree;
  CellMark mark = CellMark::kNone;
  char letter = '.';  // of the look; a drawing may have a better sign
  size_t color = 0;   // below kMapColors for kRegion, an OwnerKind for kOwned

  bool operator==(const CellFace&) const = default;
};
inline constexpr size_t kMapColors = 10;
inline constexpr char kDamagedLetter = 'X';
inline constexpr char kSuspectLetter = '!';

// What a drawing says about a region.
struct RegionRow {
  char letter = ' ';  // ' ' for the data area
  size_t color = 0;
  const MapRegion* region = nullptr;
  std::string blocks;   // "331-394"
  std::string note;     // "3 damaged", "96% free", or empty
  bool is_bad = false;  // something in it is damaged or missing
};

// A kind of cell that occurs and is not a region.
struct LegendItem {
  CellFace face;
  std::string text;
};

class MapPicture {
 public:
  // `map` must outlive the picture. `max` as in BlockMap::cells().
  [[nodiscard]] static Result<MapPicture> make(const BlockMap& map, BlockRange within, size_t max);

  [[nodiscard]] const BlockMap& map() const { return *map_; }
  [[nodiscard]] const std::vector<MapCell>& cells() const { return cells_.cells; }
  [[nodiscard]] const CellFace& face(size_t cell) const { return faces_[cell]; }
  // The regions that have cells.
  [[nodiscard]] const std::vector<RegionRow>& regions() const { return regions_; }
  [[nodiscard]] std::vector<LegendItem> legend() const;

  // "16384 blocks of 4096 bytes (64 MiB)", and which of them, and where the regions are from.
  [[nodiscard]] std::string headline() const;
  // "1 cell = 16 blocks".
  [[nodiscard]] std::string scale() const;
  // "TAGI, blocks 331-346: allocated, 2 damaged (TAGI-001)".
  [[nodiscard]] std::string describe_cells(size_t first, size_t last) const;

 private:
  void choose_letters();
  void add_regions();
  [[nodiscard]] CellFace make_face(const MapCell& cell) const;

  const BlockMap* map_ = nullptr;
  BlockRange within_;
  MapCells cells_;
  std::map<std::string, CellFace> of_type_;  // by the region's type
  std::vector<CellFace> faces_;
  std::vector<RegionRow> regions_;
};

// "331-394", or "10" for one block.
[[nodiscard]] std::string range_text(BlockRange blocks);

}  // namespace vde::cli
