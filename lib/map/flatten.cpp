#include "map/flatten.h"

#include <algorithm>
#include <set>

namespace vde {
namespace {

// A place where a range starts or ends.
struct Edge {
  uint64_t block;
  size_t range;
  bool starts;
};

std::vector<Edge> edges_of(const std::vector<BlockRange>& ranges) {
  std::vector<Edge> edges;
  for (size_t i = 0; i < ranges.size(); ++i) {
    if (ranges[i].empty()) continue;
    edges.push_back({ranges[i].begin, i, true});
    edges.push_back({ranges[i].end, i, false});
  }
  std::sort(edges.begin(), edges.end(),
            [](const Edge& one, const Edge& other) { return one.block < other.block; });
  return edges;
}

void append(std::vector<FlatPiece>& pieces, const FlatPiece& piece) {
  const bool continues = !pieces.empty() && pieces.back().blocks.end == piece.blocks.begin &&
                         pieces.back().winner == piece.winner &&
                         pieces.back().layers == piece.layers;
  if (continues)
    pieces.back().blocks.end = piece.blocks.end;
  else
    pieces.push_back(piece);
}

}  // namespace

std::vector<FlatPiece> flatten(const std::vector<BlockRange>& ranges) {
  std::vector<FlatPiece> pieces;
  std::set<size_t> open;
  uint64_t begin = 0;
  for (const Edge& edge : edges_of(ranges)) {
    if (!open.empty() && edge.block > begin)
      append(pieces, {{begin, edge.block}, *open.begin(), open.size()});
    begin = edge.block;
    if (edge.starts)
      open.insert(edge.range);
    else
      open.erase(edge.range);
  }
  return pieces;
}

const FlatPiece* PieceCursor::at(uint64_t block, uint64_t& end) {
  while (next_ < pieces_->size() && (*pieces_)[next_].blocks.end <= block) ++next_;
  if (next_ == pieces_->size()) return nullptr;
  const FlatPiece& piece = (*pieces_)[next_];
  const bool inside = piece.blocks.begin <= block;
  end = std::min(end, inside ? piece.blocks.end : piece.blocks.begin);
  return inside ? &piece : nullptr;
}

}  // namespace vde
