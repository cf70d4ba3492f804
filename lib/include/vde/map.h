// Where everything lies in an image, damaged or not: which region, module or snapshot each block
// belongs to, whether it is allocated, and what is wrong with it. As exact runs, and as a bounded
// number of cells for a picture.
//
//   MapFindings found;
//   verify_image(file, options, activity, [&](const Finding& finding) { found.add(finding); });
//   BlockMap::read(file, found, activity) -> cells(map.all(), 800), each_run(map.all(), show)
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vde/verify.h"

namespace vde {

// The places of errors and warnings, in bounded memory. Notes have none.
class MapFindings {
 public:
  // Errors and warnings.
  struct Tally {
    uint64_t errors = 0;
    uint64_t warnings = 0;
  };
  struct Place {
    BlockRange blocks;
    const FindingKind* kind;
  };

  void add(const Finding& finding);

  [[nodiscard]] const std::vector<Place>& places() const { return places_; }
  // The findings about a region, by its type; they name a block or not.
  [[nodiscard]] Tally of_region(const std::string& type) const;
  // Blocks. Above 1, there were so many places that neighbours were joined: each place starts and
  // ends at a multiple of it.
  [[nodiscard]] uint64_t granularity() const { return uint64_t{1} << shift_; }

 private:
  static constexpr size_t kMaxPlaces = size_t{1} << 18;

  void join_neighbours();

  std::vector<Place> places_;
  std::map<std::string, Tally> regions_;
  unsigned shift_ = 0;
};

// A region; the groups and the directory at the image's start count as regions.
struct MapRegion {
  std::string type;       // "TAGI"; unprintable characters are escaped
  std::string name;       // "tag index", or empty
  size_t slot = 0;        // in the region table; fixed blocks have none
  bool is_fixed = false;  // not from the region table
  bool is_data_area = false;
  BlockRange blocks;  // clipped to the volume
  int64_t used = 0;   // blocks in use, as the slot says; a hint
  // Blocks of it. Those that another region claims too are counted there.
  uint64_t count = 0;
  uint64_t allocated = 0;
  uint64_t free = 0;
  uint64_t missing = 0;         // past the end of the file
  uint64_t damaged = 0;         // errors name them
  uint64_t suspect = 0;         // warnings name them, and no error
  MapFindings::Tally findings;  // about regions of this type
};

enum class BlockUse {
  kAllocated,
  kFree,
  kUnknown,  // the bitmap does not say: it is damaged, or there is none
  kMissing,  // past the end of the file
};
// "allocated", "free", "unknown", "missing".
[[nodiscard]] std::string_view block_use_name(BlockUse use);

// What stores its bytes in blocks of the data area.
enum class OwnerKind { kModule, kDictionary, kSnapshot };
inline constexpr size_t kOwnerKinds = 3;
// "module", "dictionary", "snapshot".
[[nodiscard]] std::string_view owner_kind_name(OwnerKind kind);
struct MapOwner {
  OwnerKind kind = OwnerKind::kModule;
  std::string id;  // of a module the hash in hexadecimal, of a snapshot its id
};

// Blocks that are alike. Pointers are valid as long as the map.
struct MapRun {
  BlockRange blocks;
  const MapRegion* region = nullptr;  // null: no region claims them
  BlockUse use = BlockUse::kUnknown;
  const FindingKind* finding = nullptr;  // the worst error or warning that names them
  const MapOwner* owner = nullptr;
  uint64_t owners = 0;  // more than one claim them; `owner` is the first

  [[nodiscard]] bool is_like(const MapRun& other) const {
    return region == other.region && use == other.use && finding == other.finding &&
           owner == other.owner && owners == other.owners;
  }
};

// Consecutive blocks of one region, and how many of them are what.
struct MapCell {
  BlockRange blocks;
  const MapRegion* region = nullptr;
  uint64_t allocated = 0;
  uint64_t free = 0;
  uint64_t unknown = 0;
  uint64_t missing = 0;
  uint64_t damaged = 0;
  uint64_t suspect = 0;
  const FindingKind* finding = nullptr;       // the worst in it
  std::array<uint64_t, kOwnerKinds> owned{};  // by OwnerKind
};
struct MapCells {
  uint64_t blocks_per_cell = 1;  // the last cell before another region has fewer
  std::vector<MapCell> cells;    // ascending
};

class BlockMap {
 public:
  // Reads region table, bitmap and the tables that name blocks, as of the last commit. What does
  // not verify is shown as that. Errors as image_info(): there is nothing to show. The file must
  // outlive the map. The functions below fail with kInterrupted if `activity` requests a stop.
  [[nodiscard]] static Result<BlockMap> read(BlockFile& file, const MapFindings& found,
                                             const Activity& activity);
  BlockMap(BlockMap&&) noexcept;
  BlockMap& operator=(BlockMap&&) = delete;
  ~BlockMap();

  [[nodiscard]] uint32_t block_size() const;  // bytes
  // All blocks of the volume, in the file or not.
  [[nodiscard]] BlockRange all() const;
  // The volume's label, as its bytes are; empty without a superblock.
  [[nodiscard]] std::string label() const;
  // A valid superblock and region table say where the regions are.
  [[nodiscard]] bool is_verified() const;
  // The region table is lost: the regions were inferred from blocks.
  [[nodiscard]] bool is_from_blocks() const;
  // In the order of their first blocks.
  [[nodiscard]] const std::vector<MapRegion>& regions() const;

  // Calls `visit` for the runs of `within`, ascending, without gaps; each as long as possible.
  [[nodiscard]] Result<void> each_run(
      BlockRange within, const std::function<Result<void>(const MapRun&)>& visit) const;
  // `within` as at most `max` cells, or one per piece of a region, if that is more.
  [[nodiscard]] Result<MapCells> cells(BlockRange within, size_t max) const;

  struct State;  // what was read; for the library itself

 private:
  explicit BlockMap(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace vde
