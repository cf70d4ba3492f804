#include "inspect/shown_probe.h"

#include <fmt/format.h>

#include "io/known_content.h"
#include "probe/probe_at.h"
#include "probe/slot_guess.h"

namespace vde {
namespace {

// A file without a superblock that is known as something else, or has no valid block at its start,
// is not an image.
Result<Probe> probe_without_superblock(BlockFile& file, const Error& problem) {
  constexpr uint64_t kMaxRead = uint64_t{64} << 20;  // bytes
  if (problem.code != ErrorCode::kNotAnImage) return tl::make_unexpected(problem);
  VDE_TRY_ASSIGN(known, known_content(file));
  if (known) return tl::make_unexpected(problem);
  Activity activity;
  VDE_TRY_ASSIGN(block_size, find_block_size(file, kMaxRead, activity));
  if (!block_size) return tl::make_unexpected(problem);
  return probe_with_size(file, *block_size);
}

Result<Probe> probe_anything(BlockFile& file, std::optional<uint32_t> block_size) {
  if (block_size && !is_block_size(*block_size))
    return fail(ErrorCode::kUsage, fmt::format("invalid block size {}", *block_size),
                "must be a power of two from 512 to 65536");
  if (block_size) return probe_with_size(file, *block_size);
  VDE_TRY_ASSIGN(probe, probe_image(file));
  const Result<void> shown = check_can_show(probe);
  if (shown) return std::move(probe);
  return probe_without_superblock(file, shown.error());
}

}  // namespace

Result<ShownProbe> probe_shown(BlockFile& file, std::optional<uint32_t> block_size) {
  VDE_TRY_ASSIGN(probe, probe_anything(file, block_size));
  if (probe.slot_source != SlotSource::kNone) return ShownProbe{std::move(probe), false};
  Activity activity;
  const BlockIo io(file, probe.block_size);
  VDE_TRY_ASSIGN(found, find_block_runs(io, probe.usable_blocks(), activity));
  VDE_TRY_ASSIGN(slots, guess_slots(io, found, probe.usable_blocks(), activity));
  probe.slots = std::move(slots);
  return ShownProbe{std::move(probe), true};
}

}  // namespace vde
