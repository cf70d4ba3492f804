#include "format/block_type.h"

#include <algorithm>
#include <array>
#include <utility>

#include "vde/text.h"

namespace vde {
namespace {

struct KnownType {
  BlockType type;
  std::string_view meaning;
};

constexpr auto kKnownTypes = std::to_array<KnownType>({
    {make_block_type("SUPB"), "superblock"},
    {make_block_type("RMAP"), "region map"},
    {make_block_type("POLV"), "policy vault"},
    {make_block_type("ENCR"), "encryption header"},
    {make_block_type("BMAP"), "allocation bitmap"},
    {make_block_type("INOD"), "inode table"},
    {make_block_type("TAGI"), "tag index"},
    {make_block_type("MWAL"), "metadata write-ahead log"},
    {make_block_type("MTRK"), "integrity tree"},
    {make_block_type("BTRE"), "query index"},
    {make_block_type("SNAP"), "snapshot table"},
    {make_block_type("REPL"), "replication state"},
    {make_block_type("RAID"), "RAID metadata"},
    {make_block_type("COMP"), "compression"},
    {make_block_type("INTE"), "intelligence cache"},
    {make_block_type("STRE"), "streaming append"},
    {make_block_type("XREF"), "fabric cross references"},
    {make_block_type("WORM"), "write-once data"},
    {make_block_type("CODE"), "compute code cache"},
    {make_block_type("DWAL"), "data write-ahead log"},
    {make_block_type("DATA"), "data"},
    {make_block_type("FREE"), "free block"},
    {make_block_type("CMVT"), "compliance vault"},
    {make_block_type("ALOG"), "audit log"},
    {make_block_type("CMAL"), "compliance audit log"},
    {make_block_type("CLOG"), "consensus log"},
    {make_block_type("DICT"), "compression dictionary"},
    {make_block_type("ANON"), "anonymisation table"},
    {make_block_type("MLOG"), "metrics log"},
    {make_block_type("ERCV"), "emergency recovery block"},
    {make_block_type("RCVR"), "recovery block"},
    {make_block_type("EXTN"), "extent tree node"},
    {make_block_type("EXMD"), "extended metadata"},
    {make_block_type("IANT"), "integrity anchor"},
    {make_block_type("COLR"), "columnar table"},
    {make_block_type("ZMAP"), "column zone maps"},
    {make_block_type("WALS"), "WAL subscriber cursors"},
    {make_block_type("ZNSM"), "zone map for zoned storage"},
    {make_block_type("OPJR"), "operation journal"},
    {make_block_type("TRLR"), "trailer table or sentinel"},
    {make_block_type("MCHK"), "inode migration checkpoint"},
});

const KnownType* find(BlockType type) {
  const auto found = std::find_if(kKnownTypes.begin(), kKnownTypes.end(),
                                  [&](const KnownType& known) { return known.type == type; });
  return found == kKnownTypes.end() ? nullptr : &*found;
}

}  // namespace

std::string to_string(BlockType type) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(type.value >> shift);
  return escape(text);
}

std::span<const BlockType> known_block_types() {
  static const auto all = [] {
    std::array<BlockType, kKnownTypes.size()> types;
    std::transform(kKnownTypes.begin(), kKnownTypes.end(), types.begin(),
                   [](const KnownType& known) { return known.type; });
    return types;
  }();
  return all;
}

bool is_known(BlockType type) {
  return find(type) != nullptr;
}

std::string_view describe(BlockType type) {
  const KnownType* known = find(type);
  return known == nullptr ? std::string_view{} : known->meaning;
}

}  // namespace vde
