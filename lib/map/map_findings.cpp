#include <algorithm>

#include "vde/map.h"

namespace vde {
namespace {

// Errors come before warnings, then blocks ascend.
bool comes_before(const MapFindings::Place& one, const MapFindings::Place& other) {
  if (one.kind->severity != other.kind->severity) return one.kind->severity < other.kind->severity;
  return one.blocks.begin < other.blocks.begin;
}

}  // namespace

void MapFindings::add(const Finding& finding) {
  const Severity severity = finding.kind->severity;
  if (severity == Severity::kNote) return;
  if (!finding.region.empty()) {
    Tally& tally = regions_[finding.region];
    ++(severity == Severity::kError ? tally.errors : tally.warnings);
  }
  if (!finding.block || *finding.block == UINT64_MAX) return;
  const uint64_t begin = *finding.block >> shift_ << shift_;
  const BlockRange blocks{begin, begin + granularity()};
  // Findings of one pass ascend, so most places continue the last one.
  if (!places_.empty() && places_.back().kind == finding.kind &&
      blocks.begin >= places_.back().blocks.begin && blocks.begin <= places_.back().blocks.end) {
    places_.back().blocks.end = std::max(places_.back().blocks.end, blocks.end);
    return;
  }
  places_.push_back({blocks, finding.kind});
  while (places_.size() > kMaxPlaces) join_neighbours();
}

void MapFindings::join_neighbours() {
  ++shift_;
  for (Place& place : places_) {
    place.blocks.begin = place.blocks.begin >> shift_ << shift_;
    place.blocks.end = ((place.blocks.end - 1) >> shift_ << shift_) + granularity();
  }
  std::sort(places_.begin(), places_.end(), comes_before);
  size_t kept = 0;
  for (const Place& place : places_) {
    Place& last = places_[kept];
    if (last.kind->severity == place.kind->severity && place.blocks.begin <= last.blocks.end)
      last.blocks.end = std::max(last.blocks.end, place.blocks.end);
    else
      places_[++kept] = place;
  }
  places_.resize(kept + 1);
}

MapFindings::Tally MapFindings::of_region(const std::string& type) const {
  const auto found = regions_.find(type);
  return found == regions_.end() ? Tally{} : found->second;
}

}  // namespace vde
