#include "format/region/bitmap.h"

#include <algorithm>
#include <bit>

namespace vde {
namespace {

// Calls `visit(word, first bit of the word)` for bits [begin, end), 64 at a time, with bits outside
// the range cleared, until it returns true.
template <class Visit>
void each_word(Bytes payload, uint64_t begin, uint64_t end, Visit visit) {
  for (uint64_t base = begin / 64 * 64; base < end; base += 64) {
    const size_t at = base / 8;
    const size_t width = std::min<size_t>(8, payload.size() - at);
    uint64_t word = 0;
    if (width == 8) {
      word = load_le<uint64_t>(payload, at);
    } else {
      for (size_t i = 0; i < width; ++i) word |= uint64_t{payload[at + i]} << (8 * i);
    }
    uint64_t mask = ~uint64_t{0};
    if (base < begin) mask &= ~uint64_t{0} << (begin - base);
    if (end - base < 64) mask &= ~(~uint64_t{0} << (end - base));
    if (visit(word, mask, base)) return;
  }
}

void write_bit(MutableBytes payload, uint64_t bit, bool value) {
  const auto mask = static_cast<uint8_t>(1u << (bit % 8));
  uint8_t& byte = payload[bit / 8];
  byte = static_cast<uint8_t>(value ? byte | mask : byte & ~mask);
}

void write_bits(MutableBytes payload, uint64_t begin, uint64_t end, bool value) {
  for (; begin < end && begin % 8 != 0; ++begin) write_bit(payload, begin, value);
  if (begin < end) {
    const auto whole = payload.subspan(begin / 8, (end - begin) / 8);
    std::fill(whole.begin(), whole.end(), value ? uint8_t{0xff} : uint8_t{0});
    begin += whole.size() * 8;
  }
  for (; begin < end; ++begin) write_bit(payload, begin, value);
}

}  // namespace

void set_bits(MutableBytes payload, uint64_t begin, uint64_t end) {
  write_bits(payload, begin, end, true);
}

void clear_bits(MutableBytes payload, uint64_t begin, uint64_t end) {
  write_bits(payload, begin, end, false);
}

uint64_t count_bits(Bytes payload, uint64_t begin, uint64_t end) {
  uint64_t count = 0;
  each_word(payload, begin, end, [&](uint64_t word, uint64_t mask, uint64_t) {
    count += static_cast<uint64_t>(std::popcount(word & mask));
    return false;
  });
  return count;
}

uint64_t find_bit(Bytes payload, uint64_t begin, uint64_t end, bool value) {
  uint64_t found = end;
  each_word(payload, begin, end, [&](uint64_t word, uint64_t mask, uint64_t base) {
    const uint64_t hits = (value ? word : ~word) & mask;
    if (hits == 0) return false;
    found = base + static_cast<uint64_t>(std::countr_zero(hits));
    return true;
  });
  return found;
}

}  // namespace vde
