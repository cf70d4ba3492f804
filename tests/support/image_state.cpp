#include "support/image_state.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>

#include "base/checked.h"
#include "format/region/bitmap.h"
#include "probe/probe.h"
#include "support/try_open.h"
#include "support/verify_list.h"

namespace vde::test {
namespace {

// The blocks of the volume that are in use.
Result<std::vector<bool>> blocks_in_use(const BlockIo& io, const Probe& probe) {
  std::vector<bool> in_use(probe.usable_blocks());
  const auto data_area = probe.data_area();
  BlockBuffer block = io.make_buffer();
  for (const RegionSlot& slot : probe.slots) {
    if (slot.is_free() || slot.type != block_types::kBitmap) continue;
    const uint64_t bits = bits_per_bitmap_block(io.block_size());
    for (uint64_t n = 0; n < in_use.size(); ++n) {
      if (n % bits == 0)
        VDE_TRY(io.read(static_cast<uint64_t>(slot.start) + n / bits, MutableBytes(block)));
      in_use[n] = test_bit(block, n % bits);
    }
  }
  for (size_t i = 0; i < probe.slots.size(); ++i) {
    const RegionSlot& slot = probe.slots[i];
    const auto range = block_range(slot.start, slot.count);
    if (slot.is_free() || i == data_area || !range) continue;
    const bool counts = slot.type != block_types::kMetadataWal;
    for (uint64_t n = range->begin; n < std::min<uint64_t>(range->end, in_use.size()); ++n)
      in_use[n] = counts;
  }
  std::fill_n(in_use.begin(), kDirectoryStart, false);
  return in_use;
}

}  // namespace

Result<uint64_t> state_digest(BlockFile& file) {
  VDE_TRY_ASSIGN(view, committed_view(file));
  VDE_TRY_ASSIGN(probe, probe_to_judge(*view));
  const BlockIo io(*view, probe.block_size);
  BlockBuffer head(kSuperblockLayout.size());
  kSuperblockLayout.encode(probe.superblock, head);
  head.insert(head.end(), probe.seal.header_seal.begin(), probe.seal.header_seal.end());
  for (const RegionSlot& slot : probe.slots) {
    const size_t at = head.size();
    head.resize(at + kRegionSlotLayout.size());
    kRegionSlotLayout.encode(slot, MutableBytes(head).subspan(at));
  }
  uint64_t digest = XXH64(head.data(), head.size(), 0);
  VDE_TRY_ASSIGN(in_use, blocks_in_use(io, probe));
  BlockBuffer block = io.make_buffer();
  for (uint64_t n = 0; n < in_use.size(); ++n) {
    if (!in_use[n]) continue;
    VDE_TRY(io.read(n, MutableBytes(block)));
    digest = XXH64(block.data(), block.size(), digest + n);
  }
  return digest;
}

std::string describe_trouble(BlockFile& file, std::span<const uint64_t> allowed) {
  const auto is_allowed = [&](uint64_t digest) {
    return std::find(allowed.begin(), allowed.end(), digest) != allowed.end();
  };
  const auto seen = state_digest(file);
  if (!seen) return "cannot be read: " + seen.error().message;
  if (!is_allowed(*seen)) return "is in a state that was never committed";
  EditOptions options;
  options.unseal = true;
  auto volume = try_open_volume(file, options);
  if (!volume) return "cannot be opened for writing: " + volume.error().message;
  const auto after = state_digest(file);
  if (!after) return "cannot be read after recovery: " + after.error().message;
  if (*after != *seen) return "was another before recovery";
  const Verified found = verified(file);
  if (found.error) return "cannot be verified: " + found.error->message;
  for (const Finding& finding : found.findings)
    if (finding.kind->severity != Severity::kNote)
      return fmt::format("has finding {}: {}", finding.kind->code, finding.message);
  return {};
}

}  // namespace vde::test
