#include "crash/committed_state.h"

#include <fmt/format.h>
#include <xxhash.h>

#include "base/checked.h"
#include "format/region/bitmap.h"

namespace vde::test {
namespace {

using ReadBlock = std::function<Result<Bytes>(uint64_t number)>;
using Visit = std::function<void(uint64_t number, uint64_t hash)>;

bool is_visible(const RegionSlot& slot) {
  return !slot.is_free() && slot.type != block_types::kSuperblock &&
         slot.type != block_types::kMetadataWal;
}

// Visits each block of the state once: first the regions', then the data area's.
Result<void> visit_blocks(const std::vector<RegionSlot>& slots, uint32_t block_size,
                          const ReadBlock& read, const Visit& visit) {
  const auto data_area = data_area_slot(slots, 0);
  std::vector<BlockRange> regions;
  std::optional<BlockRange> bitmap;
  for (size_t i = 0; i < slots.size(); ++i) {
    const auto range = block_range(slots[i].start, slots[i].count);
    if (slots[i].is_free() || i == data_area || !range) continue;
    regions.push_back(*range);
    if (slots[i].type == block_types::kBitmap) bitmap = range;
    if (!is_visible(slots[i])) continue;
    for (uint64_t number = range->begin; number < range->end; ++number) {
      VDE_TRY_ASSIGN(bytes, read(number));
      visit(number, XXH3_64bits_withSeed(bytes.data(), bytes.size(), number));
    }
  }
  if (!data_area || !bitmap) return {};
  const auto in_region = [&](uint64_t number) {
    for (const BlockRange& region : regions)
      if (region.contains(number)) return true;
    return false;
  };
  const uint64_t bits = bits_per_bitmap_block(block_size);
  const BlockRange data = *block_range(slots[*data_area].start, slots[*data_area].count);
  for (uint64_t at = data.begin; at < data.end;) {
    const uint64_t base = at / bits * bits;
    const uint64_t end = std::min(data.end, base + bits);
    VDE_TRY_ASSIGN(found, read(bitmap->begin + at / bits));
    const std::vector<uint8_t> payload(found.begin(), found.end());
    for (; at < end; ++at) {
      at = base + find_bit(payload, at - base, end - base, true);
      if (at == end || in_region(at)) continue;
      VDE_TRY_ASSIGN(bytes, read(at));
      visit(at, XXH3_64bits_withSeed(bytes.data(), bytes.size(), at));
    }
  }
  return {};
}

uint64_t digest_of(const Superblock& superblock, const HeaderSeal& seal,
                   const std::vector<RegionSlot>& slots) {
  std::vector<uint8_t> bytes(kSuperblockLayout.size() + kHeaderSealLayout.size() +
                             slots.size() * kRegionSlotLayout.size());
  MutableBytes rest(bytes);
  const auto put = [&](const auto& layout, const auto& value) {
    layout.encode(value, rest);
    rest = rest.subspan(layout.size());
  };
  put(kSuperblockLayout, superblock);
  put(kHeaderSealLayout, seal);
  for (const RegionSlot& slot : slots) put(kRegionSlotLayout, slot);
  return XXH3_64bits(bytes.data(), bytes.size());
}

Result<CommittedState> collect(const Superblock& superblock, const HeaderSeal& seal,
                               const std::vector<RegionSlot>& slots, uint32_t block_size,
                               const ReadBlock& read) {
  CommittedState state{superblock, seal, slots, {}, digest_of(superblock, seal, slots)};
  VDE_TRY(visit_blocks(slots, block_size, read, [&](uint64_t number, uint64_t hash) {
    state.digest += hash;
    state.blocks[number] = hash;
  }));
  return state;
}

ReadBlock reader_of(const BlockIo& io, BlockBuffer& buffer) {
  return [&io, &buffer](uint64_t number) -> Result<Bytes> {
    VDE_TRY_ASSIGN(block, io.read(number, buffer));
    return block.bytes();
  };
}

}  // namespace

Result<CommittedState> committed_state(const Journal& journal) {
  BlockBuffer buffer = journal.io().make_buffer();
  return collect(journal.superblock(), journal.seal(), journal.regions().raw_slots(),
                 journal.io().block_size(), [&](uint64_t number) -> Result<Bytes> {
                   VDE_TRY_ASSIGN(block, journal.read(number, buffer));
                   return block.bytes();
                 });
}

Result<CommittedState> committed_state(BlockFile& file) {
  VDE_TRY_ASSIGN(probe, probe_to_judge(file));
  const BlockIo io(file, probe.block_size);
  BlockBuffer buffer = io.make_buffer();
  return collect(probe.superblock, probe.seal, probe.slots, probe.block_size,
                 reader_of(io, buffer));
}

Result<uint64_t> committed_digest(BlockFile& file) {
  VDE_TRY_ASSIGN(probe, probe_to_judge(file));
  const BlockIo io(file, probe.block_size);
  BlockBuffer buffer = io.make_buffer();
  uint64_t digest = digest_of(probe.superblock, probe.seal, probe.slots);
  VDE_TRY(visit_blocks(probe.slots, probe.block_size, reader_of(io, buffer),
                       [&](uint64_t, uint64_t hash) { digest += hash; }));
  return digest;
}

std::string describe_difference(const CommittedState& found, const CommittedState& wanted,
                                size_t max) {
  std::string text;
  size_t count = 0;
  const auto add = [&](const std::string& what) {
    if (count++ < max) text += (text.empty() ? "" : ", ") + what;
  };
  if (found.superblock.checkpoint_sequence != wanted.superblock.checkpoint_sequence)
    add(fmt::format("sequence {} instead of {}", found.superblock.checkpoint_sequence,
                    wanted.superblock.checkpoint_sequence));
  else if (!(found.superblock == wanted.superblock))
    add("other superblock fields");
  if (found.seal.header_seal != wanted.seal.header_seal) add("another seal");
  if (found.slots != wanted.slots) add("other region slots");
  for (const auto& [number, hash] : wanted.blocks) {
    const auto other = found.blocks.find(number);
    if (other == found.blocks.end())
      add(fmt::format("block {} is not in use", number));
    else if (other->second != hash)
      add(fmt::format("block {} holds something else", number));
  }
  for (const auto& [number, hash] : found.blocks)
    if (wanted.blocks.count(number) == 0) add(fmt::format("block {} is in use", number));
  if (count > max) text += fmt::format(" and {} more", count - max);
  return text.empty() ? "no difference" : text;
}

}  // namespace vde::test
