#include "format/tag/tag_filter.h"

namespace vde {
namespace {

constexpr unsigned kBitsOfProbe = 9;  // a line has 512 bits
// The low half of the hash selects the line; this spreads the whole hash over six probes.
constexpr uint64_t kSpread = 0x9E3779B97F4A7C15;

uint64_t probes_of(uint64_t hash) {
  const uint64_t mixed = (hash ^ hash >> 32) * kSpread;
  return mixed ^ mixed >> 29;
}

}  // namespace

bool tag_line_may_contain(Bytes line, uint64_t hash) {
  uint64_t probes = probes_of(hash);
  unsigned hit = 1;
  for (uint32_t i = 0; i < kTagLineProbes; ++i, probes >>= kBitsOfProbe)
    hit &= static_cast<unsigned>(line[probes >> 3 & 63]) >> (probes & 7);
  return (hit & 1) != 0;
}

void tag_line_insert(MutableBytes line, uint64_t hash) {
  uint64_t probes = probes_of(hash);
  for (uint32_t i = 0; i < kTagLineProbes; ++i, probes >>= kBitsOfProbe) {
    uint8_t& byte = line[probes >> 3 & 63];
    byte = static_cast<uint8_t>(byte | 1U << (probes & 7));
  }
}

}  // namespace vde
