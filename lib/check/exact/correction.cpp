#include "check/exact/correction.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>

#include "base/endian.h"

namespace vde {
namespace {

constexpr size_t kWordBytes = sizeof(uint64_t);
constexpr size_t kChecksumOffset = 8;  // in the trailer

Bytes payload_of(Bytes block) {
  return block.first(block.size() - kTrailerSize);
}

uint64_t stored_checksum(Bytes block) {
  return load_le<uint64_t>(block.last(kTrailerSize), kChecksumOffset);
}

// The part of sector `index` that the payload has.
Bytes sector_of(Bytes block, size_t index) {
  const size_t begin = index * kSectorBytes;
  return payload_of(block).subspan(begin,
                                   std::min(kSectorBytes, block.size() - kTrailerSize - begin));
}

size_t sectors_in(Bytes block) {
  return block.size() / kSectorBytes;
}

void clear_sector(MutableBytes block, size_t index) {
  const size_t begin = index * kSectorBytes;
  const size_t end = std::min(begin + kSectorBytes, block.size() - kTrailerSize);
  std::fill(block.begin() + static_cast<ptrdiff_t>(begin),
            block.begin() + static_cast<ptrdiff_t>(end), uint8_t{0});
}

bool fits(Bytes block, Work& work) {
  work.take(checksum_steps(block.size()));
  return checksum(payload_of(block)) == stored_checksum(block);
}

// A sector of a block, and the copies that have it differently, one for each content.
struct SectorChoice {
  size_t sector;
  std::vector<size_t> copies;
};

std::vector<SectorChoice> choices_of(Bytes block, std::span<const BlockCopy> copies) {
  std::vector<SectorChoice> choices;
  for (size_t i = 0; i < sectors_in(block); ++i) {
    SectorChoice choice{i, {}};
    for (size_t copy = 0; copy < copies.size(); ++copy) {
      const Bytes own = sector_of(copies[copy].bytes, i);
      const auto has_same = [&](Bytes other) {
        return std::ranges::equal(own, sector_of(other, i));
      };
      if (!has_same(block) && std::ranges::none_of(choice.copies, [&](size_t other) {
            return has_same(copies[other].bytes);
          }))
        choice.copies.push_back(copy);
    }
    if (!choice.copies.empty()) choices.push_back(std::move(choice));
  }
  return choices;
}

uint64_t combine_steps(Bytes block, const std::vector<SectorChoice>& choices) {
  uint64_t count = choices.empty() ? 0 : 1;
  for (const SectorChoice& choice : choices) {
    count *= choice.copies.size() + 1;
    if (count > uint64_t{1} << kMaxDifferingSectors) return 0;
  }
  return count * checksum_steps(block.size());
}

void copy_sector(Bytes from, MutableBytes to, size_t index) {
  const Bytes sector = sector_of(from, index);
  std::ranges::copy(sector, to.begin() + static_cast<ptrdiff_t>(index * kSectorBytes));
}

// What the copies give to a combination.
std::vector<Combination::Part> parts_of(const std::vector<SectorChoice>& choices,
                                        const std::vector<size_t>& taken) {
  std::map<size_t, std::vector<size_t>> sectors;
  for (size_t i = 0; i < choices.size(); ++i)
    if (taken[i] != 0) sectors[choices[i].copies[taken[i] - 1]].push_back(choices[i].sector);
  std::vector<Combination::Part> parts;
  for (auto& [copy, of_copy] : sectors) parts.push_back({copy, std::move(of_copy)});
  return parts;
}

std::string list_of(const std::vector<size_t>& numbers) {
  std::string text;
  for (size_t i = 0; i < numbers.size(); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : i + 1 == numbers.size() ? " and " : ", ", numbers[i]);
  return text;
}

std::string sectors_are(const std::vector<size_t>& sectors) {
  return sector_list(sectors) + (sectors.size() == 1 ? " is" : " are");
}

std::vector<size_t> ones_of(uint64_t mask) {
  std::vector<size_t> bits;
  for (; mask != 0; mask &= mask - 1) bits.push_back(static_cast<size_t>(std::countr_zero(mask)));
  return bits;
}

std::optional<Correction> found(Correction::Kind kind, const std::optional<WordChange>& word) {
  if (!word) return std::nullopt;
  return Correction{kind, *word, {}};
}

}  // namespace

std::optional<Correction> find_checksum_bits(Bytes block) {
  const uint64_t wrong = checksum(payload_of(block)) ^ stored_checksum(block);
  if (std::popcount(wrong) > kMaxChecksumBits) return std::nullopt;
  return Correction{Correction::Kind::kChecksum, {0, wrong}, {}};
}

std::optional<Correction> find_difference(Bytes block, Bytes original) {
  std::optional<Correction> difference;
  for (size_t i = 0; i < original.size(); ++i) {
    const auto wrong = static_cast<uint8_t>(block[i] ^ original[i]);
    if (wrong == 0) continue;
    if (difference) return std::nullopt;
    const auto kind = std::has_single_bit(wrong) ? Correction::Kind::kBit : Correction::Kind::kByte;
    const WordChange word{static_cast<uint32_t>(i / kWordBytes),
                          uint64_t{wrong} << i % kWordBytes * 8};
    difference = Correction{kind, word, {}};
  }
  return difference;
}

std::optional<Correction> find_zero_sectors(Bytes block, Work& work) {
  const size_t count = sectors_in(block);
  Correction correction{Correction::Kind::kZeros, {}, {}};
  BlockBuffer trial(block.begin(), block.end());
  // All from sector i on, the last one first.
  for (size_t i = count; i-- > 0;) {
    if (all_zero(sector_of(trial, i))) continue;
    clear_sector(trial, i);
    correction.sectors.set(i);
    if (fits(trial, work)) return correction;
  }
  for (size_t i = 0; i + 1 < count; ++i) {
    if (all_zero(sector_of(block, i))) continue;
    trial.assign(block.begin(), block.end());
    clear_sector(trial, i);
    correction.sectors.reset();
    correction.sectors.set(i);
    if (fits(trial, work)) return correction;
  }
  return std::nullopt;
}

std::optional<Correction> find_bit(Bytes block, Work& work) {
  const PayloadTrials trials(payload_of(block));
  return found(Correction::Kind::kBit, trials.find(stored_checksum(block), one_bit_masks(), work));
}

std::optional<Correction> find_byte(Bytes block, Work& work) {
  const PayloadTrials trials(payload_of(block));
  return found(Correction::Kind::kByte,
               trials.find(stored_checksum(block), one_byte_masks(), work));
}

uint64_t bit_steps(uint32_t block_size) {
  return PayloadTrials::cost(payload_size(block_size), one_bit_masks().size());
}
uint64_t byte_steps(uint32_t block_size) {
  return PayloadTrials::cost(payload_size(block_size), one_byte_masks().size());
}
uint64_t zero_sector_steps(uint32_t block_size) {
  return 2 * (block_size / kSectorBytes) * checksum_steps(block_size);
}

BlockBuffer original_of(const Correction& correction, Bytes block) {
  BlockBuffer original(block.begin(), block.end());
  const MutableBytes bytes(original);
  switch (correction.kind) {
    case Correction::Kind::kBit:
    case Correction::Kind::kByte: {
      const size_t at = correction.word.index * kWordBytes;
      store_le(bytes, at, load_le<uint64_t>(bytes, at) ^ correction.word.mask);
      break;
    }
    case Correction::Kind::kChecksum:
      store_le(bytes.last(kTrailerSize), kChecksumOffset,
               stored_checksum(block) ^ correction.word.mask);
      break;
    case Correction::Kind::kZeros:
      for (size_t i = 0; i < sectors_in(block); ++i)
        if (correction.sectors.test(i)) clear_sector(bytes, i);
      break;
  }
  return original;
}

std::string describe(const Correction& correction, Bytes block) {
  const uint64_t mask = correction.word.mask;
  const size_t bit = mask == 0 ? 0 : static_cast<size_t>(std::countr_zero(mask));
  const size_t byte = correction.word.index * kWordBytes + bit / 8;
  switch (correction.kind) {
    case Correction::Kind::kBit:
      return fmt::format("bit {} of byte {} of the payload is flipped", bit % 8, byte);
    case Correction::Kind::kByte:
      return fmt::format("byte {} of the payload is {:#04x} instead of {:#04x}", byte, block[byte],
                         static_cast<uint8_t>(block[byte] ^ mask >> bit / 8 * 8));
    case Correction::Kind::kChecksum: {
      const std::vector<size_t> bits = ones_of(mask);
      return fmt::format("{} {} of the stored checksum {} flipped; the payload is intact",
                         bits.size() == 1 ? "bit" : "bits", list_of(bits),
                         bits.size() == 1 ? "is" : "are");
    }
    case Correction::Kind::kZeros: {
      std::vector<size_t> sectors;
      for (size_t i = 0; i < sectors_in(block); ++i)
        if (correction.sectors.test(i)) sectors.push_back(i);
      return sectors_are(sectors) + " overwritten; the original is zero";
    }
  }
  return {};
}

bool shares_sector(Bytes block, Bytes copy) {
  for (size_t i = 0; i < sectors_in(block); ++i)
    if (std::ranges::equal(sector_of(block, i), sector_of(copy, i))) return true;
  return false;
}

uint64_t combine_steps(Bytes block, std::span<const BlockCopy> copies) {
  return combine_steps(block, choices_of(block, copies));
}

std::optional<Combination> combine(Bytes block, std::span<const BlockCopy> copies, Work& work) {
  const std::vector<SectorChoice> choices = choices_of(block, copies);
  const uint64_t steps = combine_steps(block, choices);
  if (steps == 0 || !work.has(steps)) return std::nullopt;
  BlockBuffer trial(block.begin(), block.end());
  // The combinations are counted: `taken` has a digit for each sector, the first one changes most
  // often. 0 is the block's own sector, n the n-th of the copies.
  std::vector<size_t> taken(choices.size(), 0);
  const auto next = [&] {
    for (size_t i = 0; i < choices.size(); ++i) {
      const SectorChoice& choice = choices[i];
      taken[i] = taken[i] == choice.copies.size() ? 0 : taken[i] + 1;
      copy_sector(taken[i] == 0 ? block : copies[choice.copies[taken[i] - 1]].bytes, trial,
                  choice.sector);
      if (taken[i] != 0) return true;
    }
    return false;
  };
  while (next())
    if (fits(trial, work)) return Combination{std::move(trial), parts_of(choices, taken)};
  return std::nullopt;
}

std::string sector_list(const std::vector<size_t>& sectors) {
  return fmt::format("{} {}", sectors.size() == 1 ? "sector" : "sectors", list_of(sectors));
}

std::string describe(const Combination& combination, std::span<const BlockCopy> copies) {
  const auto source = [&](const Combination::Part& part) {
    return "intact in " + copies[part.copy].name;
  };
  const auto& parts = combination.parts;
  if (parts.size() == 1)
    return fmt::format("{} wrong; {} {}", sectors_are(parts[0].sectors),
                       parts[0].sectors.size() == 1 ? "it is" : "they are", source(parts[0]));
  std::vector<size_t> all;
  std::vector<std::string> sources;
  for (const Combination::Part& part : parts) {
    all.insert(all.end(), part.sectors.begin(), part.sectors.end());
    sources.push_back(fmt::format("{} {}", sectors_are(part.sectors), source(part)));
  }
  std::ranges::sort(all);
  return fmt::format("{} wrong; {}", sectors_are(all), fmt::join(sources, ", "));
}

}  // namespace vde
