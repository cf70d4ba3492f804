// What a map has read, and the walk over it.
#pragma once

#include "journal/committed_view.h"
#include "map/bitmap_view.h"
#include "map/flatten.h"
#include "map/map_owners.h"
#include "probe/probe.h"

namespace vde {

struct BlockMap::State {
  explicit State(const Activity& stopped_by) : activity(stopped_by) {}

  [[nodiscard]] uint64_t blocks_in_file() const { return probe.blocks_in_file(); }
  // The bitmap decides about the data area and about blocks without a region. The blocks of other
  // regions are allocated whatever it says.
  [[nodiscard]] static bool asks_bitmap(const MapRegion* region) {
    return region == nullptr || region->is_data_area;
  }

  const Activity& activity;
  Probe probe;
  std::optional<CommittedView> view;
  std::optional<BlockIo> io;
  bool from_blocks = false;
  uint64_t blocks = 0;                   // of the volume
  BlockRange bitmap;                     // its blocks; empty if it cannot be used
  std::vector<MapRegion> regions;        // by first block
  std::vector<FlatPiece> region_pieces;  // `winner` is an index of `regions`
  MapOwners owners;
  std::vector<FlatPiece> finding_pieces;  // `winner` is an index of `kinds`
  std::vector<const FindingKind*> kinds;
};

// Runs of blocks, for ascending blocks.
class MapWalk {
 public:
  explicit MapWalk(const BlockMap::State& state);

  // The run at the start of `within`, which is not empty. The next one may be alike.
  [[nodiscard]] Result<MapRun> run_at(BlockRange within);

 private:
  const BlockMap::State& state_;
  BitmapView bitmap_;
  PieceCursor regions_;
  PieceCursor owners_;
  PieceCursor findings_;
};

// Counts what blocks are, for ascending ranges.
class MapCounter {
 public:
  explicit MapCounter(const BlockMap::State& state);

  // `blocks` are of one region, or of none.
  [[nodiscard]] Result<MapCell> count(BlockRange blocks, const MapRegion* region);

 private:
  Result<void> count_uses(MapCell& cell);
  void count_findings(MapCell& cell);
  void count_owners(MapCell& cell);

  const BlockMap::State& state_;
  BitmapView bitmap_;
  PieceCursor owners_;
  PieceCursor findings_;
};

}  // namespace vde
