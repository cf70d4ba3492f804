#include "map/map_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "vde/text.h"
#include "verify_text.h"

namespace vde::cli {
namespace {

std::string share_text(uint64_t part, uint64_t whole, std::string_view what) {
  if (part == whole) return fmt::format("all {}", what);
  const uint64_t percent =
      whole == 0
          ? 0
          : static_cast<uint64_t>(static_cast<double>(part) * 100 / static_cast<double>(whole));
  if (percent == 0) return part == 0 ? fmt::format("0% {}", what) : fmt::format("<1% {}", what);
  return fmt::format("{}% {}", percent, what);
}

// Errors that no block of a region of that type stands for.
uint64_t errors_without_block(const BlockMap& map, const MapRegion& region) {
  for (const MapRegion& other : map.regions())
    if (other.type == region.type && other.damaged > 0) return 0;
  return region.findings.errors;
}

std::string region_note(const BlockMap& map, const MapRegion& region) {
  std::vector<std::string> parts;
  const auto add = [&](uint64_t number, std::string_view what) {
    if (number > 0) parts.push_back(fmt::format("{} {}", number, what));
  };
  add(region.damaged, "damaged");
  add(region.suspect, "suspect");
  add(region.missing, "missing");
  const uint64_t errors = errors_without_block(map, region);
  if (errors > 0) parts.push_back(counted(errors, "error") + " without a block");
  const uint64_t known = region.allocated + region.free;
  if (region.is_data_area && known > 0) parts.push_back(share_text(region.free, known, "free"));
  return joined(parts);
}

// The first letter of the type, else of the alphabet, that no other type has.
char free_letter(const std::string& type, const std::set<char>& taken) {
  for (const char c : type + "ABCDEFGHIJKLMNOPQRSTUVWYZ0123456789")
    if (((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) && c != kDamagedLetter &&
        !taken.contains(c))
      return c;
  return '*';
}

CellMark mark_of(const MapCell& cell) {
  if (cell.damaged > 0) return CellMark::kDamaged;
  return cell.suspect > 0 ? CellMark::kSuspect : CellMark::kNone;
}

constexpr std::array<char, kOwnerKinds> kOwnerLetters = {'m', 'd', 's'};

CellFace plain_face(CellLook look, char letter) {
  return {look, CellMark::kNone, letter, 0};
}

std::string look_text(const CellFace& face) {
  constexpr std::array<std::string_view, kOwnerKinds> kOwned = {"module", "dictionary",
                                                                "inode table of a snapshot"};
  switch (face.look) {
    case CellLook::kRegion:
      return "region";
    case CellLook::kOwned:
      return std::string(kOwned[face.color]);
    case CellLook::kAllocated:
      return "allocated";
    case CellLook::kPartly:
      return "partly allocated";
    case CellLook::kFree:
      return "free";
    case CellLook::kUnknown:
      return "not known, the bitmap is damaged";
    case CellLook::kMissing:
      break;
  }
  return "missing, past the end of the file";
}

}  // namespace

std::string range_text(BlockRange blocks) {
  return blocks.count() == 1 ? std::to_string(blocks.begin)
                             : fmt::format("{}-{}", blocks.begin, blocks.end - 1);
}

Result<MapPicture> MapPicture::make(const BlockMap& map, BlockRange within, size_t max) {
  MapPicture picture;
  picture.map_ = &map;
  picture.within_ = {within.begin, std::min(within.end, map.all().end)};
  VDE_TRY_ASSIGN(cells, map.cells(within, max));
  picture.cells_ = std::move(cells);
  picture.choose_letters();
  for (const MapCell& cell : picture.cells_.cells)
    picture.faces_.push_back(picture.make_face(cell));
  picture.add_regions();
  return picture;
}

void MapPicture::choose_letters() {
  std::set<char> taken;
  for (const MapRegion& region : map_->regions()) {
    if (region.is_data_area || of_type_.contains(region.type)) continue;
    const char letter = free_letter(region.type, taken);
    taken.insert(letter);
    of_type_[region.type] = {CellLook::kRegion, CellMark::kNone, letter,
                             of_type_.size() % kMapColors};
  }
}

CellFace MapPicture::make_face(const MapCell& cell) const {
  const uint64_t count = cell.blocks.count();
  CellFace face = plain_face(CellLook::kPartly, '+');
  const auto most = std::max_element(cell.owned.begin(), cell.owned.end());
  if (cell.missing == count) {
    face = plain_face(CellLook::kMissing, '_');
  } else if (cell.region != nullptr && !cell.region->is_data_area) {
    face = of_type_.at(cell.region->type);
  } else if (cell.unknown > 0) {
    face = plain_face(CellLook::kUnknown, '?');
  } else if (*most > 0) {
    const auto kind = static_cast<size_t>(most - cell.owned.begin());
    face = {CellLook::kOwned, CellMark::kNone, kOwnerLetters[kind], kind};
  } else if (cell.allocated == 0) {
    face = plain_face(CellLook::kFree, '.');
  } else if (cell.free == 0) {
    face = plain_face(CellLook::kAllocated, '#');
  }
  face.mark = mark_of(cell);
  return face;
}

void MapPicture::add_regions() {
  std::set<const MapRegion*> drawn;
  for (const MapCell& cell : cells_.cells) drawn.insert(cell.region);
  for (const MapRegion& region : map_->regions()) {
    if (!drawn.contains(&region)) continue;
    RegionRow row{' ', 0, &region, range_text(region.blocks), region_note(*map_, region)};
    row.is_bad = region.damaged + region.missing + errors_without_block(*map_, region) > 0;
    if (!region.is_data_area) {
      row.letter = of_type_.at(region.type).letter;
      row.color = of_type_.at(region.type).color;
    }
    regions_.push_back(std::move(row));
  }
}

std::vector<LegendItem> MapPicture::legend() const {
  std::vector<LegendItem> items;
  std::set<std::pair<CellLook, size_t>> looks;
  std::set<CellMark> marks;
  for (const CellFace& face : faces_) {
    if (face.look != CellLook::kRegion) looks.insert({face.look, face.color});
    marks.insert(face.mark);
  }
  for (const std::pair<CellLook, size_t>& wanted : looks) {
    const auto shows = [&](const CellFace& face) {
      return std::pair(face.look, face.color) == wanted;
    };
    CellFace face = *std::find_if(faces_.begin(), faces_.end(), shows);
    face.mark = CellMark::kNone;
    items.push_back({face, look_text(face)});
  }
  CellFace marked = plain_face(CellLook::kFree, '.');
  if (marks.contains(CellMark::kDamaged)) {
    marked.mark = CellMark::kDamaged;
    items.push_back({marked, "damaged: an error names a block of it"});
  }
  if (marks.contains(CellMark::kSuspect)) {
    marked.mark = CellMark::kSuspect;
    items.push_back({marked, "suspect: a warning names a block of it"});
  }
  return items;
}

std::string MapPicture::headline() const {
  const uint64_t blocks = map_->all().count();
  std::string text = fmt::format("{} of {} bytes", counted(blocks, "block"), map_->block_size());
  // Blocks of an image have fewer bytes than a number holds; a damaged superblock may say more.
  if (blocks <= UINT64_MAX / map_->block_size()) {
    const std::string size = describe_size(blocks * map_->block_size());
    const size_t start = size.find('(');
    if (start != std::string::npos) text += " " + size.substr(start);
  }
  if (within_ != map_->all()) text += fmt::format("; blocks {} of them", range_text(within_));
  if (map_->is_from_blocks())
    text += "; the region table is lost: regions as the blocks suggest";
  else if (!map_->is_verified())
    text += "; superblock or region table NOT VERIFIED";
  return text;
}

std::string MapPicture::scale() const {
  return fmt::format("1 cell = {}", counted(cells_.blocks_per_cell, "block"));
}

std::string MapPicture::describe_cells(size_t first, size_t last) const {
  const MapCell& cell = cells_.cells[first];
  const BlockRange blocks{cell.blocks.begin, cells_.cells[last].blocks.end};
  const CellFace& face = faces_[first];
  std::string text = cell.region == nullptr ? "no region" : cell.region->type;
  text += fmt::format(", {} {}", blocks.count() == 1 ? "block" : "blocks", range_text(blocks));
  if (face.look != CellLook::kRegion) text += ": " + look_text(face);
  uint64_t damaged = 0;
  uint64_t suspect = 0;
  for (size_t i = first; i <= last; ++i) {
    damaged += cells_.cells[i].damaged;
    suspect += cells_.cells[i].suspect;
  }
  if (damaged > 0) text += fmt::format(", {} damaged", damaged);
  if (suspect > 0) text += fmt::format(", {} suspect", suspect);
  if (cell.finding != nullptr) text += fmt::format(" ({})", cell.finding->code);
  return text;
}

}  // namespace vde::cli
