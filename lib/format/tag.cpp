#include "format/tag.h"

#include <algorithm>
#include <utility>

#include "vde/text.h"

namespace vde {
namespace {

struct KnownTag {
  Tag tag;
  std::string_view meaning;
};

constexpr auto kKnownTags = std::to_array<KnownTag>({
    {make_tag("SUPB"), "superblock"},
    {make_tag("RMAP"), "region map"},
    {make_tag("POLV"), "policy vault"},
    {make_tag("ENCR"), "encryption header"},
    {make_tag("BMAP"), "allocation bitmap"},
    {make_tag("INOD"), "inode table"},
    {make_tag("TAGI"), "tag index"},
    {make_tag("MWAL"), "metadata write-ahead log"},
    {make_tag("MTRK"), "integrity tree"},
    {make_tag("BTRE"), "query B-tree"},
    {make_tag("SNAP"), "snapshot table"},
    {make_tag("REPL"), "replication state"},
    {make_tag("RAID"), "RAID metadata"},
    {make_tag("COMP"), "compression"},
    {make_tag("INTE"), "intelligence cache"},
    {make_tag("STRE"), "streaming append"},
    {make_tag("XREF"), "fabric cross references"},
    {make_tag("WORM"), "write-once data"},
    {make_tag("CODE"), "compute code cache"},
    {make_tag("DWAL"), "data write-ahead log"},
    {make_tag("DATA"), "data"},
    {make_tag("FREE"), "free block"},
    {make_tag("CMVT"), "compliance vault"},
    {make_tag("ALOG"), "audit log"},
    {make_tag("CMAL"), "compliance audit log"},
    {make_tag("CLOG"), "consensus log"},
    {make_tag("DICT"), "compression dictionary"},
    {make_tag("ANON"), "anonymisation table"},
    {make_tag("MLOG"), "metrics log"},
    {make_tag("ERCV"), "error recovery"},
    {make_tag("RCVR"), "recovery"},
    {make_tag("EXTN"), "extension"},
    {make_tag("EXMD"), "extended metadata"},
    {make_tag("IANT"), "integrity anchor"},
    {make_tag("COLR"), "colour"},
    {make_tag("ZMAP"), "zone map"},
    {make_tag("WALS"), "write-ahead log segment"},
    {make_tag("ZNSM"), "zoned namespace map"},
    {make_tag("OPJR"), "operation journal"},
    {make_tag("TRLR"), "trailer"},
});

const KnownTag* find(Tag tag) {
  const auto found = std::find_if(kKnownTags.begin(), kKnownTags.end(),
                                  [&](const KnownTag& known) { return known.tag == tag; });
  return found == kKnownTags.end() ? nullptr : &*found;
}

}  // namespace

std::string to_string(Tag tag) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(tag.value >> shift);
  return escape(text);
}

bool is_known(Tag tag) {
  return find(tag) != nullptr;
}

std::string_view describe(Tag tag) {
  const KnownTag* known = find(tag);
  return known == nullptr ? std::string_view{} : known->meaning;
}

}  // namespace vde
