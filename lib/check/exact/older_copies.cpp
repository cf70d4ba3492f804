#include "check/exact/older_copies.h"

#include <fmt/format.h>

#include "check/exact/exact_rule.h"

namespace vde {
namespace {

// Why nothing is taken from a file; empty where something may be. One whose superblocks are gone is
// taken for a copy: checksums prove what it holds.
std::string why_not(const Probe& image, const Probe& copy) {
  if (!copy.verified()) return {};
  if (copy.block_size != image.block_size)
    return fmt::format("has blocks of {} bytes", copy.block_size);
  const bool known = image.superblock_verified() && copy.superblock_verified();
  if (known && copy.superblock.uuid != image.superblock.uuid &&
      !is_switched_off(ExactRule::kOtherVolume))
    return "is of another volume";
  return {};
}

}  // namespace

Result<OlderCopies> OlderCopies::open(RepairBase& repair, Notes notes) {
  OlderCopies copies;
  copies.buffer_ = repair.io().make_buffer();
  copies.files_.push_back({{}, repair.io()});
  for (const RepairSource& source : repair.options().sources) {
    VDE_TRY_ASSIGN(probe, probe_image(*source.file));
    const std::string why = why_not(repair.probe(), probe);
    if (why.empty())
      copies.files_.push_back({source.name, BlockIo(*source.file, repair.io().block_size())});
    else if (notes == Notes::kYes)
      repair.note(fmt::format("{} is not used: it {}", source.name, why));
  }
  return copies;
}

Result<void> OlderCopies::look_through(WantedBlocks& wanted, Activity& activity) const {
  for (size_t i = 0; i < files_.size() && wanted.is_looking(); ++i) {
    VDE_TRY_ASSIGN(size, files_[i].io.file().size());
    activity.total = activity.done + size;
    VDE_TRY(wanted.look_through(files_[i].io, i, activity));
  }
  return {};
}

Result<std::optional<Bytes>> OlderCopies::read(FoundBlock found, uint64_t checksum) {
  VDE_TRY_ASSIGN(block, files_[found.file].io.read(found.number, buffer_));
  const bool same =
      block.state() == BlockState::kValid && block.unchecked_trailer().checksum == checksum;
  return same ? std::optional(block.unchecked_payload()) : std::nullopt;
}

std::string OlderCopies::name_of(size_t file) const {
  return file == 0 ? "the image" : files_[file].name;
}

std::string OlderCopies::source_of(FoundBlock found) const {
  return fmt::format("block {} of {}", found.number, name_of(found.file));
}

std::optional<BlockCopy> OlderCopies::find_fixed(uint64_t checksum) {
  for (size_t i = 1; i < files_.size(); ++i)
    for (uint64_t number = 0; number < kFirstRegionBlock; ++number) {
      const auto block = files_[i].io.read(number, buffer_);
      if (block && vde::checksum(block->unchecked_payload()) == checksum)
        return BlockCopy{block->unchecked_payload(), source_of({i, number})};
    }
  return std::nullopt;
}

std::vector<BlockCopy> OlderCopies::copies_of(uint64_t number) {
  std::vector<BlockCopy> copies;
  blocks_.assign(files_.size(), {});
  for (size_t i = 1; i < files_.size(); ++i) {
    blocks_[i].resize(files_[i].io.block_size());
    if (!files_[i].io.read(number, blocks_[i])) continue;
    copies.push_back({blocks_[i], fmt::format("block {} of {}", number, files_[i].name)});
  }
  return copies;
}

}  // namespace vde
